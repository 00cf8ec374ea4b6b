import type { StatisticsNeeds } from './needs.ts';
import { type InScope, peopleIn } from './people.ts';

export const DAY = 86_400_000;

/** The day of a moment, UTC, as dates are sorted: `2026-11-22`. */
export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** A factor's methods: how many there are, whose, and when they were last used. */
export interface MethodsInUse {
  factor: string;
  methods: number;
  people: number;
  /** Last used within so many days. */
  week: number;
  month: number;
  quarter: number;
  never: number;
}

/** How many of a factor were last used on a day; without one, never. */
export interface UsedOn {
  factor: string;
  day?: string;
  methods: number;
}

/** What is enrolled, and how much of it is in use. */
export function createMethodsReport(deps: Pick<StatisticsNeeds, 'durable' | 'now'>) {
  return {
    /** The most enrolled first. */
    async byFactor(inScope: InScope): Promise<MethodsInUse[]> {
      const now = deps.now();
      const rows = new Map<string, MethodsInUse>();
      for await (const page of peopleIn(deps, inScope)) {
        for (const { methods } of page) {
          for (const { factor } of new Map(methods.map((one) => [one.factor, one])).values()) {
            const none = { factor, methods: 0, people: 0, week: 0, month: 0, quarter: 0, never: 0 };
            const row = rows.get(factor) ?? none;
            row.people += 1;
            rows.set(factor, row);
          }
          for (const { factor, lastUsedAt } of methods) {
            const row = rows.get(factor);
            if (row === undefined) continue;
            row.methods += 1;
            if (lastUsedAt === undefined) row.never += 1;
            else if (now - lastUsedAt <= 7 * DAY) row.week += 1;
            else if (now - lastUsedAt <= 30 * DAY) row.month += 1;
            else if (now - lastUsedAt <= 90 * DAY) row.quarter += 1;
          }
        }
      }
      return [...rows.values()].sort((a, b) => b.methods - a.methods);
    },

    /** By factor, the latest day first. */
    async byDay(inScope: InScope): Promise<UsedOn[]> {
      const rows = new Map<string, UsedOn>();
      for await (const page of peopleIn(deps, inScope)) {
        for (const { factor, lastUsedAt } of page.flatMap(({ methods }) => methods)) {
          const day = lastUsedAt === undefined ? {} : { day: dayOf(lastUsedAt) };
          const key = `${factor}\0${day.day ?? ''}`;
          const row = rows.get(key) ?? { factor, ...day, methods: 0 };
          row.methods += 1;
          rows.set(key, row);
        }
      }
      const order = ({ factor, day = '' }: UsedOn) => [factor, day] as const;
      return [...rows.values()].sort((a, b) => {
        const [[factor, day], [other, otherDay]] = [order(a), order(b)];
        return factor === other ? (day < otherDay ? 1 : -1) : factor < other ? -1 : 1;
      });
    },
  };
}
