/** What passwords must be: profiles, which of them is whose, and what is kept of each account's password. */

export type { Breached } from './blocklists/index.ts';
export { BUILT_IN, type BuiltInName, MOST_BYTES, WITH_SECOND_FACTOR } from './built-in.ts';
export { createPasswordExpiry, type Expiry, type ExpiryStage, type PasswordExpiryOf } from './expiry.ts';
export { isMeetable, join } from './join.ts';
export { createPasswordMailing } from './mailing.ts';
export type { GivenProfile, PasswordPolicy } from './policy.ts';
export * from './profile.ts';
export { createPasswordRules, type PasswordRules } from './rule-book.ts';
export type { PasswordStanding, PasswordStates } from './state.ts';
