import type { Accounts } from '../accounts/accounts.ts';
import type { Holds } from '../accounts/holds.ts';
import { type Account, isEnded, type Stamped } from '../core/account.ts';

/** What of an account's was ended, and until when: the same again, and nothing was meanwhile. */
export interface Mark {
  generation: number;
  /** What was proven before this moment counts for nothing, epoch milliseconds. */
  since: number;
}

/** What of an account's proofs may count. */
export interface Validity {
  mark: Mark;
  stands(proof: Stamped): boolean;
}

export const isSame = (one: Mark, other: Mark): boolean =>
  one.generation === other.generation && one.since === other.since;

/** `since`: the hold, or the last change of the password. */
export function validityOf(account: Account | undefined, since: number): Validity {
  const { generation = 0, revokedBefore = 0, countedTo = 0 } = account ?? {};
  // What a program ended that counts no generations is seen by its time alone.
  const uncounted = revokedBefore > countedTo ? revokedBefore : 0;
  return {
    mark: { generation, since: Math.max(since, uncounted) },
    stands: (proof) => proof.at >= since && account !== undefined && !isEnded(account, proof),
  };
}

export type ReadValidity = (account: string) => Promise<Validity>;

/** Read from the durable store each time, which is never a replica. */
export function createValidity(accounts: Pick<Accounts, 'byId'>, holds: Pick<Holds, 'standing'>): ReadValidity {
  return async (id) => {
    // The account first: what is proven while it is read belongs to the generation before an end, and falls with it.
    const account = await accounts.byId(id);
    const { since } = await holds.standing(id);
    return validityOf(account, since);
  };
}
