import type { LocalizedText } from '../../core/account.ts';
import type { Message } from '../../core/prompt.ts';
import type { Agent } from '../../help-desk/agent.ts';
import type { Enrolled } from '../../statistics/enrolment.ts';
import type { Failed } from '../../statistics/failures.ts';
import type { WebDeps } from '../context.ts';
import type { Cell } from '../csv.ts';
import type { ReportCell, ReportTable } from '../report-models.ts';

/** Rows that a page shows; the file has them all. */
const SHOWN = 100;
const DAY = 86_400_000;

/** What is asked for: of the people in whose scope, and over how many days where that matters. */
export interface Asked {
  agent: Agent;
  days: number;
}

/** A report: what its page shows, and its file. */
export interface ReportKind {
  /** Whether a period is chosen. */
  periods: boolean;
  tables(asked: Asked): Promise<{ tables: ReportTable[]; notes: Message[] }>;
  header: readonly string[];
  records(asked: Asked): AsyncGenerator<Cell[]>;
}

const count = (value: number): ReportCell => ({ count: value });
const iso = (at: number | undefined): Cell => (at === undefined ? undefined : new Date(at).toISOString());

/** The four reports, by the word in the address. */
export function createReportKinds(deps: WebDeps): ReadonlyMap<string, ReportKind> {
  const { statistics } = deps;
  const scopeOf =
    ({ agent }: Asked) =>
    (person: { id: string; groups: readonly string[] }) =>
      agent.may('reports', person);
  const periodOf = ({ days }: Asked) => ({ from: deps.now() - days * DAY, until: deps.now() + 1 });

  async function nameOf(application: string | undefined): Promise<LocalizedText> {
    if (application === undefined || application === '') return '';
    return (await deps.applications.find(application))?.name ?? application;
  }

  function table(name: string, part: string, columns: readonly string[], rows: ReportCell[][]): ReportTable {
    return {
      caption: { key: `reports.${name}.${part}` },
      columns: columns.map((column) => ({ key: `reports.column.${column}` })),
      rows: rows.slice(0, SHOWN),
      empty: { key: `reports.${name}.empty` },
    };
  }

  const cut = (rows: readonly unknown[]): Message[] =>
    rows.length > SHOWN ? [{ key: 'reports.cut', values: { count: SHOWN } }] : [];

  const enrolment: ReportKind = {
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
        yield [username, name, email, groups.join(' '), stranger ? undefined : iso(createdAt), from, due?.rule];
      }
    },
  };

  const methods: ReportKind = {
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

  const fraud: ReportKind = {
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
              { localized: await nameOf(about.application) },
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

  const failures: ReportKind = {
    periods: true,
    async tables(asked) {
      const { rows, cut: some, total } = await statistics.failures(scopeOf(asked), periodOf(asked));
      const reasons = await Promise.all(
        byReason(rows).map(
          async ({ event, reason, application, count: number }): Promise<ReportCell[]> => [
            reason === '' ? { message: { key: `reports.failures.${event}` } } : { text: reason },
            { message: { key: `reports.failures.${event}` } },
            { localized: await nameOf(application) },
            count(number),
          ],
        ),
      );
      return {
        tables: [
          table('failures', 'days', ['day', 'wrong', 'locked', 'denied', 'total'], byDay(rows)),
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

  return new Map(Object.entries({ enrolment, methods, fraud, failures }));
}

/** A row a day, the latest first. */
function byDay(rows: readonly Failed[]): ReportCell[][] {
  const days = Map.groupBy(rows, ({ day }) => day);
  const sum = (of: readonly Failed[], event?: Failed['event']) =>
    of.reduce((total, row) => (event === undefined || row.event === event ? total + row.count : total), 0);
  return [...days].map(([day, of]) => [
    { text: day },
    ...(['sign-in.refused', 'sign-in.locked', 'sign-in.denied'] as const).map((event) => count(sum(of, event))),
    count(sum(of)),
  ]);
}

/** Over all days, the most frequent first. */
function byReason(rows: readonly Failed[]): Omit<Failed, 'day'>[] {
  const found = new Map<string, Omit<Failed, 'day'>>();
  for (const { event, reason, application, count: number } of rows) {
    const key = [event, reason, application].join('\0');
    const row = found.get(key) ?? { event, reason, application, count: 0 };
    row.count += number;
    found.set(key, row);
  }
  return [...found.values()].sort((a, b) => b.count - a.count);
}
