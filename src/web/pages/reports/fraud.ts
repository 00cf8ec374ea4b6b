import type { WebDeps } from '../../context.ts';
import type { ReportCell } from '../../report-models.ts';
import { cut, iso, nameOf, type ReportKind, SHOWN, scopeOf, table } from './kind.ts';

/** What people said wasn’t them, and what became of it. */
export function fraudReport(deps: Pick<WebDeps, 'applications' | 'statistics'>): ReportKind {
  const { statistics } = deps;
  return {
    right: 'reports',
    periods: false,
    async tables(asked) {
      const found = await statistics.fraud(scopeOf(asked));
      const shown = await Promise.all(
        found
          .slice(0, SHOWN)
          .map(
            async ({ report: { madeAt, about, handled }, account }): Promise<ReportCell[]> => [
              { at: madeAt },
              { text: account.name, href: `/helpdesk/people/${encodeURIComponent(account.id)}` },
              { message: { key: `reports.fraud.${about.what}` } },
              { localized: await nameOf(deps, about.application) },
              { text: about.ip ?? '' },
              handled ? { message: { key: 'reports.fraud.handled' } } : { message: { key: 'reports.fraud.open' } },
            ],
          ),
      );
      const columns = ['reported', 'person', 'what', 'application', 'address', 'state'];
      return { tables: [table('fraud', 'list', columns, shown)], notes: cut(found) };
    },
    header: [
      ...['reported_at', 'user_name', 'name', 'what', 'happened_at', 'application', 'address', 'browser', 'method'],
      ...['handled_at', 'handled_by', 'handled_because'],
    ],
    async *records(asked) {
      for (const { report, account } of await statistics.fraud(scopeOf(asked))) {
        const { madeAt, about, handled } = report;
        yield [
          ...[iso(madeAt), account.username, account.name, about.what, iso(about.at), about.application],
          ...[about.ip, about.userAgent, about.factor, iso(handled?.at), handled?.by, handled?.reason],
        ];
      }
    },
  };
}
