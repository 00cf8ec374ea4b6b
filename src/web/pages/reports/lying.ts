import type { ReportCell, ReportLying } from '../../report-models.ts';

/** Bars of one picture: of more rows, the first, and the table has the rest. */
const MOST_BARS = 15;

/** How far some people are. */
export interface Progress {
  name: ReportCell;
  /** By when. */
  until?: ReportCell;
  people: number;
  through: number;
}

/** Those who are through and those who aren't, each bar as long as there are people. */
export function progressBars(rows: readonly Progress[]): ReportLying {
  return {
    parts: [{ key: 'reports.column.through' }, { key: 'reports.column.left' }],
    bars: rows.slice(0, MOST_BARS).map(({ name, until, people, through }) => ({
      name: until === undefined ? [name] : [name, until],
      parts: [through, people - through],
      says: { share: people === 0 ? 1 : through / people },
    })),
  };
}

/** A row's name, its number, and what sets it apart. */
export type Length = readonly [name: ReportCell, count: number, more?: ReportCell];

/** One number for each row, as a length. */
export const lengths = (part: string, rows: readonly Length[]): ReportLying => ({
  parts: [{ key: `reports.column.${part}` }],
  bars: rows.slice(0, MOST_BARS).map(([name, count, more]) => ({
    name: more === undefined ? [name] : [name, more],
    parts: [count],
    says: { count },
  })),
});
