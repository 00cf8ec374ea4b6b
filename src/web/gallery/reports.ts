import { type Length, lengths, type Progress, progressBars } from '../pages/reports/lying.ts';
import type { ReportTable } from '../report-models.ts';
import { COURSES, DAY, HOUR, LONG, NOW, type Sample, sample, UNBROKEN } from './sample.ts';

const columns = (...names: string[]) => names.map((name) => ({ key: `reports.column.${name}` }));

const days = Array.from({ length: 30 }, (_, at) => NOW - (NOW % DAY) - (29 - at) * DAY);
/** As weeks have it. */
const busy = (at: number, of: number) => Math.round(of * (at % 7 > 4 ? 0.25 : 1) * (1 + Math.sin(at * 1.7) / 6));

const FILTERS = {
  query: {},
  periods: [7, 30, 90, 365],
  usual: 30,
  groups: ['staff', 'students', UNBROKEN],
  applications: [
    { id: 'courses', name: COURSES },
    { id: 'long', name: LONG },
  ],
};

/** A chart with its table, and the addresses of its file and of the report that says more. */
const charted = (name: string, report: string, table: Omit<ReportTable, 'caption' | 'empty'>) => ({
  csv: `/helpdesk/reports/charts/${name}/csv`,
  more: `/helpdesk/reports/${report}`,
  table: { caption: { key: `reports.chart.${name}` }, empty: { key: 'reports.empty' }, ...table },
});

const counts = (at: number, all: readonly number[]) => all.map((of) => busy(at, of));
const counted = (values: readonly number[]) => values.map((count) => ({ count }));

const OUTCOMES = [14_000, 900, 40, 210];
const outcomes = charted('sign-ins', 'sign-ins', {
  columns: columns('day', 'completed', 'wrong', 'locked', 'denied'),
  rows: days.map((date, at) => [{ date }, ...counted(counts(at, OUTCOMES))]),
  chart: {
    parts: columns('completed', 'failed'),
    bars: days.map((day, at) => ({ day, parts: counts(at, [14_000, 1_150]) })),
  },
});

const METHODS = [{ methods: ['sample'] }, { methods: ['sample', 'sample'] }, { key: 'reports.other' }];
const BY_METHOD = [9_000, 4_000, 1_000];
const byMethod = charted('methods', 'sign-ins', {
  columns: [...columns('day'), ...METHODS],
  rows: days.map((date, at) => [{ date }, ...counted(counts(at, BY_METHOD))]),
  chart: { parts: METHODS, bars: days.map((day, at) => ({ day, parts: counts(at, BY_METHOD) })) },
});

const standing = (at: number) => [60_000 + at * 1_200, 40_000 - at * 1_200];
const adoption = charted('adoption', 'enrolment', {
  columns: columns('day', 'set-up', 'without', 'share'),
  rows: days.map((date, at) => [{ date }, ...counted(standing(at)), { share: 0.6 + at * 0.012 }]),
  chart: {
    parts: columns('set-up', 'without'),
    // One night that nobody counted.
    bars: days.map((day, at) => ({ day, parts: at === 9 ? [0, 0] : standing(at) })),
    marks: [{ at: 21, day: days[21] ?? NOW }],
  },
});

const LEFT: Length[] = [
  [{ message: { key: 'reports.left.now' } }, 120],
  [{ day: NOW + 40 * DAY }, 5_080],
  [{ message: { key: 'reports.left.never' } }, 0],
];
const left = charted('left', 'enrolment', {
  columns: columns('next', 'without'),
  rows: LEFT.map(([name, count]) => [name, { count }]),
  lying: lengths('without', LEFT),
});

const until = { day: NOW + 40 * DAY };
const MOVED: Progress[] = [
  { name: { localized: COURSES }, until, people: 98_200, through: 61_000 },
  { name: { localized: LONG }, until, people: 4_100, through: 4_100 },
  { name: { localized: UNBROKEN }, until, people: 0, through: 0 },
];
const moving = charted('moving', 'moving', {
  columns: columns('application', 'until', 'people', 'through', 'left'),
  rows: MOVED.map(({ name, people, through }) => [
    ...[name, until, { count: people }],
    ...[{ share: people === 0 ? 1 : through / people }, { count: people - through }],
  ]),
  lying: progressBars(MOVED),
});

const ASKING: Length[] = [
  [{ localized: COURSES }, 37_200, { methods: ['sample'] }],
  [{ localized: LONG }, 310, { methods: ['sample'] }],
];
const asking = charted('asking', 'moving', {
  columns: columns('application', 'method', 'until', 'people'),
  rows: ASKING.map(([name, count, method = until], at) => [
    ...[name, method, at === 0 ? until : { message: { key: 'reports.no-end' } }],
    { count },
  ]),
  lying: lengths('people', ASKING),
});

const money = (...names: string[]) =>
  names.map((name) => ({ key: `reports.column.${name}`, values: { currency: 'HKD' } }));
const MONTHLY = 1_000;
/** The latest above what a month may. */
const MONTHS = [
  { month: NOW, texts: 2_310, cost: 1_270.5 },
  { month: NOW - 31 * DAY, texts: 1_800, cost: 940 },
  { month: NOW - 62 * DAY, texts: 12, cost: 6.6 },
];
const costs = charted('costs', 'messages', {
  columns: money('month-of', 'text-sent', 'cost', 'budget', 'spent'),
  rows: MONTHS.map(({ month, texts, cost }) => [
    ...[{ month }, ...counted([texts, cost, MONTHLY])],
    { share: cost / MONTHLY },
  ]),
  lying: {
    parts: money('cost', 'above'),
    limit: { value: MONTHLY, title: money('budget')[0] ?? { text: '' } },
    bars: MONTHS.map(({ month, cost }) => ({
      name: [{ month }],
      parts: [Math.min(cost, MONTHLY), Math.max(0, cost - MONTHLY)],
      says: { share: cost / MONTHLY },
    })),
  },
});

/** What the help desk counts. */
export const reports: Sample[] = [
  sample(
    'reports',
    'bare',
    {
      names: ['enrolment', 'methods', 'fraud', 'failures'],
      glance: [],
      filters: { ...FILTERS, groups: [] },
      notes: [],
    },
    true,
  ),
  sample(
    'reports',
    '',
    {
      names: ['enrolment', 'methods', 'fraud', 'failures', 'sign-ins', 'messages'],
      glance: [adoption, left, moving, asking, outcomes, byMethod, costs],
      filters: FILTERS,
      notes: [{ key: 'reports.no-night' }],
    },
    true,
  ),
  sample(
    'reports',
    'refused',
    {
      names: ['sign-ins'],
      glance: [],
      notes: [],
      filters: {
        ...FILTERS,
        query: { from: '2026-03-14', until: '2026-02-01', group: 'students' },
        ...{ error: { key: 'reports.filter.wrong.order' }, at: 'from' as const },
      },
    },
    true,
  ),
  sample(
    'report',
    '',
    {
      name: 'enrolment',
      csv: '/helpdesk/reports/enrolment/csv',
      narrowed: [],
      periods: [],
      notes: [{ key: 'reports.cut', values: { count: 100 } }],
      tables: [
        {
          caption: { key: 'reports.enrolment.groups' },
          columns: columns('group', 'people', 'set-up', 'without', 'due', 'next'),
          empty: { key: 'reports.enrolment.empty' },
          rows: [
            [
              { message: { key: 'reports.enrolment.all' } },
              ...[{ count: 104_318 }, { share: 0.997 }, { count: 298 }, { count: 12 }, { day: NOW + 40 * DAY }],
            ],
            [
              { text: 'students' },
              ...[{ count: 98_200 }, { share: 0.61 }, { count: 286 }, { count: 0 }, { day: NOW + 40 * DAY }],
            ],
            [
              { text: UNBROKEN },
              ...[{ count: 1 }, { share: 0 }, { count: 1 }, { count: 1 }],
              { message: { key: 'reports.enrolment.no-date' } },
            ],
          ],
        },
      ],
    },
    true,
  ),
  sample(
    'report',
    'moving',
    {
      name: 'moving',
      csv: '/helpdesk/reports/moving/csv?department=Surgery',
      narrowed: [
        { what: { key: 'reports.column.department' }, name: UNBROKEN, href: '/helpdesk/reports/moving' },
        { what: { key: 'reports.column.application' }, name: COURSES, href: '/helpdesk/reports/moving' },
      ],
      periods: [],
      notes: [],
      tables: [
        { ...moving.table, caption: { key: 'reports.moving.applications' } },
        {
          caption: { key: 'reports.moving.departments' },
          columns: columns('department', 'ends', 'until', 'people', 'through', 'left'),
          empty: { key: 'reports.moving.empty' },
          rows: [
            [
              { text: UNBROKEN, href: '/helpdesk/reports/moving?department=Surgery' },
              ...[{ methods: ['sample'] }, until, { count: 240 }, { share: 0.25 }, { count: 180 }],
            ],
            [
              { message: { key: 'reports.moving.no-department' } },
              ...[{ methods: ['sample'] }, until, { count: 3 }, { share: 0 }, { count: 3 }],
            ],
          ],
        },
      ],
    },
    true,
  ),
  sample(
    'report',
    'failures',
    {
      name: 'failures',
      csv: '/helpdesk/reports/failures/csv?days=30',
      narrowed: [],
      periods: [{ days: 7, href: '/helpdesk/reports/failures?days=7' }, { days: 30 }, { days: 90, href: '/x' }],
      notes: [{ key: 'reports.failures.total', values: { count: 1 } }, { key: 'reports.failures.some' }],
      tables: [
        {
          caption: { key: 'reports.failures.days' },
          columns: columns('day', 'wrong', 'locked', 'denied', 'total'),
          empty: { key: 'reports.failures.empty' },
          rows: [[{ date: NOW }, { count: 12 }, { count: 0 }, { count: 3 }, { count: 15 }]],
        },
        {
          caption: { key: 'reports.failures.reasons' },
          columns: columns('reason', 'outcome', 'application', 'count'),
          empty: { key: 'reports.failures.empty' },
          rows: [
            [
              { text: UNBROKEN },
              { message: { key: 'reports.failures.sign-in.refused' } },
              { localized: LONG },
              { count: 9 },
            ],
            [
              { message: { key: 'reports.failures.sign-in.locked' } },
              { message: { key: 'reports.failures.sign-in.locked' } },
              ...[{ localized: COURSES }, { count: 1 }],
            ],
          ],
        },
      ],
    },
    true,
  ),
  sample(
    'report',
    'fraud',
    {
      name: 'fraud',
      csv: '/helpdesk/reports/fraud/csv',
      narrowed: [],
      periods: [],
      notes: [],
      tables: [
        {
          caption: { key: 'reports.fraud.list' },
          columns: columns('reported', 'person', 'what', 'application', 'address', 'state'),
          empty: { key: 'reports.fraud.empty' },
          rows: [
            [
              ...[{ at: NOW - HOUR }, { text: 'Ada Lovelace', href: '/helpdesk/people/a' }],
              { message: { key: 'reports.fraud.sign-in' } },
              ...[{ localized: COURSES }, { text: '2001:db8:85a3:1234:5678:8a2e:370:7334' }],
              { message: { key: 'reports.fraud.open' } },
            ],
          ],
        },
      ],
    },
    true,
  ),
  sample(
    'report',
    'empty',
    {
      name: 'methods',
      csv: '/helpdesk/reports/methods/csv',
      narrowed: [],
      periods: [],
      notes: [],
      tables: [
        {
          caption: { key: 'reports.methods.factors' },
          columns: columns('method', 'enrolled'),
          rows: [],
          empty: { key: 'reports.methods.empty' },
        },
      ],
    },
    true,
  ),
];
