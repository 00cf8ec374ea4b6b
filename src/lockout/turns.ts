import type { Attempt, Turn } from './attempt.ts';
import type { Budget, Budgets, Taken } from './budgets.ts';
import { type Counted, type Failures, isName } from './failures.ts';
import type { LockoutNeeds } from './needs.ts';

interface TurnsDeps extends Pick<LockoutNeeds, 'now' | 'audit'> {
  budgets: Budgets;
  failures: Failures;
}

/** What comes of attempts that are looked at: what was counted begins anew, is given back, or stays and is told. */
export function createTurns({ now, audit, budgets, failures }: TurnsDeps) {
  /** Told once: of any number at the same moment one takes the last of a budget, and the failure of a given place. */
  async function tell(
    { factor, opening }: Attempt,
    spent: Budget | undefined,
    counted: readonly Counted[],
    facts: Readonly<Record<string, unknown>> & { account?: string },
  ): Promise<void> {
    if (facts.account === undefined) return;
    const placed = (place: number) =>
      counted.filter(({ of, count }) => count === place && !isName(of)).map(({ of }) => of);
    const about = (of: readonly string[]) => ({ ...facts, factor, ...(opening ? {} : { credentials: of }) });
    const [stopped, many] = [placed(failures.most), placed(failures.warnAt)];
    if (stopped.length > 0) {
      await audit.commit({ ...about(stopped), event: 'attempts.stopped', failures: failures.most });
    } else if (many.length > 0) {
      await audit.commit({ ...about(many), event: 'attempts.many', failures: failures.warnAt });
    }
    if (spent === undefined) return;
    const from = spent.kind !== 'shared' ? 'known-browser' : 'anywhere';
    await audit.commit({ ...facts, event: 'attempts.locked', factor, from, until: now() + spent.ttl });
  }

  return (attempt: Attempt, taken: Taken, counted: readonly Counted[], recognised: () => Promise<void>): Turn => {
    const { subject } = attempt;
    const all = counted.map(({ of }) => of);
    return {
      allowed: true,
      against: all.filter((of) => !isName(of)),
      async succeeded() {
        await budgets.renew(taken);
        await failures.end(subject, all);
      },
      async returned() {
        await budgets.refund(taken.budgets);
        await failures.giveBack(subject, all);
      },
      recognised,
      async failed(facts) {
        await budgets.over(taken);
        await tell(attempt, taken.spent, counted, facts);
      },
    };
  };
}
