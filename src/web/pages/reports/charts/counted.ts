import type { CountedBy, CountKind, CountSum } from '../../../../core/counts.ts';
import type { WebDeps } from '../../../context.ts';
import type { ReportTable } from '../../../report-models.ts';
import { by, type Chart, DAY, type Drawn, drawn, inOrder, once, ranked, seriesOf } from './chart.ts';

const OUTCOMES = ['completed', 'wrong', 'locked', 'denied'] as const;
const LOCKS = ['lock-locked', 'lock-stopped', 'not-me-sign-in', 'not-me-request'];
/** How proofs of another house are called among methods, before its directory's name. */
const HOUSE = 'upstream:';

type Deps = Pick<WebDeps, 'statistics'>;

/** Charts of what was counted as it happened: everybody's numbers, which name nobody. */
export function countedCharts({ statistics }: Deps): Chart[] {
  const { totals } = statistics;
  const sums = (kinds: readonly CountKind[], asked: Drawn, names: readonly CountedBy[], provider?: string) =>
    totals.sums(kinds, asked, names, DAY, {
      ...(asked.application === undefined ? {} : { application: asked.application }),
      ...(provider === undefined ? {} : { provider }),
    });
  /** By outcome and method: what four of the charts are drawn from. */
  const signIns = once((asked) => {
    const { group } = asked;
    return sums([group === undefined ? 'sign-in' : 'group'], asked, ['outcome', 'method'], group);
  });

  const chart = (
    name: string,
    narrows: Chart['narrows'],
    draw: (asked: Drawn) => Promise<ReportTable | undefined>,
    report?: string,
  ): Chart => ({ name, right: 'totals', narrows, draw, ...(report === undefined ? {} : { report }) });

  return [
    chart(
      'sign-ins',
      { group: true, application: true },
      async (asked) =>
        drawn('sign-ins', asked, inOrder(asked, seriesOf(asked, await signIns(asked), by('outcome')), OUTCOMES)),
      'sign-ins',
    ),
    chart(
      'methods',
      { group: true, application: true },
      async (asked) => {
        const series = seriesOf(asked, (await signIns(asked)).filter(isCompleted), by('method'));
        return drawn('methods', asked, ranked(series, methodsOf));
      },
      'sign-ins',
    ),
    chart('failures', { group: false, application: true }, async (asked) => {
      const series = seriesOf(asked, await sums(['failure'], asked, ['method']), by('method'));
      return drawn(
        'failures',
        asked,
        ranked(series, (reason) => ({ key: `reports.reason.${reason}` })),
      );
    }),
    chart('locks', { group: false, application: true }, async (asked) => {
      const found = await sums(['lock', 'not-me'], asked, ['kind', 'outcome']);
      const series = seriesOf(asked, found, ({ kind, outcome }) => `${kind}-${outcome}`);
      return drawn('locks', asked, inOrder(asked, series, LOCKS));
    }),
    chart('remembered', { group: false, application: true }, async (asked) => {
      const [all, spared] = await Promise.all([signIns(asked), sums(['remembered'], asked, ['outcome'])]);
      return sharedOf(asked, { all: all.filter(isCompleted), spared: spared.filter(isCompleted) });
    }),
    chart('doors', { group: false, application: true }, async (asked) => {
      const series = seriesOf(asked, await sums(['door'], asked, ['outcome']), by('outcome'));
      return drawn('doors', asked, inOrder(asked, series, OUTCOMES));
    }),
    chart('houses', { group: true, application: true }, async (asked) => {
      const series = seriesOf(asked, (await signIns(asked)).filter(isCompleted), houseOf);
      return drawn(
        'houses',
        asked,
        ranked(series, (text) => ({ text })),
      );
    }),
    chart(
      'messages',
      { group: false, application: false },
      async (asked) => {
        const found = await sums(['text', 'mail'], asked, ['kind', 'outcome']);
        const series = seriesOf(asked, found, ({ kind, outcome }) => `${kind}-${outcome}`);
        return drawn(
          'messages',
          asked,
          inOrder(asked, series, ['text-sent', 'text-failed', 'mail-sent', 'mail-failed']),
        );
      },
      'messages',
    ),
  ];
}

const isCompleted = ({ outcome }: CountSum): boolean => outcome === 'completed';

const methodsOf = (method: string) => ({ methods: method.split('+') });

/** The directory by whose page somebody came. */
function houseOf({ method = '' }: CountSum): string | undefined {
  return method
    .split('+')
    .find((one) => one.startsWith(HOUSE))
    ?.slice(HOUSE.length);
}

/** In how many sign-ins a remembered device spared the second step. */
function sharedOf(asked: Drawn, sums: Record<'all' | 'spared', readonly CountSum[]>): ReportTable | undefined {
  const stepwise = (of: readonly CountSum[]) => seriesOf(asked, of, by('outcome')).get('completed');
  const spared = stepwise(sums.spared);
  if (spared === undefined) return undefined;
  const others = (stepwise(sums.all) ?? []).map((all, at) => Math.max(0, all - (spared[at] ?? 0)));
  const table = drawn('remembered', asked, [
    { title: { key: 'reports.column.spared' }, values: spared },
    { title: { key: 'reports.column.asked' }, values: others },
  ]);
  return (
    table && {
      ...table,
      columns: [...table.columns, { key: 'reports.column.share' }],
      rows: table.rows.map((row) => {
        const [of, rest] = row.slice(1).map((cell) => ('count' in cell ? cell.count : 0));
        const all = (of ?? 0) + (rest ?? 0);
        return [...row, all === 0 ? { text: '' } : { share: (of ?? 0) / all }];
      }),
    }
  );
}
