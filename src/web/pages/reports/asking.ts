import type { Asking } from '../../../statistics/index.ts';
import type { ReportCell, ReportLying } from '../../report-models.ts';
import { lengths } from './lying.ts';

export const ASKING_COLUMNS = ['application', 'method', 'until', 'people'];

/** What still asks for what ends, of how many people: the more, the further up. */
export function askingRows(asks: readonly (Asking & { name: ReportCell })[]): {
  rows: ReportCell[][];
  lying: ReportLying;
} {
  const rows = asks.map(({ name, factor, until, people }): ReportCell[] => [
    ...[name, { methods: [factor] }],
    until === undefined ? { message: { key: 'reports.no-end' } } : { day: until },
    { count: people },
  ]);
  return {
    rows,
    lying: lengths(
      'people',
      asks.map(({ name, factor, people }) => [name, people, { methods: [factor] }]),
    ),
  };
}
