import { createHash } from 'node:crypto';
import type { AuditPort, LogPort } from '../core/door.ts';
import type { Budget, Limited, LimitPort } from '../core/limit.ts';
import type { EphemeralStore } from '../core/store.ts';

const hash = (value: string): string => createHash('sha256').update(value).digest('base64url');

interface LimitDeps {
  now(): number;
  ephemeral: EphemeralStore;
  audit: Pick<AuditPort, 'note'>;
  log: LogPort;
}

/**
 * Counts what plug-ins limit, each under its own name; numbers and addresses are kept as hashes. A budget that is
 * spent is told once in its window.
 */
export function createLimits({ ephemeral, now, audit, log }: LimitDeps, owner: string): LimitPort {
  /** A window is part of the key: what refills little by little would never refill while it is used. */
  function keyOf({ name, of, per, apart }: Budget, at: number): string {
    return `limit:${owner}:${name}:${hash(of)}${apart ? '' : `:${Math.floor(at / per)}`}`;
  }

  async function giveBack(budgets: readonly Budget[], at: number): Promise<void> {
    for (const budget of budgets) await ephemeral.refund(keyOf(budget, at));
  }

  async function tell({ name, of, shared }: Budget, key: string, left: number): Promise<void> {
    if (!(await ephemeral.add(`${key}:told`, '1', left))) return;
    const facts = { owner, budget: name, until: now() + left, ...(shared && of !== '' ? { of } : {}) };
    audit.note({ event: 'budget.spent', ...facts });
    log[shared ? 'error' : 'info'](facts, 'a budget is spent: what it limits is refused until then');
  }

  async function count(budgets: readonly Budget[]): Promise<Limited> {
    const at = now();
    const counts: Record<string, number> = {};
    const counted: Budget[] = [];
    for (const budget of budgets) {
      const { per, apart, most = apart ? 1 : Number.MAX_SAFE_INTEGER } = budget;
      // A window that is over is kept as long again, to be read.
      const verdict = await ephemeral.attempt(keyOf(budget, at), most, apart ? per : 2 * per);
      if (!verdict.allowed) {
        await giveBack(counted, at);
        const retryAfter = apart ? verdict.retryAfter : per - (at % per);
        if (!apart) await tell(budget, keyOf(budget, at), retryAfter);
        return { allowed: false, spent: budget.name, retryAfter };
      }
      counts[budget.name] = verdict.count;
      counted.push(budget);
    }
    return { allowed: true, counts };
  }

  async function read(budgets: readonly Budget[], at: number): Promise<Readonly<Record<string, number>>> {
    // A budget of none is always spent: nothing is counted, and the answer says how much there is.
    const found = budgets.map(async (budget) => {
      const { count } = await ephemeral.attempt(keyOf(budget, at), 0, budget.per);
      return [budget.name, count] as const;
    });
    return Object.fromEntries(await Promise.all(found));
  }

  return { count, read, giveBack };
}
