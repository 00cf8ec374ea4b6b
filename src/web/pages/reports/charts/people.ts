import type { Tally } from '../../../../statistics/index.ts';
import type { WebDeps } from '../../../context.ts';
import type { ReportCell, ReportLying, ReportTable } from '../../../report-models.ts';
import { ASKING_COLUMNS, askingRows } from '../asking.ts';
import { nameOf } from '../kind.ts';
import { lengths, type Progress, progressBars } from '../lying.ts';
import { type Chart, type Drawn, drawn, once, spansOf, startOf, stepsOf } from './chart.ts';

type Deps = Pick<WebDeps, 'applications' | 'statistics'>;

/** Charts of who has what, as it was counted each night: of the people in the scope of whoever asks. */
export function peopleCharts({ applications, statistics }: Deps): Chart[] {
  const over = (asked: Drawn, spans: readonly { from: number; until: number }[]) =>
    statistics.snapshots.over(spans, (person) => asked.agent.may('reports', person), asked.group);
  /** The last night of the period. */
  const latest = once(async (asked) => (await over(asked, [asked]))[0]);

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
      async (asked) => {
        const { application } = asked;
        const tally = await latest(asked);
        const moves = Object.entries(tally?.moves ?? {}).filter(
          ([id]) => application === undefined || id === application,
        );
        const found = await Promise.all(
          moves.map(async ([id, { people, through, at }]) => ({
            ...{ name: { localized: await nameOf({ applications }, id) }, until: { day: at } },
            ...{ people, through },
          })),
        );
        const rows = found.map(({ name, until, people, through }): ReportCell[] => [
          ...[name, until, ...progress(people, through)],
        ]);
        return listed('moving', ['application', 'until', 'people', 'through', 'left'], rows, progressBars(found));
      },
      'moving',
    ),
    chart(
      'asking',
      true,
      async (asked) => {
        const { application } = asked;
        const asks = ((await latest(asked))?.asks() ?? []).filter(
          (one) => application === undefined || one.application === application,
        );
        const found = await Promise.all(
          asks.map(async (one) => ({ ...one, name: { localized: await nameOf({ applications }, one.application) } })),
        );
        const { rows, lying } = askingRows(found);
        return listed('asking', ASKING_COLUMNS, rows, lying);
      },
      'moving',
    ),
    chart(
      'campaigns',
      false,
      async (asked) => {
        const campaigns = Object.entries((await latest(asked))?.campaigns ?? {});
        const found = campaigns.map(([name, one]): Progress => ({ name: { text: name }, ...one }));
        const rows = found.map(({ name, people, through }): ReportCell[] => [name, ...progress(people, through)]);
        return listed('campaigns', ['campaign', 'people', 'through', 'left'], rows, progressBars(found));
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

function listed(
  name: string,
  columns: readonly string[],
  rows: ReportCell[][],
  lying: ReportLying,
): ReportTable | undefined {
  if (rows.length === 0) return undefined;
  return {
    caption: { key: `reports.chart.${name}` },
    columns: columns.map((column) => ({ key: `reports.column.${column}` })),
    rows,
    empty: { key: 'reports.empty' },
    lying,
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
  const dates = Object.entries(tally.dates)
    .map(([day, count]) => ({ day: Number(day), count }))
    .sort((a, b) => a.day - b.day);
  const found: [ReportCell, number][] = [
    [{ message: { key: 'reports.left.now' } }, tally.due],
    ...dates.map(({ day, count }): [ReportCell, number] => [{ day }, count]),
    [{ message: { key: 'reports.left.never' } }, tally.never],
  ];
  const rows = found.map(([name, count]): ReportCell[] => [name, { count }]);
  return listed('left', ['next', 'without'], rows, lengths('without', found));
}

function haveOf(tally: Tally | undefined): ReportTable | undefined {
  const factors = Object.entries(tally?.factors ?? {}).sort(([, a], [, b]) => b - a);
  const found = factors.map(([factor, count]): [ReportCell, number] => [{ message: { key: 'method' }, factor }, count]);
  const rows = found.map(([name, count]): ReportCell[] => [name, { count }]);
  return listed('have', ['method', 'people'], rows, lengths('people', found));
}
