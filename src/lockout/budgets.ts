import { budgetKey } from '../policy/index.ts';
import type { Attempt, Locked } from './attempt.ts';
import type { LockoutNeeds } from './needs.ts';

export interface Budget {
  kind: 'address' | 'known' | 'name' | 'shared';
  key: string;
  max: number;
  ttl: number;
}

/** One attempt was taken from each. */
export interface Taken {
  allowed: true;
  budgets: readonly Budget[];
  /** The one whose last attempt it was. */
  spent: Budget | undefined;
}

const sharedKey = (subject: string, factor: string) => `attempts:{${subject}}:${factor}`;
/** Budgets of single browsers that were spent: else nobody could say which there are. */
const spentKey = (subject: string) => `attempts-spent:{${subject}}`;

/** Budgets of attempts that run out for a while: of an account's strangers, of a known browser, of an address. */
export function createBudgets({ ephemeral, lockout }: Pick<LockoutNeeds, 'ephemeral' | 'lockout'>) {
  /** The budgets that one attempt is counted against. */
  function budgetsOf({ subject, factor, name }: Attempt, ip: string, known: string | undefined): Budget[] {
    const { failures: max, duration: ttl, perAddress } = lockout;
    const shared = sharedKey(subject, factor);
    if (known !== undefined) return [{ kind: 'known', key: `${shared}:known:${known}`, max, ttl }];
    const address = `attempts:address:${budgetKey(ip)}`;
    return [
      { kind: 'address', key: address, max: perAddress.failures, ttl: perAddress.window },
      ...(name === undefined ? [] : [{ kind: 'name' as const, key: sharedKey(name, factor), max, ttl }]),
      { kind: 'shared', key: shared, max, ttl },
    ];
  }

  const refund = async (budgets: readonly Budget[]) => {
    for (const { key } of budgets) await ephemeral.refund(key);
  };

  return {
    /** `known`: the name of a browser that has a budget of its own. */
    async take(attempt: Attempt, ip: string, known: string | undefined): Promise<Taken | Locked> {
      const { subject, name } = attempt;
      const budgets = budgetsOf(attempt, ip, known);
      let spent: Budget | undefined;
      for (const [at, budget] of budgets.entries()) {
        const { key, max, ttl, kind } = budget;
        const { allowed, count, retryAfter } = await ephemeral.attempt(key, max, ttl);
        if (!allowed) {
          if (kind === 'shared' && name !== undefined) return { allowed: false, silent: true };
          // It isn't looked at: an address that has spent its budget must not lock accounts, nor a locked account it.
          await refund(budgets.slice(0, at));
          if (kind === 'known') await ephemeral.addMember(spentKey(subject), key, lockout.duration);
          return { allowed: false, retryAfter };
        }
        if ((kind === 'known' || kind === 'shared') && count === max) spent = budget;
      }
      return { allowed: true, budgets, spent };
    },

    refund,

    /** They start anew; that of the address gets its attempt back. */
    async renew(budgets: readonly Budget[]): Promise<void> {
      for (const { kind, key } of budgets) await (kind === 'address' ? ephemeral.refund(key) : ephemeral.delete(key));
    },

    /** How long the account's factors are locked now, milliseconds: the longest of each, where any is. */
    async waits(subject: string, factors: readonly string[]): Promise<Map<string, number>> {
      const spent = await ephemeral.members(spentKey(subject));
      const found = factors.map(async (factor): Promise<[string, number][]> => {
        const shared = sharedKey(subject, factor);
        const keys = [shared, ...spent.filter((key) => key.startsWith(`${shared}:`))];
        // A budget of none is always spent: nothing is counted, and the answer says how much there is.
        const budgets = await Promise.all(keys.map((key) => ephemeral.attempt(key, 0, lockout.duration)));
        const locked = budgets.filter(({ count }) => count >= lockout.failures).map(({ retryAfter }) => retryAfter);
        return locked.length === 0 ? [] : [[factor, Math.max(...locked)]];
      });
      return new Map((await Promise.all(found)).flat());
    },

    /** Every budget of the account starts anew; those of addresses stay, for they are everybody's there. */
    async clear(subject: string, factors: readonly string[], names: readonly string[]): Promise<void> {
      const spent = await ephemeral.members(spentKey(subject));
      for (const key of [...factors.map((factor) => sharedKey(subject, factor)), ...spent]) await ephemeral.delete(key);
      for (const name of names) for (const factor of factors) await ephemeral.delete(sharedKey(name, factor));
      await ephemeral.delete(spentKey(subject));
    },
  };
}

export type Budgets = ReturnType<typeof createBudgets>;
