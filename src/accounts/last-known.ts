import { type Account, isUsable } from '../core/account.ts';
import type { DurableStore } from '../core/store.ts';
import { read } from './watch/state.ts';

/** Somebody whose directory can't be asked, as it last answered for them. */
export interface LastKnown {
  account: Account;
  /** When it did, epoch milliseconds: they might sign in then, and all that is kept of them, groups too, was so. */
  at: number;
}

export type ReadLastKnown = (account: string) => Promise<LastKnown | undefined>;

/**
 * Undefined where the last thing known isn't that they might sign in: nobody asked, they were refused, locked or
 * ended, a search has missed them, or the watch asks whether they are all gone.
 */
export function createLastKnown({ durable }: { durable: Pick<DurableStore, 'accounts' | 'state'> }): ReadLastKnown {
  const watch = durable.state('watch');
  const isActive = (status: Account['standing']) => status !== undefined && isUsable(status);
  return async (id) => {
    const account = await durable.accounts.byId(id);
    const { seen, standing } = account ?? {};
    if (account === undefined || seen === undefined || !isActive(seen.status) || !isActive(standing)) return undefined;
    const { asking, suspects } = (await read(watch, account.directory)).state;
    if (asking || Object.hasOwn(suspects, account.directoryKey)) return undefined;
    return { account, at: seen.at };
  };
}
