import type { Enrolled } from '../../../statistics/enrolment.ts';
import type { WebDeps } from '../../context.ts';
import type { ReportCell } from '../../report-models.ts';
import { count, cut, iso, type ReportKind, scopeOf, table } from './kind.ts';

/** Who has a second factor, group by group, and who is to have one. */
export function enrolmentReport({ statistics }: Pick<WebDeps, 'statistics'>): ReportKind {
  return {
    right: 'reports',
    periods: false,
    async tables(asked) {
      const rows = await statistics.enrolment.byGroup(scopeOf(asked), asked.agent.groups('reports'));
      const row = ({ group, people, without, due, next }: Enrolled): ReportCell[] => [
        group === undefined ? { message: { key: 'reports.enrolment.all' } } : { text: group },
        count(people),
        people === 0 ? { text: '' } : { share: (people - without) / people },
        count(without),
        count(due),
        next === undefined ? { message: { key: 'reports.enrolment.no-date' } } : { day: next },
      ];
      const shown = rows[0].people === 0 ? [] : rows.map(row);
      const columns = ['group', 'people', 'set-up', 'without', 'due', 'next'];
      return { tables: [table('enrolment', 'groups', columns, shown)], notes: cut(rows) };
    },
    header: ['user_name', 'name', 'email', 'groups', 'known_since', 'asked_from', 'rule'],
    async *records(asked) {
      for await (const { account, stranger, due } of statistics.enrolment.people(scopeOf(asked))) {
        const { username, name, email, groups, createdAt } = account;
        const from = due && (due.at === undefined ? 'now' : iso(due.at));
        yield [username, name, email, groups?.join(' '), stranger ? undefined : iso(createdAt), from, due?.rule];
      }
    },
  };
}
