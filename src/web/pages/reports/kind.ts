import type { LocalizedText } from '../../../core/account.ts';
import type { Message } from '../../../core/prompt.ts';
import type { Agent } from '../../../help-desk/agent.ts';
import type { Whom } from '../../../statistics/index.ts';
import type { WebDeps } from '../../context.ts';
import type { Cell } from '../../csv.ts';
import type { ReportCell, ReportTable } from '../../report-models.ts';

/** Rows that a page shows; the file has them all. */
export const SHOWN = 100;

/** What is asked for: of the people in whose scope, and over how many days where that matters. */
export interface Asked {
  agent: Agent;
  days: number;
  /** Of one department's people alone, and of one application. */
  department?: string;
  application?: string;
}

/** A report: what its page shows, and its file. */
export interface ReportKind {
  /** What an agent needs to read it: `totals` are of everybody, whoever is in their scope. */
  right: 'reports' | 'totals';
  /** Whether a period is chosen. */
  periods: boolean;
  /** Whether it can be narrowed to a department and an application. */
  narrows?: true;
  tables(asked: Asked): Promise<{ tables: ReportTable[]; notes: Message[] }>;
  header: readonly string[];
  records(asked: Asked): AsyncGenerator<Cell[]>;
}

/** Whether somebody is in the scope of whoever asks. */
export const scopeOf =
  ({ agent }: Asked) =>
  (person: Whom): boolean =>
    agent.may('reports', person);

export const count = (value: number): ReportCell => ({ count: value });
export const iso = (at: number | undefined): Cell => (at === undefined ? undefined : new Date(at).toISOString());

/** What an application is called, also one that is known no more. */
export async function nameOf(
  { applications }: Pick<WebDeps, 'applications'>,
  application: string | undefined,
): Promise<LocalizedText> {
  if (application === undefined || application === '') return '';
  return (await applications.find(application))?.name ?? application;
}

export function table(
  name: string,
  part: string,
  columns: readonly string[],
  rows: ReportCell[][],
  empty = 'empty',
): ReportTable {
  return {
    caption: { key: `reports.${name}.${part}` },
    columns: columns.map((column) => ({ key: `reports.column.${column}` })),
    rows: rows.slice(0, SHOWN),
    empty: { key: `reports.${name}.${empty}` },
  };
}

/** Says that there is more than is shown. */
export const cut = (rows: readonly unknown[]): Message[] =>
  rows.length > SHOWN ? [{ key: 'reports.cut', values: { count: SHOWN } }] : [];
