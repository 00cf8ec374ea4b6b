import type { CountedBy, CountKind, CountSum, CountsAsked } from '../../core/counts.ts';
import type { DurableStore } from '../../core/store.ts';
import { HOUR } from './counted.ts';

const DAY = 86_400_000;
/** Rows that are read at once. */
const MOST = 50_000;

/** Epoch milliseconds: at or after `from`, before `until`. */
export interface Period {
  from: number;
  until: number;
}

/** What was counted of everybody: numbers of no person's, up to a minute old. */
export function createTotals({ durable }: { durable: Pick<DurableStore, 'counts'> }) {
  const { counts } = durable;

  return {
    sums(
      kinds: readonly CountKind[],
      { from, until }: Period,
      by: readonly CountedBy[],
      every?: CountsAsked['every'],
      where: NonNullable<CountsAsked['where']> = {},
    ) {
      return counts.sums({ kinds, from, until, by, where, limit: MOST, ...(every === undefined ? {} : { every }) });
    },

    /** Each hour by itself, a day after the other. */
    async *hours(
      kinds: readonly CountKind[],
      { from, until }: Period,
      by: readonly CountedBy[],
    ): AsyncGenerator<CountSum> {
      for (let day = from - (from % DAY); day < until; day += DAY) {
        const within = { from: Math.max(day, from), until: Math.min(day + DAY, until) };
        yield* await counts.sums({ kinds, ...within, by, every: HOUR, limit: MOST });
      }
    },
  };
}

export type Totals = ReturnType<typeof createTotals>;
