import type { WebDeps } from '../../context.ts';
import type { ReportCell } from '../../report-models.ts';
import { count, type ReportKind, scopeOf, table } from './kind.ts';

/** How many have which method, and when it was used last. */
export function methodsReport({ statistics }: Pick<WebDeps, 'statistics'>): ReportKind {
  return {
    right: 'reports',
    periods: false,
    async tables(asked) {
      const rows = await statistics.methods.byFactor(scopeOf(asked));
      const shown = rows.map(({ factor, methods: all, people, week, month, quarter, never }): ReportCell[] => [
        { message: { key: 'method' }, factor },
        ...[all, people, week, month, quarter, never].map(count),
      ]);
      const columns = ['method', 'enrolled', 'people', 'week', 'month', 'quarter', 'never'];
      return { tables: [table('methods', 'factors', columns, shown)], notes: [] };
    },
    header: ['method', 'last_used_on', 'enrolled'],
    async *records(asked) {
      for (const { factor, day, methods: all } of await statistics.methods.byDay(scopeOf(asked))) {
        yield [factor, day, all];
      }
    },
  };
}
