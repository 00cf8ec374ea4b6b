import type { Moved } from '../../../statistics/index.ts';
import type { WebDeps } from '../../context.ts';
import type { ReportCell } from '../../report-models.ts';
import { count, cut, iso, nameOf, type ReportKind, scopeOf, table } from './kind.ts';

const COLUMNS = ['ends', 'until', 'people', 'through', 'left'];

/** Who is through where a factor ends on a date, and who isn't: by application, by group, and by name. */
export function movingReport(deps: Pick<WebDeps, 'applications' | 'statistics'>): ReportKind {
  const { moving } = deps.statistics;
  const cells = ({ people, through, at, ends }: Moved): ReportCell[] => [
    { methods: [...ends] },
    { day: at },
    count(people),
    { share: people === 0 ? 1 : through / people },
    count(people - through),
  ];
  return {
    right: 'reports',
    periods: false,
    async tables(asked) {
      const { applications, groups } = await moving.counts(scopeOf(asked), asked.agent.groups('reports'));
      const named = await Promise.all(
        applications.map(
          async (row): Promise<ReportCell[]> => [{ localized: await nameOf(deps, row.of) }, ...cells(row)],
        ),
      );
      const byGroup = groups.map((row): ReportCell[] => [{ text: row.of }, ...cells(row)]);
      return {
        tables: [
          table('moving', 'applications', ['application', ...COLUMNS], named),
          table('moving', 'groups', ['group', ...COLUMNS], byGroup),
        ],
        notes: cut(groups),
      };
    },
    header: ['user_name', 'name', 'email', 'groups', 'application', 'until', 'ends', 'through', 'methods'],
    async *records(asked) {
      for await (const { account, methods, moves } of moving.people(scopeOf(asked))) {
        const { username, name, email, groups } = account;
        const theirs = [...new Set(methods.map(({ factor }) => factor))].sort().join(' ');
        for (const { application, at, ends, through } of moves) {
          const facts = [application, iso(at), ends.join(' '), through ? 'yes' : 'no', theirs];
          yield [username, name, email, groups?.join(' '), ...facts];
        }
      }
    },
  };
}
