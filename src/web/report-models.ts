import type { LocalizedText } from '../core/account.ts';
import type { Message } from '../core/prompt.ts';

/** One cell of a report's table. Times are epoch milliseconds; `share` is between 0 and 1. */
export type ReportCell =
  | { text: string; href?: string }
  /** `bar`: its length beside the longest, between 0 and 1. */
  | { count: number; bar?: number }
  | { share: number }
  | { at: number }
  | { day: number }
  /** A day (UTC). */
  | { date: number }
  /** Factors, in the order in which they were shown. */
  | { methods: string[] }
  /** ISO 3166-1 letters. */
  | { region: string }
  | { localized: LocalizedText }
  /** `factor` is the namespace. */
  | { message: Message; factor?: string };

export interface ReportTable {
  caption: Message;
  /** The first one names the row. */
  columns: (Message | { methods: string[] })[];
  rows: ReportCell[][];
  /** What stands there where there is no row. */
  empty: Message;
  chart?: ReportChart;
}

/** Days (UTC, epoch milliseconds), or what else follows each other, drawn; the table says the same. */
export interface ReportChart {
  /** What the parts of a bar are, from the bottom up. */
  parts: (Message | { methods: string[] })[];
  bars: ({ parts: number[] } & ({ day: number } | { day?: never; text: string }))[];
}

export interface ReportPages {
  /** Which reports there are; texts are `reports.<name>.title` and `.text`. */
  reports: {
    names: string[];
    /** What is seen at once, with the address of the report that it is a part of. */
    glance: { table: ReportTable; more: string }[];
  };
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
