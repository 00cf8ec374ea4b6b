import type { Asking, Campaigned, Counted, Moved } from '../../../statistics/index.ts';
import type { WebDeps } from '../../context.ts';
import type { ReportCell, ReportTable } from '../../report-models.ts';
import { ASKING_COLUMNS, askingRows } from './asking.ts';
import { type Asked, count, cut, iso, nameOf, type ReportKind, scopeOf, table } from './kind.ts';
import { type Progress, progressBars } from './lying.ts';
import { type Narrowed, narrowing, queryOf } from './narrowed.ts';

const HERE = '/helpdesk/reports/moving';

const COLUMNS = ['ends', 'until', 'people', 'through', 'left'];

type Named<Row> = Row & { name: ReportCell };

const shares = (people: number, through: number): ReportCell[] => [
  ...[count(people), { share: people === 0 ? 1 : through / people }, count(people - through)],
];

/** By application, or by group: until when, and who is through. */
function movedTable(part: string, column: string, rows: readonly Named<Moved>[]): ReportTable {
  const cells = ({ name, people, through, at, ends }: Named<Moved>): ReportCell[] => [
    ...[name, { methods: [...ends] }, { day: at }],
    ...shares(people, through),
  ];
  const bars = rows.map(({ name, at, people, through }): Progress => ({ name, until: { day: at }, people, through }));
  return { ...table('moving', part, [column, ...COLUMNS], rows.map(cells)), lying: progressBars(bars) };
}

function campaignTable(rows: readonly Campaigned[]): ReportTable {
  const cells = ({ campaign, group, people, through }: Campaigned): ReportCell[] => [
    ...[{ text: campaign.name }, { text: group }, { methods: [...campaign.leaves] }, { day: campaign.end }],
    ...shares(people, through),
  ];
  const bars = rows.map(
    ({ campaign, group, people, through }): Progress => ({
      ...{ name: { text: campaign.name }, until: { text: group }, people, through },
    }),
  );
  const columns = ['campaign', 'group', ...COLUMNS];
  return { ...table('moving', 'campaigns', columns, rows.map(cells)), lying: progressBars(bars) };
}

function askingTable(asks: readonly Named<Asking>[]): ReportTable {
  const { rows, lying } = askingRows(asks);
  return { ...table('moving', 'asking', ASKING_COLUMNS, rows, 'asking-empty'), lying };
}

/** Who is through where a factor ends on a date, and who isn't: by application, by group, by department, and by name. */
export function movingReport(deps: Pick<WebDeps, 'applications' | 'statistics'>): ReportKind {
  const { moving, campaigns, asking } = deps.statistics;

  /** Of one department's people alone, where that is asked for. */
  function scopeIn(asked: Asked): ReturnType<typeof scopeOf> {
    const { department } = asked;
    const inScope = scopeOf(asked);
    if (department === undefined) return inScope;
    return (person) => inScope(person) && moving.departmentsOf(person).includes(department);
  }

  /** What applications are called; `narrows`: each leads to the report of itself alone. */
  const names = (ids: readonly string[], narrows?: Narrowed) =>
    Promise.all(
      ids.map(async (application): Promise<ReportCell> => {
        const href = narrows && { href: `${HERE}${queryOf({ ...narrows, application })}` };
        return { localized: await nameOf(deps, application), ...href };
      }),
    );

  const departmentName = (of: string, narrowed: Narrowed): ReportCell =>
    of === ''
      ? { message: { key: 'reports.moving.no-department' } }
      : { text: of, href: `${HERE}${queryOf({ ...narrowed, department: of })}` };

  return {
    right: 'reports',
    periods: false,
    narrows: true,
    async tables(asked) {
      const inScope = scopeIn(asked);
      const counted = await moving.counts(inScope, asked.agent.groups('reports'), asked.application);
      const { applications, groups, departments } = counted;
      const narrowed = narrowing(asked);
      const opened = await names(
        applications.map(({ of }) => of),
        narrowed,
      );
      const named = applications.map((row, at) => ({ ...row, name: opened[at] ?? { text: row.of } }));
      const grouped = groups.map((row) => ({ ...row, name: { text: row.of } }));
      const parted = departments.map((row) => ({ ...row, name: departmentName(row.of, narrowed) }));
      const asks = await asking.counts(inScope);
      const askers = await names(asks.map(({ application }) => application));
      const led = await campaigns.counts(inScope, asked.agent.groups('reports'));
      return {
        tables: [
          movedTable('applications', 'application', named),
          movedTable('departments', 'department', parted),
          movedTable('groups', 'group', grouped),
          ...(campaigns.any ? [campaignTable(led)] : []),
          askingTable(asks.map((row, at) => ({ ...row, name: askers[at] ?? { text: row.application } }))),
        ],
        notes: cut(groups.length > departments.length ? groups : departments),
      };
    },
    header: [
      ...['user_name', 'name', 'email', 'groups', 'department', 'application', 'until', 'ends', 'through', 'methods'],
      'campaign',
    ],
    async *records(asked) {
      const inScope = scopeIn(asked);
      const whose = ({ account, methods }: Counted) => {
        const { username, name, email, groups } = account;
        const department = moving.departmentsOf(account).join('; ') || undefined;
        const theirs = [...new Set(methods.map(({ factor }) => factor))].sort().join(' ');
        return { first: [username, name, email, groups?.join(' '), department], theirs };
      };
      for await (const { moves, ...person } of moving.people(inScope, asked.application)) {
        const { first, theirs } = whose(person);
        for (const { application, at, ends, through } of moves)
          yield [...first, application, iso(at), ends.join(' '), through ? 'yes' : 'no', theirs, undefined];
      }
      // A campaign is about no application.
      if (asked.application !== undefined) return;
      for await (const { campaign, through, ...person } of campaigns.people(inScope)) {
        const { first, theirs } = whose(person);
        const facts = [undefined, iso(campaign.end), campaign.leaves.join(' '), through ? 'yes' : 'no', theirs];
        yield [...first, ...facts, campaign.name];
      }
    },
  };
}
