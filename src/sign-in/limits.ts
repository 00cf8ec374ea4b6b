import { createHash } from 'node:crypto';
import type { Budget, Limited, LimitPort } from '../core/factor.ts';
import type { SignInDeps } from './deps.ts';

const hash = (value: string): string => createHash('sha256').update(value).digest('base64url');

/** Counts what plug-ins limit, each under its own name; numbers and addresses are kept as hashes. */
export function createLimits({ ephemeral, now }: Pick<SignInDeps, 'ephemeral' | 'now'>, owner: string): LimitPort {
  /** A window is part of the key: what refills little by little would never refill while it is used. */
  function keyOf({ name, of, per, apart }: Budget, at: number): string {
    return `limit:${owner}:${name}:${hash(of)}${apart ? '' : `:${Math.floor(at / per)}`}`;
  }

  async function giveBack(budgets: readonly Budget[], at: number): Promise<void> {
    for (const budget of budgets) await ephemeral.refund(keyOf(budget, at));
  }

  async function count(budgets: readonly Budget[]): Promise<Limited> {
    const at = now();
    const counts: Record<string, number> = {};
    const counted: Budget[] = [];
    for (const budget of budgets) {
      const { per, apart, most = apart ? 1 : Number.MAX_SAFE_INTEGER } = budget;
      const verdict = await ephemeral.attempt(keyOf(budget, at), most, per);
      if (!verdict.allowed) {
        await giveBack(counted, at);
        const retryAfter = apart ? verdict.retryAfter : per - (at % per);
        return { allowed: false, spent: budget.name, retryAfter };
      }
      counts[budget.name] = verdict.count;
      counted.push(budget);
    }
    return { allowed: true, counts };
  }

  return { count, giveBack };
}
