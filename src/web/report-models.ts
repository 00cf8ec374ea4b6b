import type { LocalizedText } from '../core/account.ts';
import type { Message } from '../core/prompt.ts';

/** One cell of a report's table. Times are epoch milliseconds; `share` is between 0 and 1. */
export type ReportCell =
  | { text: string; href?: string }
  | { count: number }
  | { share: number }
  | { at: number }
  | { day: number }
  | { localized: LocalizedText }
  /** `factor` is the namespace. */
  | { message: Message; factor?: string };

export interface ReportTable {
  caption: Message;
  /** The first one names the row. */
  columns: Message[];
  rows: ReportCell[][];
  /** What stands there where there is no row. */
  empty: Message;
}

export interface ReportPages {
  /** Which reports there are; texts are `reports.<name>.title` and `.text`. */
  reports: { names: string[] };
  report: {
    name: string;
    /** Address of the file. */
    csv: string;
    /** What it can be asked for, in days; the one that is shown has no address. */
    periods: { days: number; href?: string }[];
    tables: ReportTable[];
    notes: Message[];
  };
}
