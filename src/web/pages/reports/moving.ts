import type { Asking, Campaigned, Moved } from '../../../statistics/index.ts';
import type { WebDeps } from '../../context.ts';
import type { ReportCell, ReportTable } from '../../report-models.ts';
import { count, cut, iso, nameOf, type ReportKind, scopeOf, table } from './kind.ts';
import { type Length, lengths, type Progress, progressBars } from './lying.ts';

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

/** What still asks for what ends, of how many people: the more, the further up. */
function askingTable(rows: readonly Named<Asking>[]): ReportTable {
  const cells = ({ name, factor, until, people }: Named<Asking>): ReportCell[] => [
    ...[name, { methods: [factor] }],
    until === undefined ? { message: { key: 'reports.no-end' } } : { day: until },
    count(people),
  ];
  const bars = rows.map(({ name, factor, people }): Length => [name, people, { methods: [factor] }]);
  const columns = ['application', 'method', 'until', 'people'];
  return {
    ...table('moving', 'asking', columns, rows.map(cells), 'asking-empty'),
    lying: lengths('people', bars),
  };
}

/** Who is through where a factor ends on a date, and who isn't: by application, by group, and by name. */
export function movingReport(deps: Pick<WebDeps, 'applications' | 'statistics'>): ReportKind {
  const { moving, campaigns, asking } = deps.statistics;
  return {
    right: 'reports',
    periods: false,
    async tables(asked) {
      const { applications, groups } = await moving.counts(scopeOf(asked), asked.agent.groups('reports'));
      const names = (ids: readonly string[]) =>
        Promise.all(ids.map(async (id): Promise<ReportCell> => ({ localized: await nameOf(deps, id) })));
      const opened = await names(applications.map(({ of }) => of));
      const named = applications.map((row, at) => ({ ...row, name: opened[at] ?? { text: row.of } }));
      const grouped = groups.map((row) => ({ ...row, name: { text: row.of } }));
      const asks = await asking(scopeOf(asked));
      const askers = await names(asks.map(({ application }) => application));
      const led = await campaigns.counts(scopeOf(asked), asked.agent.groups('reports'));
      return {
        tables: [
          movedTable('applications', 'application', named),
          movedTable('groups', 'group', grouped),
          ...(campaigns.any ? [campaignTable(led)] : []),
          askingTable(asks.map((row, at) => ({ ...row, name: askers[at] ?? { text: row.application } }))),
        ],
        notes: cut(groups),
      };
    },
    header: ['user_name', 'name', 'email', 'groups', 'application', 'until', 'ends', 'through', 'methods', 'campaign'],
    async *records(asked) {
      for await (const { account, methods, moves } of moving.people(scopeOf(asked))) {
        const { username, name, email, groups } = account;
        const theirs = [...new Set(methods.map(({ factor }) => factor))].sort().join(' ');
        for (const { application, at, ends, through } of moves) {
          const facts = [application, iso(at), ends.join(' '), through ? 'yes' : 'no', theirs];
          yield [username, name, email, groups?.join(' '), ...facts, undefined];
        }
      }
      for await (const { account, methods, campaign, through } of campaigns.people(scopeOf(asked))) {
        const { username, name, email, groups } = account;
        const theirs = [...new Set(methods.map(({ factor }) => factor))].sort().join(' ');
        const facts = [undefined, iso(campaign.end), campaign.leaves.join(' '), through ? 'yes' : 'no', theirs];
        yield [username, name, email, groups?.join(' '), ...facts, campaign.name];
      }
    },
  };
}
