import type { WebDeps } from '../../../context.ts';
import type { Cell } from '../../../csv.ts';
import type { ReportCell, ReportTable } from '../../../report-models.ts';
import type { Chart } from './chart.ts';
import { costCharts } from './costs.ts';
import { countedCharts } from './counted.ts';
import { peopleCharts } from './people.ts';

export type { Chart, Drawn } from './chart.ts';

export type ChartsNeeds = Pick<WebDeps, 'applications' | 'helpDesk' | 'now' | 'statistics'>;

/** All charts, in the order in which the page has them. */
export function charts(deps: ChartsNeeds): Chart[] {
  return [...peopleCharts(deps), ...countedCharts(deps), ...costCharts(deps)];
}

/** Whether a chart can be told apart by what is asked for. */
export const isNarrowed = (
  { narrows }: Chart,
  { group, application }: { group?: string; application?: string },
): boolean => (group === undefined || narrows.group) && (application === undefined || narrows.application);

/** A chart's table as records, the columns named by the words of texts: the same in every language. */
export function recordsOf({ columns, rows }: ReportTable): { header: string[]; records: Cell[][] } {
  const header = columns.map((column) => {
    if ('methods' in column) return column.methods.join('+');
    return 'text' in column ? column.text : (column.key.split('.').at(-1) ?? '');
  });
  return { header, records: rows.map((row) => row.map(plain)) };
}

function plain(cell: ReportCell): Cell {
  if ('count' in cell) return cell.count;
  if ('share' in cell) return Number(cell.share.toFixed(4));
  if ('methods' in cell) return cell.methods.join('+');
  if ('region' in cell) return cell.region;
  if ('message' in cell) return cell.factor ?? cell.message.key.split('.').at(-1);
  if ('localized' in cell) return typeof cell.localized === 'string' ? cell.localized : cell.localized.en;
  if ('at' in cell) return new Date(cell.at).toISOString();
  if ('month' in cell) return new Date(cell.month).toISOString().slice(0, 7);
  if ('date' in cell || 'day' in cell)
    return new Date('date' in cell ? cell.date : cell.day).toISOString().slice(0, 10);
  return cell.text;
}
