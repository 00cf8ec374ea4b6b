import type { Aged } from '../../../statistics/index.ts';
import type { WebDeps } from '../../context.ts';
import type { ReportCell } from '../../report-models.ts';
import { cut, iso, type ReportKind, SHOWN, scopeOf, table } from './kind.ts';

/** Whose passwords are past their end. */
export function passwordsReport({ statistics }: Pick<WebDeps, 'statistics'>): ReportKind {
  return {
    right: 'reports',
    periods: false,
    async tables(asked) {
      const found: Aged[] = [];
      for await (const one of statistics.passwords.aged(scopeOf(asked))) {
        found.push(one);
        if (found.length > SHOWN) break;
      }
      const row = ({ account: { id, name }, changedAt, expires }: Aged): ReportCell[] => [
        { text: name, href: `/helpdesk/people/${encodeURIComponent(id)}` },
        changedAt === undefined ? { message: { key: 'reports.passwords.unknown' } } : { day: changedAt },
        expires === undefined ? { text: '' } : { day: expires },
      ];
      const columns = ['person', 'password-since', 'password-expired'];
      return { tables: [table('passwords', 'people', columns, found.map(row))], notes: cut(found) };
    },
    header: ['user_name', 'name', 'email', 'groups', 'password_since', 'expired'],
    async *records(asked) {
      for await (const { account, changedAt, expires } of statistics.passwords.aged(scopeOf(asked))) {
        const { username, name, email, groups } = account;
        yield [username, name, email, groups?.join(' '), iso(changedAt), iso(expires)];
      }
    },
  };
}
