import type { Asking, Campaigned, Moved } from '../../../statistics/index.ts';
import type { WebDeps } from '../../context.ts';
import type { ReportCell } from '../../report-models.ts';
import { count, cut, iso, nameOf, type ReportKind, scopeOf, table } from './kind.ts';

const COLUMNS = ['ends', 'until', 'people', 'through', 'left'];

function campaignCells({ campaign, group, people, through }: Campaigned): ReportCell[] {
  const { name, leaves, end } = campaign;
  return [
    ...[{ text: name }, { text: group }, { methods: [...leaves] }, { day: end }, count(people)],
    ...[{ share: people === 0 ? 1 : through / people }, count(people - through)],
  ];
}

const askedCells = ({ factor, until, people }: Asking): ReportCell[] => [
  { methods: [factor] },
  until === undefined ? { message: { key: 'reports.no-end' } } : { day: until },
  count(people),
];

/** Who is through where a factor ends on a date, and who isn't: by application, by group, and by name. */
export function movingReport(deps: Pick<WebDeps, 'applications' | 'statistics'>): ReportKind {
  const { moving, campaigns, asking } = deps.statistics;
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
      const asks = await Promise.all(
        (await asking(scopeOf(asked))).map(
          async (row): Promise<ReportCell[]> => [
            { localized: await nameOf(deps, row.application) },
            ...askedCells(row),
          ],
        ),
      );
      const led = (await campaigns.counts(scopeOf(asked), asked.agent.groups('reports'))).map(campaignCells);
      const byGroup = groups.map((row): ReportCell[] => [{ text: row.of }, ...cells(row)]);
      return {
        tables: [
          table('moving', 'applications', ['application', ...COLUMNS], named),
          table('moving', 'groups', ['group', ...COLUMNS], byGroup),
          ...(campaigns.any ? [table('moving', 'campaigns', ['campaign', 'group', ...COLUMNS], led)] : []),
          table('moving', 'asking', ['application', 'method', 'until', 'people'], asks, 'asking-empty'),
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
