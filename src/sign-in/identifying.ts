import type { Accounts } from '../accounts/accounts.ts';
import type { Credentials } from '../accounts/credentials.ts';
import type { Logins } from '../accounts/logins.ts';
import type { Evaluator } from '../assurance/evaluate.ts';
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
  /** Their directory can't be asked, and this is how they were last known. */
  away?: boolean;
  hint?: string;
  /** What the name typed is counted under. */
  name?: string;
}

type Asked = Parameters<Evaluator['mayOpenAway']>[0];

interface Parts {
  accounts: Accounts;
  evaluator: Evaluator;
  attempts: Attempts;
  logins: Logins;
  credentials: Credentials;
}

/** Nobody can be told who it is, nor that there is nobody of that name. `passkey`: one might open all the same. */
const away = (passkey: boolean): Refused => ({
  outcome: 'refused',
  message: { key: passkey ? 'directory-unavailable-passkey' : 'directory-unavailable' },
  reason: 'directory-unavailable',
});

/** Finds who is meant by an answer of somebody not known yet. */
export function createIdentifying(deps: SignInNeeds, { accounts, evaluator, attempts, logins, credentials }: Parts) {
  const { pendingOf } = createResults(deps);

  async function named(username: string, asked: Asked): Promise<Account | Refused | undefined> {
    try {
      return await accounts.named(username);
    } catch (error) {
      if (hasCode(error, 'ERR_DIRECTORY_UNAVAILABLE')) return away(evaluator.mayOpenAway(asked));
      throw error;
    }
  }

  /** Somebody known; undefined where they may not sign in. */
  async function known(id: string): Promise<Meant | undefined> {
    const present = await evaluator.present(id);
    return present && { subject: id, account: present.account, away: present.away !== undefined };
  }

  async function identify({ factor, pending }: Opening, answer: Answer, asked: Asked): Promise<Meant | Refused> {
    const it = deps.factors.get(factor)?.factor.opens;
    if (it === undefined) throw new Error(`factor ${factor} can't begin a sign-in`);
    const who = await it.identify(pendingOf(factor, pending), answer);
    if ('outcome' in who) return who;
    if ('lookup' in who) {
      const credential = await credentials.byLookup(factor, who.lookup);
      const owner = credential && (await known(credential.account));
      return owner ?? { subject: attempts.stranger(who.lookup) };
    }
    const hint = who.username;
    const account = await named(hint, asked);
    if (account !== undefined && 'outcome' in account) return account;
    const name = attempts.stranger(logins.nameOf(hint));
    return account ? { subject: account.id, account, hint, name } : { subject: name, hint };
  }

  return { identify, known };
}
