import type { Tally } from '../../../../statistics/index.ts';
import type { WebDeps } from '../../../context.ts';
import type { ReportCell, ReportTable } from '../../../report-models.ts';
import { nameOf } from '../kind.ts';
import { type Chart, type Drawn, drawn, spansOf, startOf, stepsOf } from './chart.ts';

type Deps = Pick<WebDeps, 'applications' | 'statistics'>;

/** Charts of who has what, as it was counted each night: of the people in the scope of whoever asks. */
export function peopleCharts({ applications, statistics }: Deps): Chart[] {
  const over = (asked: Drawn, spans: readonly { from: number; until: number }[]) =>
    statistics.snapshots.over(spans, (person) => asked.agent.may('reports', person), asked.group);
  /** The last night of the period. */
  const latest = async (asked: Drawn) => (await over(asked, [asked]))[0];

  const chart = (
    name: string,
    application: boolean,
    draw: (asked: Drawn) => Promise<ReportTable | undefined>,
    report: string,
  ): Chart => ({ name, right: 'reports', narrows: { group: true, application }, draw, report });

  return [
    chart('adoption', false, async (asked) => adoptionOf(asked, await over(asked, spansOf(asked))), 'enrolment'),
    chart('left', false, async (asked) => leftOf(await latest(asked)), 'enrolment'),
    chart(
      'moving',
      true,
      async ({ application, ...asked }) => {
        const tally = await latest(asked);
        const moves = Object.entries(tally?.moves ?? {}).filter(
          ([id]) => application === undefined || id === application,
        );
        const rows = moves.map(
          async ([id, { people, through, at }]): Promise<ReportCell[]> => [
            { localized: await nameOf({ applications }, id) },
            ...[{ day: at }, ...progress(people, through)],
          ],
        );
        return listed('moving', ['application', 'until', 'people', 'through', 'left'], await Promise.all(rows));
      },
      'moving',
    ),
    chart(
      'campaigns',
      false,
      async (asked) => {
        const rows = Object.entries((await latest(asked))?.campaigns ?? {}).map(
          ([name, { people, through }]): ReportCell[] => [{ text: name }, ...progress(people, through)],
        );
        return listed('campaigns', ['campaign', 'people', 'through', 'left'], rows);
      },
      'moving',
    ),
    chart('have', false, async (asked) => haveOf(await latest(asked)), 'methods'),
  ];
}

const progress = (people: number, through: number): ReportCell[] => [
  { count: people },
  { share: people === 0 ? 1 : through / people },
  { count: people - through },
];

function listed(name: string, columns: readonly string[], rows: ReportCell[][]): ReportTable | undefined {
  if (rows.length === 0) return undefined;
  return {
    caption: { key: `reports.chart.${name}` },
    columns: columns.map((column) => ({ key: `reports.column.${column}` })),
    rows,
    empty: { key: 'reports.empty' },
  };
}

/** How many have set something up, night by night, and the dates at which rules begin to ask. */
function adoptionOf(asked: Drawn, nights: readonly (Tally | undefined)[]): ReportTable | undefined {
  const table = drawn('adoption', asked, [
    {
      title: { key: 'reports.column.set-up' },
      values: nights.map((night) => (night ? night.people - night.without : 0)),
    },
    { title: { key: 'reports.column.without' }, values: nights.map((night) => night?.without ?? 0) },
  ]);
  if (table?.chart === undefined) return undefined;
  const { every, starts } = stepsOf(asked);
  const [first = 0] = starts;
  const dates = [...new Set(nights.flatMap((night) => Object.keys(night?.dates ?? {}).map(Number)))].sort(
    (a, b) => a - b,
  );
  const marks = dates
    .filter((day) => day >= asked.from && day < asked.until)
    .map((day) => ({ day, at: (startOf(day, every) - first) / every }));
  const shares = nights.toReversed();
  return {
    ...table,
    columns: [...table.columns, { key: 'reports.column.share' }],
    rows: table.rows.map((row, at) => {
      const night = shares[at];
      return [...row, night && night.people > 0 ? { share: 1 - night.without / night.people } : { text: '' }];
    }),
    chart: { ...table.chart, marks },
  };
}

/** Who is left: by the date from which they are asked. */
function leftOf(tally: Tally | undefined): ReportTable | undefined {
  if (tally === undefined || tally.people === 0) return undefined;
  const most = Math.max(1, tally.without);
  const bar = (count: number): ReportCell => ({ count, bar: count / most });
  const dates = Object.entries(tally.dates)
    .map(([day, count]) => ({ day: Number(day), count }))
    .sort((a, b) => a.day - b.day);
  return listed(
    'left',
    ['next', 'without'],
    [
      [{ message: { key: 'reports.left.now' } }, bar(tally.due)],
      ...dates.map(({ day, count }): ReportCell[] => [{ day }, bar(count)]),
      [{ message: { key: 'reports.left.never' } }, bar(tally.never)],
    ],
  );
}

function haveOf(tally: Tally | undefined): ReportTable | undefined {
  const factors = Object.entries(tally?.factors ?? {}).sort(([, a], [, b]) => b - a);
  const people = Math.max(1, tally?.people ?? 0);
  return listed(
    'have',
    ['method', 'people'],
    factors.map(([factor, count]): ReportCell[] => [
      { message: { key: 'method' }, factor },
      { count, bar: Math.min(1, count / people) },
    ]),
  );
}
