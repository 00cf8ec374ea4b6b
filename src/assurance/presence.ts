import type { Accounts } from '../accounts/accounts.ts';
import type { LastKnown, ReadLastKnown } from '../accounts/last-known.ts';
import type { Account } from '../core/account.ts';
import { hasCode } from '../core/errors.ts';

/** Whoever has waited for a directory in vain isn't kept waiting at each further step, milliseconds. */
const REST = 10_000;
/** People remembered for that. */
const MOST = 10_000;

/** A directory that can't be asked about somebody, and what was known of them. */
export interface Away {
  /** What it was asked ended in that. */
  cause: unknown;
  known: LastKnown;
  /** They were let in all the same: for the next moments the directory isn't asked about them. */
  rest(): void;
}

/** Somebody who may sign in, as far as is known; where `away`, whether that is enough is for policy to say. */
export interface Present {
  account: Account;
  away?: Away;
}

/** Asks directories who may sign in; of those that are away, what was known. */
export function createPresence(
  { now }: { now(): number },
  { accounts, lastKnown }: { accounts: Pick<Accounts, 'usable'>; lastKnown: ReadLastKnown },
) {
  const resting = new Map<string, { until: number; cause: unknown }>();

  async function absent(id: string, cause: unknown): Promise<Present | undefined> {
    const known = await lastKnown(id);
    if (known === undefined) return undefined;
    const rest = () => {
      if (resting.get(id)?.cause === cause) return;
      if (resting.size >= MOST) resting.clear();
      resting.set(id, { until: now() + REST, cause });
    };
    return { account: known.account, away: { cause, known, rest } };
  }

  async function ask(id: string, read: Account | undefined): Promise<Present | undefined> {
    const rested = resting.get(id);
    const spared = rested && now() < rested.until ? await absent(id, rested.cause) : undefined;
    if (spared) return spared;
    resting.delete(id);
    try {
      const account = await accounts.usable(id, read);
      return account && { account };
    } catch (error) {
      const known = hasCode(error, 'ERR_DIRECTORY_UNAVAILABLE') ? await absent(id, error) : undefined;
      if (known === undefined) throw error;
      return known;
    }
  }

  const asked = new WeakMap<object, Map<string, Promise<Present | undefined>>>();

  /**
   * `within`: the request that asks; in one request it is asked once, for what holds at its beginning holds for all of
   * it. `read`: the account, where that request has read it a moment ago.
   *
   * @throws SallyportError ERR_DIRECTORY_UNAVAILABLE where nothing is known that could do in its place
   */
  return async function present(id: string, within?: object, read?: Account): Promise<Present | undefined> {
    if (within === undefined) return ask(id, read);
    const answers = asked.get(within) ?? new Map<string, Promise<Present | undefined>>();
    asked.set(within, answers);
    const answer = answers.get(id) ?? ask(id, read);
    answers.set(id, answer);
    return answer;
  };
}

export type Presence = ReturnType<typeof createPresence>;
