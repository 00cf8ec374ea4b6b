import { budgetKey } from '../policy/index.ts';
import type { Attempt, Locked } from './attempt.ts';
import type { LockoutNeeds } from './needs.ts';
import { sharesOf } from './shares.ts';
import { createTallies } from './tallies.ts';

export interface Budget {
  kind: 'address' | 'known' | 'all-known' | 'name' | 'shared';
  key: string;
  max: number;
  ttl: number;
  /** Of what a directory counts as well: what is in flight may fail there after a right one, so it stays counted. */
  tallied?: boolean;
}

export type Counts = readonly number[];

/** One attempt was taken from each. */
export interface Taken {
  allowed: true;
  budgets: readonly Budget[];
  /** The one whose last attempt it was. */
  spent: Budget | undefined;
  /** Failures that were over before this attempt began, by the budget's key: a right one makes up for them alone. */
  over: ReadonlyMap<string, readonly string[]>;
}

const sharedKey = (subject: string, factor: string) => `attempts:{${subject}}:${factor}`;
const allKnownKey = (shared: string) => `${shared}:all-known`;
/** Budgets that were spent, behind what each holds: else nobody could say which there are. */
const spentKey = (subject: string) => `attempts-spent:{${subject}}`;

/** Budgets of attempts that run out for a while: of an account's strangers, of a known browser, of an address. */
export function createBudgets({
  ephemeral,
  lockout,
  random,
  bound = async () => undefined,
}: Pick<LockoutNeeds, 'ephemeral' | 'lockout' | 'random' | 'bound'>) {
  const tallies = createTallies({ ephemeral, random });
  const { countAll, countsOf } = createCounting(ephemeral);

  /** The budgets that one attempt is counted against. */
  async function budgetsOf(
    { subject, factor, name }: Attempt,
    ip: string | undefined,
    known: string | undefined,
  ): Promise<Budget[]> {
    const { perAddress } = lockout;
    const limit = await bound(factor);
    const { strangers: max, ttl, ...shares } = sharesOf(lockout, limit);
    const tallied = limit !== undefined;
    const shared = sharedKey(subject, factor);
    if (known !== undefined && shares.known > 0) {
      const own = { kind: 'known', key: `${shared}:known:${known}`, max: shares.known, ttl } as const;
      if (shares.allKnown === undefined) return [own];
      return [own, { kind: 'all-known', key: allKnownKey(shared), max: shares.allKnown, ttl, tallied }];
    }
    const { failures, window } = perAddress;
    return [
      ...(ip === undefined
        ? []
        : [{ kind: 'address' as const, key: `attempts:address:${budgetKey(ip)}`, max: failures, ttl: window }]),
      ...(name === undefined ? [] : [{ kind: 'name' as const, key: sharedKey(name, factor), max, ttl }]),
      { kind: 'shared', key: shared, max, ttl, tallied },
    ];
  }

  const refund = async (budgets: readonly Budget[]) => {
    await Promise.all(budgets.map(({ key }) => ephemeral.refund(key)));
  };

  /** Whoever asks what is locked asks for those that are spent, and of how many. */
  async function noteSpent(subject: string, { kind, key, max, ttl, tallied }: Budget): Promise<void> {
    if (kind === 'known' || tallied) await ephemeral.addMember(spentKey(subject), `${max} ${key}`, ttl);
  }

  async function spentOf(subject: string): Promise<{ key: string; max: number }[]> {
    const members = await ephemeral.members(spentKey(subject));
    return members.map((member) => {
      const [, max = lockout.failures, key = member] = /^(\d+) (.+)$/.exec(member) ?? [];
      return { key, max: Number(max) };
    });
  }

  return {
    /** `ip`: absent where no address is to be counted for. `known`: the name of a browser that has a budget of its own. */
    async take(
      attempt: Attempt,
      ip: string | undefined,
      { known, counts }: { known: string | undefined; counts?: Counts | undefined },
    ): Promise<Taken | Locked> {
      const { subject, name } = attempt;
      const budgets = await budgetsOf(attempt, ip, known);
      const asked = known === undefined ? await counts : undefined;
      const results = await countAll(budgets, asked ?? (await countsOf(budgets)));
      const refused = results.findIndex(({ allowed }) => !allowed);
      const [budget, result] = [budgets[refused], results[refused]];
      if (budget && result) {
        const others = budgets.filter((_, at) => at !== refused && results[at]?.allowed);
        if (budget.kind === 'shared' && name !== undefined) return { allowed: false, silent: true };
        // It isn't looked at: an address that has spent its budget must not lock accounts, nor a locked account it.
        await refund(others);
        await noteSpent(subject, budget);
        return { allowed: false, retryAfter: result.retryAfter };
      }
      const isLast = ({ kind, max }: Budget, at: number) =>
        kind !== 'address' && kind !== 'name' && results[at]?.count === max;
      const spent = budgets.findLast(isLast);
      if (spent?.tallied) await noteSpent(subject, spent);
      return { allowed: true, budgets, spent, over: await tallies.of(budgets.filter(({ tallied }) => tallied)) };
    },

    /** How often what a stranger's attempt is counted against was counted by now, for `take`. */
    counts: async (attempt: Attempt, ip: string | undefined): Promise<Counts> =>
      countsOf(await budgetsOf(attempt, ip, undefined)),

    refund,

    /** It was wrong, and that is over: a right one that begins from now on makes up for it. */
    async over({ budgets }: Taken): Promise<void> {
      await tallies.add(budgets.filter(({ tallied }) => tallied));
    },

    /** They start anew; that of the address gets its attempt back. */
    async renew({ budgets, over }: Taken): Promise<void> {
      const anew = budgets.map(({ kind, key, tallied }) =>
        kind !== 'address' && !tallied ? ephemeral.delete(key) : ephemeral.refund(key),
      );
      await Promise.all(anew);
      await tallies.settle(over);
    },

    /** How long the account's factors are locked now, milliseconds: the longest of each, where any is. */
    async waits(subject: string, factors: readonly string[]): Promise<Map<string, number>> {
      const spent = await spentOf(subject);
      const found = factors.map(async (factor): Promise<[string, number][]> => {
        const shared = sharedKey(subject, factor);
        const keys = spent.filter(({ key }) => key === shared || key.startsWith(`${shared}:`));
        // A budget of none is always spent: nothing is counted, and the answer says how much there is.
        const budgets = await Promise.all(
          [{ key: shared, max: lockout.failures }, ...keys].map(async ({ key, max }) => ({
            ...(await ephemeral.attempt(key, 0, lockout.duration)),
            max,
          })),
        );
        const locked = budgets.filter(({ count, max }) => count >= max).map(({ retryAfter }) => retryAfter);
        return locked.length === 0 ? [] : [[factor, Math.max(...locked)]];
      });
      return new Map((await Promise.all(found)).flat());
    },

    /** Every budget of the account starts anew; those of addresses stay, for they are everybody's there. */
    async clear(subject: string, factors: readonly string[], names: readonly string[]): Promise<void> {
      const shared = factors.map((factor) => sharedKey(subject, factor));
      const spent = (await spentOf(subject)).map(({ key }) => key);
      const tallied = [...shared, ...shared.map(allKnownKey)];
      await tallies.forget(tallied);
      for (const key of [...tallied, ...spent]) await ephemeral.delete(key);
      for (const name of names) for (const factor of factors) await ephemeral.delete(sharedKey(name, factor));
      await ephemeral.delete(spentKey(subject));
    },
  };
}

/** Counting against several budgets at once. */
function createCounting(ephemeral: LockoutNeeds['ephemeral']) {
  const count = ({ key, max, ttl }: Budget) => ephemeral.attempt(key, max, ttl);

  /** How often each was counted by now. A budget of none is always spent: nothing is counted by asking. */
  const countsOf = (budgets: readonly Budget[]) =>
    Promise.all(budgets.map(async ({ key, ttl }) => (await ephemeral.attempt(key, 0, ttl)).count));

  /**
   * Counts against each, in this order as far as the first that is spent. Where none is they are counted side by side;
   * else one after another, for what is behind a spent one must not be counted at all: whoever has spent theirs would
   * keep others' windows open. `counts`: as of a moment ago.
   */
  async function countAll(budgets: readonly Budget[], counts: readonly number[]) {
    const isSpent = budgets.some(({ max }, at) => (counts[at] ?? 0) >= max);
    if (!isSpent) return Promise.all(budgets.map(count));
    const results: Awaited<ReturnType<typeof count>>[] = [];
    for (const budget of budgets) {
      const result = await count(budget);
      results.push(result);
      if (!result.allowed) break;
    }
    return results;
  }

  return { countAll, countsOf };
}

export type Budgets = ReturnType<typeof createBudgets>;
