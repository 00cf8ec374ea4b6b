/** What is asked before something of an account changes, and what is drawn beside it; texts are `account.confirm.<asked>`. */
export const ASKED = {
  'remove-method': 'guard',
  'default-method': 'choose',
  'confirm-method': 'guard',
  'remove-link': 'linked',
  'remove-device': 'yours',
  'renew-device': 'yours',
  'remove-contact': 'mail',
  'remove-questions': 'lock',
  'sign-out-everywhere': 'out',
} as const;

export type Asked = keyof typeof ASKED;
