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
  /** A month (UTC), by any time of it. */
  | { month: number }
  /** Factors, in the order in which they were shown. */
  | { methods: string[] }
  /** ISO 3166-1 letters. */
  | { region: string }
  | { localized: LocalizedText; href?: string }
  /** `factor` is the namespace. */
  | { message: Message; factor?: string };

/** In words; as methods, in the order in which they were shown; or as it is called. */
export type ReportColumn = Message | { methods: string[] } | { text: string };

export interface ReportTable {
  caption: Message;
  /** The first one names the row. */
  columns: ReportColumn[];
  rows: ReportCell[][];
  /** What stands there where there is no row. */
  empty: Message;
  chart?: ReportChart;
  lying?: ReportLying;
}

/** What doesn't follow each other in time: a lying bar for each of some rows, drawn; the table says the same. */
export interface ReportLying {
  /** What the parts of a bar are, from its beginning on. */
  parts: ReportColumn[];
  /** What no bar should pass. */
  limit?: { value: number; title: ReportColumn };
  /** `name`: the row's own name, and what sets it apart from others of that name; `says` stands at its end. */
  bars: { name: ReportCell[]; parts: number[]; says: ReportCell }[];
}

/** Days (UTC, epoch milliseconds), or what else follows each other, drawn; the table says the same. */
export interface ReportChart {
  /** What the parts of a bar are, from the bottom up. */
  parts: ReportColumn[];
  /** Dates that matter, by the bar in which they are. */
  marks?: { at: number; day: number }[];
  bars: ({ parts: number[] } & ({ day: number } | { day?: never; text: string }))[];
}

/** What charts can be narrowed by, and what was chosen. */
export interface ReportFilters {
  query: { days?: string; from?: string; until?: string; group?: string; application?: string };
  /** Days that can be chosen, and those that are without a choice. */
  periods: number[];
  usual: number;
  groups: string[];
  applications: { id: string; name: LocalizedText }[];
  /** What can't be shown, and the field that says it. */
  error?: Message;
  at?: 'days' | 'from' | 'until' | 'group' | 'application';
}

/** What a report is narrowed to, and the address without that. */
export interface ReportNarrowing {
  what: Message;
  name: LocalizedText;
  href: string;
}

export interface ReportPages {
  /** Which reports there are; texts are `reports.<name>.title` and `.text`. */
  reports: {
    names: string[];
    filters: ReportFilters;
    /** Charts, each with the address of its file and of the report that says more. */
    glance: { table: ReportTable; csv: string; more?: string }[];
    notes: Message[];
  };
  report: {
    name: string;
    /** Address of the file. */
    csv: string;
    /** What it can be asked for, in days; the one that is shown has no address. */
    periods: { days: number; href?: string }[];
    narrowed: ReportNarrowing[];
    tables: ReportTable[];
    notes: Message[];
  };
}
