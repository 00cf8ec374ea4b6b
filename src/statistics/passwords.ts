import type { AccountsRoom } from '../accounts/index.ts';
import { expiryAt } from '../accounts/passwords/expiry.ts';
import type { Account } from '../core/account.ts';
import { hasCode } from '../core/errors.ts';
import type { StatisticsNeeds } from './needs.ts';
import { type InScope, peopleIn } from './people.ts';

/** Somebody whose password is older than it may be. Times are epoch milliseconds. */
export interface Aged {
  account: Account;
  /** Since when they have it, as far as anybody knows. */
  changedAt?: number;
  /** When it expired; absent: it never does. */
  expires?: number;
}

/** Whose passwords are older than they may be: by their profiles, or by an age, milliseconds. */
export function createPasswordsReport(
  deps: Pick<StatisticsNeeds, 'durable' | 'now'>,
  { accounts, passwordStates }: Pick<AccountsRoom, 'accounts' | 'passwordStates'>,
) {
  /** Undefined: it isn't, they are nobody's any more, or their directory can't be asked now. */
  async function aged(kept: Account, olderThan: number | undefined, now: number): Promise<Aged | undefined> {
    const account = await accounts.usable(kept.id).catch((error: unknown) => {
      if (hasCode(error, 'ERR_DIRECTORY_UNAVAILABLE')) return undefined;
      throw error;
    });
    if (account === undefined) return undefined;
    if (olderThan === undefined && passwordStates.profileOf(account).expiry === undefined) return undefined;
    const standing = await passwordStates.standing(account);
    const { changedAt, since, expires } = standing;
    const { stage } = expiryAt(standing, now) ?? {};
    const past = stage !== undefined && stage !== 'good' && stage !== 'soon';
    const old = olderThan === undefined ? past : (changedAt ?? since) <= now - olderThan;
    if (!old) return undefined;
    return { account, ...(changedAt === undefined ? {} : { changedAt }), ...(past && expires ? { expires } : {}) };
  }

  return {
    async *aged(inScope: InScope, olderThan?: number): AsyncGenerator<Aged> {
      const now = deps.now();
      for await (const page of peopleIn(deps, inScope)) {
        for (const { account } of page) {
          const found = await aged(account, olderThan, now);
          if (found) yield found;
        }
      }
    },
  };
}
