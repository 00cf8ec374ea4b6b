import type { CountSum } from '../../../core/counts.ts';
import type { WebDeps } from '../../context.ts';
import type { ReportCell, ReportTable } from '../../report-models.ts';
import { cut, iso, nameOf, type ReportKind, SHOWN, table } from './kind.ts';
import { by, cells, daysUntil, type Pivoted, pivot } from './pivot.ts';

const HOUR = 3_600_000;
const DAY = 86_400_000;
const OUTCOMES = ['completed', 'wrong', 'locked', 'denied'] as const;
const FAILED: readonly string[] = OUTCOMES.slice(1);
const OTHER = 'other';

/** Everybody's sign-ins, as they were counted: by day, hour of the day, method, application and directory. */
export function signInsReport(deps: Pick<WebDeps, 'applications' | 'now' | 'statistics'>): ReportKind {
  const { totals } = deps.statistics;
  const sums = (period: Period, ...names: Parameters<typeof totals.sums>[2]) =>
    totals.sums(['sign-in'], period, ['outcome', ...names]);

  async function applications(period: Period): Promise<ReportTable & { all: number }> {
    const rows = pivot(await sums(period, 'application'), by('application'), by('outcome'));
    const numbers = cells(rows, OUTCOMES);
    const shown = rows.slice(0, SHOWN).map(async (row): Promise<ReportCell[]> => {
      const name: ReportCell = row.of === OTHER || row.of === '' ? other : { localized: await nameOf(deps, row.of) };
      return [name, ...(numbers.get(row) ?? [])];
    });
    return { ...named('applications', 'application', await Promise.all(shown)), all: rows.length };
  }

  return {
    right: 'totals',
    periods: true,
    async tables({ days }) {
      const { all, ...period } = daysUntil(deps.now(), days);
      const hours = await totals.sums(['sign-in'], period, ['outcome'], HOUR);
      if (hours.length === 0) return { tables: [table('sign-ins', 'days', [], [])], notes: [] };
      const methods = pivot(await sums(period, 'method'), by('method'), by('outcome'));
      const directories = pivot(await sums(period, 'provider'), by('provider'), by('outcome'));
      const byApplication = await applications(period);
      const tables = [
        byDay(hours, all),
        named('methods', 'method', under(methods, methodOf)),
        byApplication,
        byHour(hours),
        ...(directories.filter(({ of }) => of !== '').length > 1
          ? [
              named(
                'directories',
                'directory',
                under(directories, ({ of }) => idOf(of)),
              ),
            ]
          : []),
      ];
      return { tables, notes: cut(Array.from({ length: byApplication.all })) };
    },
    header: ['hour', 'outcome', 'method', 'application', 'directory', 'count'],
    async *records({ days }) {
      const period = daysUntil(deps.now(), days);
      const names = ['outcome', 'method', 'application', 'provider'] as const;
      for await (const { at, outcome, method, application, provider, count } of totals.hours(
        ['sign-in'],
        period,
        names,
      )) {
        yield [iso(at), outcome, method, application, provider, count];
      }
    },
  };
}

interface Period {
  from: number;
  until: number;
}

const other: ReportCell = { message: { key: 'reports.other' } };

const named = (part: string, first: string, rows: ReportCell[][]): ReportTable =>
  table('sign-ins', part, [first, ...OUTCOMES], rows);

function under(rows: readonly Pivoted[], first: (row: Pivoted) => ReportCell): ReportCell[][] {
  return [...cells(rows, OUTCOMES)].map(([row, numbers]) => [first(row), ...numbers]);
}

/** The latest first, and drawn from the first on. */
function byDay(hours: readonly CountSum[], all: readonly number[]): ReportTable {
  const found = new Map(
    pivot(hours, ({ at = 0 }) => String(at - (at % DAY)), by('outcome')).map((row) => [row.of, row]),
  );
  const rows = all.map((day) => found.get(String(day)) ?? nothing(String(day)));
  return {
    ...named(
      'days',
      'day',
      under(rows.toReversed(), ({ of }) => ({ date: Number(of) })),
    ),
    chart: { parts: PARTS, bars: rows.map((row) => ({ day: Number(row.of), parts: partsOf(row) })) },
  };
}

/** All days' together: when it is busy. */
function byHour(hours: readonly CountSum[]): ReportTable {
  const ofDay = ({ at = 0 }: CountSum) => String((at % DAY) / HOUR);
  const found = new Map(pivot(hours, ofDay, by('outcome')).map((row) => [row.of, row]));
  const rows = Array.from({ length: 24 }, (_, hour) => found.get(String(hour)) ?? nothing(String(hour)));
  const labelOf = ({ of }: Pivoted) => `${of.padStart(2, '0')}:00`;
  return {
    ...named(
      'hours',
      'hour',
      under(rows, (row) => ({ text: labelOf(row) })),
    ),
    chart: { parts: PARTS, bars: rows.map((row) => ({ text: labelOf(row), parts: partsOf(row) })) },
  };
}

/** As they are drawn. */
const PARTS = [{ key: 'reports.column.completed' }, { key: 'reports.column.failed' }];

function partsOf({ counts, total }: Pivoted): number[] {
  const completed = counts.get('completed') ?? 0;
  return [completed, total - completed];
}

const nothing = (of: string): Pivoted => ({ of, counts: new Map(), total: 0 });

function methodOf({ of, counts }: Pivoted): ReportCell {
  if (of === '' && [...counts.keys()].every((outcome) => FAILED.includes(outcome)))
    return { message: { key: 'reports.sign-ins.none' } };
  return of === '' || of === OTHER ? other : { methods: of.split('+') };
}

const idOf = (id: string): ReportCell =>
  id === '' ? { message: { key: 'reports.sign-ins.nobody' } } : id === OTHER ? other : { text: id };
