/**
 * Who people are, wherever they come from, and what is theirs: accounts, names to sign in with, credentials, holds and
 * preferences, what a password must be, and the watch over those who leave. It needs directories and the durable store.
 */
import { createAccounts } from './accounts.ts';
import { createContacts } from './contacts.ts';
import { createCredentials } from './credentials.ts';
import { createDelays } from './delays.ts';
import { createHolds } from './holds.ts';
import { createLastKnown } from './last-known.ts';
import { linkedThrough } from './links.ts';
import { createLogins } from './logins.ts';
import type { AccountsNeeds } from './needs.ts';
import { createPasswordExpiry } from './passwords/expiry.ts';
import { createPasswordStates, type Described } from './passwords/state.ts';
import { createPreferences } from './preferences.ts';
import { createSecretQuestions } from './secret-questions.ts';

export { contactTrouble, maskedContact } from './contact-addresses.ts';
export { type Contact, type ContactKind, SETTLING } from './contacts.ts';
export { LINK, type Link, linksIn, linkTo } from './links.ts';
export type { AccountsNeeds } from './needs.ts';
export { type Asking, GIVEN_QUESTIONS, normalQuestion, type Typed } from './secret-answers.ts';
export { QUESTIONS } from './secret-questions.ts';
export { createWatch, type Watch, type WatchTrouble } from './watch/index.ts';

export function accountsRoom(needs: AccountsNeeds) {
  const logins = createLogins({ ...needs, linkedTo: linkedThrough(needs.durable) });
  const delays = createDelays(needs);
  const described: Described = new WeakMap();
  const passwordStates = createPasswordStates({ ...needs, described });
  const passwordExpiry = createPasswordExpiry(needs, { passwordStates });
  return {
    logins,
    accounts: createAccounts({ ...needs, logins, delays, described, passwordStates, passwordExpiry }),
    contacts: createContacts(needs),
    credentials: createCredentials(needs),
    delays,
    holds: createHolds(needs),
    preferences: createPreferences(needs),
    secretQuestions: createSecretQuestions(needs),
    passwordRules: needs.passwordRules,
    ...{ passwordStates, passwordExpiry },
    lastKnown: createLastKnown(needs),
  };
}

export type AccountsRoom = ReturnType<typeof accountsRoom>;
