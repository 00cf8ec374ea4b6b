import type { CountedBy, CountSum } from '../../../core/counts.ts';
import type { ReportCell } from '../../report-models.ts';

const DAY = 86_400_000;

/** One row of a table: its numbers by what their column counts. */
export interface Pivoted {
  of: string;
  counts: ReadonlyMap<string, number>;
  total: number;
}

/** Sums as rows by one thing and columns by another, the largest first. */
export function pivot(
  sums: readonly CountSum[],
  row: (sum: CountSum) => string,
  column: (sum: CountSum) => string,
): Pivoted[] {
  const rows = new Map<string, { of: string; counts: Map<string, number>; total: number }>();
  for (const sum of sums) {
    const of = row(sum);
    const known = rows.get(of) ?? { of, counts: new Map<string, number>(), total: 0 };
    known.counts.set(column(sum), (known.counts.get(column(sum)) ?? 0) + sum.count);
    known.total += sum.count;
    rows.set(of, known);
  }
  return [...rows.values()].sort((a, b) => b.total - a.total || (a.of < b.of ? -1 : 1));
}

export const by =
  (name: CountedBy) =>
  (sum: CountSum): string =>
    sum[name] ?? '';

/** Numbers in the order of columns; the first with a bar, as long as it is among those of all rows. */
export function cells(rows: readonly Pivoted[], columns: readonly string[]): Map<Pivoted, ReportCell[]> {
  const [first = ''] = columns;
  const most = Math.max(1, ...rows.map(({ counts }) => counts.get(first) ?? 0));
  return new Map(
    rows.map((row) => [
      row,
      columns.map((column, at): ReportCell => {
        const value = row.counts.get(column) ?? 0;
        return at === 0 ? { count: value, bar: value / most } : { count: value };
      }),
    ]),
  );
}

/** Whole days (UTC), today the last: also those on which nothing was counted. */
export function daysUntil(now: number, days: number): { from: number; until: number; all: number[] } {
  const until = now - (now % DAY) + DAY;
  const from = until - days * DAY;
  return { from, until, all: Array.from({ length: days }, (_, at) => from + at * DAY) };
}
