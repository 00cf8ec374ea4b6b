import type { Account, Profile } from '../../../core/account.ts';
import { isLittleMoreThan } from '../words.ts';

/** Whose password it is to be: an account, or a person as their directory has them. */
export type Owner = Pick<Account, 'username' | 'name' | 'email'> & {
  groups?: readonly string[] | undefined;
  profile?: Profile;
  /** Mailboxes and numbers that they registered themselves. */
  contacts?: readonly { kind: 'mail' | 'text'; to: string }[];
};

/** What one can know of somebody without knowing them. */
export function wordsOf({ name, email, profile = {}, contacts = [] }: Owner): string[] {
  const { givenName = '', familyName = '', emails = [], phone, address } = profile;
  const registered = (kind: 'mail' | 'text') => contacts.filter((one) => one.kind === kind).map(({ to }) => to);
  const mailboxes = [...emails.map((one) => one.address), ...registered('mail')];
  const addresses = [...(email === undefined ? [] : [email]), ...mailboxes];
  return [
    ...[name, ...name.split(/\s+/), givenName, familyName, `${familyName}${givenName}`, `${givenName}${familyName}`],
    ...addresses.flatMap((one) => [one, ...one.split(/[@.]/)]),
    ...[phone, ...registered('text')].flatMap(numbersOf),
    ...(address?.postalCode ? [address.postalCode] : []),
  ];
}

/** As it is dialled abroad and at home. */
function numbersOf(phone: string | undefined): string[] {
  const digits = phone?.replace(/\D/g, '') ?? '';
  return digits === '' ? [] : [digits, digits.slice(-9), digits.slice(-8)];
}

export const isUsername = (password: string, { username }: Owner): boolean =>
  isLittleMoreThan(password, [username, ...username.split(/[@\\]/)]);

export const isPersonal = (password: string, owner: Owner): boolean => isLittleMoreThan(password, wordsOf(owner));
