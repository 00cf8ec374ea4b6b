import type { Accounts } from '../accounts/accounts.ts';
import type { Credentials } from '../accounts/credentials.ts';
import type { Logins } from '../accounts/logins.ts';
import type { Account } from '../core/account.ts';
import type { Refused } from '../core/challenge.ts';
import { hasCode } from '../core/errors.ts';
import type { Answer } from '../core/prompt.ts';
import type { Attempts } from '../lockout/attempts.ts';
import type { SignInNeeds } from './needs.ts';
import { createResults } from './results.ts';
import type { Opening } from './steps.ts';

/** Who an answer is about. */
export interface Meant {
  subject: string;
  account?: Account | undefined;
  hint?: string;
  /** What the name typed is counted under. */
  name?: string;
}

interface Parts {
  accounts: Accounts;
  attempts: Attempts;
  logins: Logins;
  credentials: Credentials;
}

/** Nobody can be told who it is, nor that there is nobody of that name. */
const AWAY: Refused = {
  outcome: 'refused',
  message: { key: 'directory-unavailable' },
  reason: 'directory-unavailable',
};

/** Finds who is meant by an answer of somebody not known yet. */
export function createIdentifying(deps: SignInNeeds, { accounts, attempts, logins, credentials }: Parts) {
  const { pendingOf } = createResults(deps);

  async function named(username: string): Promise<Account | Refused | undefined> {
    try {
      return await accounts.named(username);
    } catch (error) {
      if (hasCode(error, 'ERR_DIRECTORY_UNAVAILABLE')) return AWAY;
      throw error;
    }
  }

  return async function identify({ factor, pending }: Opening, answer: Answer): Promise<Meant | Refused> {
    const it = deps.factors.get(factor)?.factor.opens;
    if (it === undefined) throw new Error(`factor ${factor} can't begin a sign-in`);
    const who = await it.identify(pendingOf(factor, pending), answer);
    if ('outcome' in who) return who;
    if ('lookup' in who) {
      const credential = await credentials.byLookup(factor, who.lookup);
      const account = credential && (await accounts.usable(credential.account));
      return account ? { subject: account.id, account } : { subject: attempts.stranger(who.lookup) };
    }
    const hint = who.username;
    const account = await named(hint);
    if (account !== undefined && 'outcome' in account) return account;
    const name = attempts.stranger(logins.nameOf(hint));
    return account ? { subject: account.id, account, hint, name } : { subject: name, hint };
  };
}
