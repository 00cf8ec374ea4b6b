import type { LocalizedText } from '../../core/account.ts';
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

const outcomes = {
  csv: '/helpdesk/reports/charts/sign-ins/csv',
  more: '/helpdesk/reports/sign-ins',
  table: {
    caption: { key: 'reports.chart.sign-ins' },
    columns: columns('day', 'completed', 'wrong', 'locked', 'denied'),
    empty: { key: 'reports.sign-ins.empty' },
    rows: days.map((date, at) => [{ date }, ...[14_000, 900, 40, 210].map((of) => ({ count: busy(at, of) }))]),
    chart: {
      parts: columns('completed', 'failed'),
      bars: days.map((day, at) => ({ day, parts: [busy(at, 14_000), busy(at, 1_150)] })),
    },
  },
};

const METHODS = [{ methods: ['sample'] }, { methods: ['sample', 'sample'] }, { key: 'reports.other' }];
const byMethod = {
  csv: '/helpdesk/reports/charts/methods/csv',
  more: '/helpdesk/reports/sign-ins',
  table: {
    caption: { key: 'reports.chart.methods' },
    columns: [...columns('day'), ...METHODS],
    empty: { key: 'reports.sign-ins.empty' },
    rows: days.map((date, at) => [{ date }, ...[9_000, 4_000, 1_000].map((of) => ({ count: busy(at, of) }))]),
    chart: {
      parts: METHODS,
      bars: days.map((day, at) => ({ day, parts: [9_000, 4_000, 1_000].map((of) => busy(at, of)) })),
    },
  },
};

const adoption = {
  csv: '/helpdesk/reports/charts/adoption/csv',
  more: '/helpdesk/reports/enrolment',
  table: {
    caption: { key: 'reports.chart.adoption' },
    columns: columns('day', 'set-up', 'without', 'share'),
    empty: { key: 'reports.empty' },
    rows: days.map((date, at) => [
      { date },
      ...[60_000 + at * 1_200, 40_000 - at * 1_200].map((count) => ({ count })),
      { share: 0.6 + at * 0.012 },
    ]),
    chart: {
      parts: columns('set-up', 'without'),
      // One night that nobody counted.
      bars: days.map((day, at) => ({ day, parts: at === 9 ? [0, 0] : [60_000 + at * 1_200, 40_000 - at * 1_200] })),
      marks: [{ at: 21, day: days[21] ?? NOW }],
    },
  },
};

const left = {
  csv: '/helpdesk/reports/charts/left/csv',
  table: {
    caption: { key: 'reports.chart.left' },
    columns: columns('next', 'without'),
    empty: { key: 'reports.empty' },
    rows: [
      [{ message: { key: 'reports.left.now' } }, { count: 120 }],
      [{ day: NOW + 40 * DAY }, { count: 5_080 }],
      [{ message: { key: 'reports.left.never' } }, { count: 0 }],
    ],
    lying: {
      parts: columns('without'),
      bars: [
        { name: [{ message: { key: 'reports.left.now' } }], parts: [120], says: { count: 120 } },
        { name: [{ day: NOW + 40 * DAY }], parts: [5_080], says: { count: 5_080 } },
        { name: [{ message: { key: 'reports.left.never' } }], parts: [0], says: { count: 0 } },
      ],
    },
  },
};

const MOVED: readonly [LocalizedText, number, number][] = [
  [COURSES, 98_200, 61_000],
  [LONG, 4_100, 4_100],
  [UNBROKEN, 0, 0],
];
const until = { day: NOW + 40 * DAY };
const moving = {
  csv: '/helpdesk/reports/charts/moving/csv',
  more: '/helpdesk/reports/moving',
  table: {
    caption: { key: 'reports.chart.moving' },
    columns: columns('application', 'until', 'people', 'through', 'left'),
    empty: { key: 'reports.empty' },
    rows: MOVED.map(([localized, people, through]) => [
      ...[{ localized }, until, { count: people }],
      ...[{ share: people === 0 ? 1 : through / people }, { count: people - through }],
    ]),
    lying: {
      parts: columns('through', 'left'),
      bars: MOVED.map(([localized, people, through]) => ({
        name: [{ localized }, until],
        parts: [through, people - through],
        says: { share: people === 0 ? 1 : through / people },
      })),
    },
  },
};

const money = (...names: string[]) =>
  names.map((name) => ({ key: `reports.column.${name}`, values: { currency: 'HKD' } }));
/** The latest above what a month may. */
const MONTHS: readonly [ago: number, texts: number, cost: number][] = [
  [0, 2_310, 1_270.5],
  [31, 1_800, 940],
  [62, 12, 6.6],
];
const costs = {
  csv: '/helpdesk/reports/charts/costs/csv',
  more: '/helpdesk/reports/messages',
  table: {
    caption: { key: 'reports.chart.costs' },
    columns: money('month-of', 'text-sent', 'cost', 'budget', 'spent'),
    empty: { key: 'reports.empty' },
    rows: MONTHS.map(([ago, texts, cost]) => [
      ...[{ month: NOW - ago * DAY }, { count: texts }, { count: cost }, { count: 1_000 }],
      { share: cost / 1_000 },
    ]),
    lying: {
      parts: money('cost', 'above'),
      limit: { value: 1_000, title: money('budget')[0] ?? { text: '' } },
      bars: MONTHS.map(([ago, , cost]) => ({
        name: [{ month: NOW - ago * DAY }],
        parts: [Math.min(cost, 1_000), Math.max(0, cost - 1_000)],
        says: { share: cost / 1_000 },
      })),
    },
  },
};

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
      glance: [adoption, left, moving, outcomes, byMethod, costs],
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
