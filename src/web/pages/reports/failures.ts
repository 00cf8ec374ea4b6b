import type { Failed } from '../../../statistics/failures.ts';
import { reasonOf } from '../../../statistics/index.ts';
import type { WebDeps } from '../../context.ts';
import type { ReportCell, ReportTable } from '../../report-models.ts';
import { type Asked, count, cut, nameOf, type ReportKind, scopeOf, table } from './kind.ts';
import { daysUntil } from './pivot.ts';

const DAY = 86_400_000;
const EVENTS = ['sign-in.refused', 'sign-in.locked', 'sign-in.denied'] as const;
/** Their columns. */
const KINDS = ['wrong', 'locked', 'denied'];

/** Sign-ins that came to nothing: by day, and by reason. */
export function failuresReport(deps: Pick<WebDeps, 'applications' | 'now' | 'statistics'>): ReportKind {
  const { statistics } = deps;
  const periodOf = ({ days }: Asked) => ({ from: deps.now() - days * DAY, until: deps.now() + 1 });

  return {
    right: 'reports',
    periods: true,
    async tables(asked) {
      const { rows, cut: some, total } = await statistics.failures(scopeOf(asked), periodOf(asked));
      const reasons = await Promise.all(
        byReason(rows).map(
          async ({ event, reason, application, count: number }): Promise<ReportCell[]> => [
            { message: { key: `reports.reason.${reason}` } },
            { message: { key: `reports.failures.${event}` } },
            { localized: await nameOf(deps, application) },
            count(number),
          ],
        ),
      );
      return {
        tables: [
          byDay(rows, daysUntil(deps.now(), asked.days).all),
          table('failures', 'reasons', ['reason', 'outcome', 'application', 'count'], reasons),
        ],
        notes: [
          { key: 'reports.failures.total', values: { count: total } },
          ...(some ? [{ key: 'reports.failures.some' }] : []),
          ...cut(reasons),
        ],
      };
    },
    header: ['day', 'outcome', 'reason', 'application', 'count'],
    async *records(asked) {
      const { rows } = await statistics.failures(scopeOf(asked), periodOf(asked));
      for (const { day, event, reason, application, count: number } of rows) {
        yield [day, event, reason, application, number];
      }
    },
  };
}

/** A row a day, the latest first, and all days drawn from the first on. */
function byDay(rows: readonly Failed[], all: readonly number[]): ReportTable {
  const days = Map.groupBy(rows, ({ day }) => Date.parse(day));
  const sum = (of: readonly Failed[], event?: Failed['event']) =>
    of.reduce((total, row) => (event === undefined || row.event === event ? total + row.count : total), 0);
  const parts = (of: readonly Failed[]) => EVENTS.map((event) => sum(of, event));
  const cells = [...days].map(([date, of]) => [{ date }, ...parts(of).map(count), count(sum(of))]);
  const found = table('failures', 'days', ['day', ...KINDS, 'total'], cells);
  if (rows.length === 0) return found;
  return {
    ...found,
    chart: {
      parts: KINDS.map((kind) => ({ key: `reports.column.${kind}` })),
      bars: all.map((day) => ({ day, parts: parts(days.get(day) ?? []) })),
    },
  };
}

/** Over all days, the most frequent first; of reasons the kinds that people have words for. */
function byReason(rows: readonly Failed[]): Omit<Failed, 'day'>[] {
  const found = new Map<string, Omit<Failed, 'day'>>();
  for (const { event, reason: told, application, count: number } of rows) {
    const reason = reasonOf(event, told);
    const key = [event, reason, application].join('\0');
    const row = found.get(key) ?? { event, reason, application, count: 0 };
    row.count += number;
    found.set(key, row);
  }
  return [...found.values()].sort((a, b) => b.count - a.count);
}
