import type { Pages } from '../models.ts';
import { ada, COURSES, DAY, HOUR, LIBRARY, LONG, long, NOW, PAYROLL, type Sample, sample, UNBROKEN } from './sample.ts';

const browsers = { browser: 'Firefox 148', system: 'Windows 11' };
const people = [
  { id: 'p1', ...ada, email: 'ada@example.edu', groups: ['students'] },
  { id: 'p2', username: 'chan', name: '陳大文', groups: ['staff', 'physics'] },
  { id: 'p3', ...long, email: `${UNBROKEN}@example.edu`, groups: [LONG, UNBROKEN, 'x'] },
];
const can = {
  issue: ['sample', 'sample'],
  assign: ['sample'],
  remove: true,
  unlock: true,
  endSessions: true,
  handle: true,
};
const nothing = { issue: [], assign: [], remove: false, unlock: false, endSessions: false, handle: false };

const REASON = 'its metadata expired on 2026-11-28T10:00Z';
const troubles: NonNullable<Pages['help-desk']['troubles']> = [
  { application: LONG, state: 'unavailable', about: 'metadata', reason: REASON, since: NOW - DAY },
  { application: LIBRARY, state: 'stale', about: 'metadata', reason: `${UNBROKEN}"><b>`, since: NOW - HOUR },
  { application: LIBRARY, state: 'ending', about: 'certificate', reason: REASON, until: NOW + DAY },
  { application: LIBRARY, state: 'incomplete', about: 'attributes', reason: REASON },
];

const directories: NonNullable<Pages['help-desk']['directories']> = [
  { directory: 'campus', state: 'asks', since: NOW - HOUR, leaving: 1204, known: 20_311 },
  { directory: 'hospital', state: 'away', since: NOW - DAY },
];

const ASKED = [{ message: { key: 'level.mfa' } }, { message: { key: 'help-desk.refusal.each-time' } }];

const waiting: NonNullable<Pages['help-desk']['waiting']> = [
  { kind: 'reports', people: [{ id: 'p1', ...ada, since: NOW - HOUR }] },
  {
    kind: 'locks',
    people: [
      { id: 'p2', username: 'chan', name: '陳大文', factor: 'sample', since: NOW - HOUR, until: NOW + HOUR },
      { id: 'p3', ...long, factor: 'new-password', since: NOW - DAY },
    ],
  },
  { kind: 'passes', people: [{ id: 'p1', ...ada, factor: 'sample', since: NOW - DAY, until: NOW + DAY }] },
];

const person: Pages['help-desk-person'] = {
  here: '/helpdesk/people/p1',
  person: { ...ada, email: 'ada@example.edu', groups: ['students', 'physics'], status: 'active' },
  locks: [],
  methods: [],
  devices: 0,
  sessions: [],
  signIns: [],
  reports: [],
  can: nothing,
};

const checklist = [
  {
    text: {
      en: 'I called back at the number in the staff directory.',
      'zh-Hant': '我已撥打教職員名錄中的電話回電確認。',
      'zh-Hans': '我已拨打教职工名录中的电话回电确认。',
    },
    ticked: true,
  },
  {
    text: { en: 'I saw their photo card.', 'zh-Hant': '我已查看附照片的證件。', 'zh-Hans': '我已查看带照片的证件。' },
    ticked: false,
  },
];
const form: Pages['help-desk-action'] = {
  action: '/helpdesk/people/p1/unlock',
  csrf: 'token',
  back: '/helpdesk/people/p1',
  person: ada,
  title: { key: 'help-desk.unlock.title' },
  text: { key: 'help-desk.unlock.text' },
  confirm: { key: 'help-desk.unlock.confirm' },
  danger: false,
  choices: [
    {
      name: 'hold',
      label: { key: 'help-desk.unlock.stays' },
      options: [
        { value: 'keep', label: { key: 'help-desk.unlock.keep' }, chosen: true },
        { value: 'release', label: { key: 'help-desk.unlock.release' }, chosen: false },
      ],
    },
  ],
  checklist,
  reason: '',
  errors: [],
};

/** What the help desk sees. */
export const desk: Sample[] = [
  sample('help-desk', '', { query: '', more: false, reports: true, waiting }, true),
  sample('help-desk', 'quiet', { query: '', more: false, reports: false, waiting: [] }, true),
  sample('help-desk', 'troubles', { query: '', more: false, reports: false, troubles }, true),
  sample('help-desk', 'directories', { query: '', more: false, reports: true, directories }, true),
  sample('help-desk', 'found', { query: 'a', people, more: true, reports: true }, true),
  sample('help-desk', 'nobody', { query: `${UNBROKEN}"><b>`, people: [], more: false, reports: true }, true),
  sample('help-desk-person', 'bare', person, true),
  sample(
    'help-desk-person',
    '',
    {
      ...person,
      notice: { key: 'help-desk.notice.removed' },
      hold: { at: NOW - DAY, reason: 'report' },
      locks: [
        { factor: 'sample', until: NOW + HOUR / 2 },
        { factor: 'new-password', until: NOW + HOUR },
      ],
      refusal: {
        at: NOW - HOUR,
        application: PAYROLL,
        message: { key: 'help-desk.refusal.no-method' },
        wanted: 'phr',
        held: 'sfa',
        rules: [
          { rule: 'Payroll asks every time', effect: 'applied', demands: ASKED },
          {
            rule: LONG,
            effect: 'not-yet',
            demands: [
              { message: { key: 'level.phr' } },
              {
                periods: [
                  { factors: ['sample'], until: NOW + 90 * DAY },
                  { factors: ['sample', 'sample'], from: NOW },
                ],
              },
              { message: { key: 'help-desk.refusal.freshness' }, span: { amount: 12, unit: 'hours' } },
            ],
            until: NOW + 30 * DAY,
          },
          { rule: UNBROKEN, effect: 'grace', demands: [{ text: 'later: yes' }], until: NOW + 3 * DAY },
          {
            ...{ rule: 'a new password is chosen', effect: 'applied', own: { key: 'help-desk.refusal.rule-chosen' } },
            demands: [{ message: { key: 'help-desk.refusal.new-password' } }],
          },
          { rule: 'default', effect: 'default', demands: ASKED },
        ],
      },
      methods: [
        {
          id: 'm1',
          factor: 'sample',
          name: 'My phone',
          createdAt: NOW - 90 * DAY,
          lastUsedAt: NOW - HOUR,
          suspended: 'stopped',
          state: { key: 'state.left' },
        },
        { id: 'm2', factor: 'sample', name: UNBROKEN, createdAt: NOW - 400 * DAY, suspended: 'untrusted' },
        { id: 'm3', factor: 'sample', name: '我的手機', createdAt: NOW - DAY, suspended: 'reported' },
      ],
      devices: 2,
      sessions: [
        { since: NOW - HOUR, applications: [LIBRARY, COURSES] },
        { since: NOW - 5 * HOUR, applications: [] },
      ],
      signIns: [
        { at: NOW - HOUR, application: PAYROLL, method: '', ...browsers, address: '192.0.2.7', outcome: 'refused' },
        {
          ...{ at: NOW - 2 * HOUR, application: COURSES, method: 'My phone', ...browsers },
          ...{ address: '2001:db8::1', network: 'campus', place: 'Taipei, Taiwan', outcome: 'success' },
        },
      ],
      reports: [
        { id: 'r1', at: NOW - DAY, what: 'sign-in', about: NOW - 2 * DAY, application: COURSES },
        {
          ...{ id: 'r2', at: NOW - 60 * DAY, what: 'request', about: NOW - 60 * DAY },
          handled: { at: NOW - 59 * DAY, reason: 'Called back; it was their own tablet.' },
        },
      ],
      can,
    },
    true,
  ),
  sample(
    'help-desk-person',
    'long',
    {
      ...person,
      person: { ...long, email: `${UNBROKEN}@example.edu`, groups: [LONG, UNBROKEN], status: 'disabled' },
      hold: { at: NOW - DAY, reason: LONG },
      refusal: {
        at: NOW,
        message: { key: 'reports.reason.code' },
        factor: 'sample',
        rules: [],
      },
    },
    true,
  ),
  sample('help-desk-action', '', form, true),
  sample(
    'help-desk-action',
    'errors',
    {
      ...form,
      ...{ person: long, danger: true, reason: 'x', choices: [], factor: 'sample' },
      title: { key: 'assign.title' },
      text: { key: 'assign.text' },
      confirm: { key: 'assign.action' },
      number: { label: { key: 'assign.label' }, hint: { key: 'assign.hint' }, value: UNBROKEN },
      errors: [
        { field: 'number', message: { key: 'assign.none' }, factor: 'sample' },
        { field: 'checklist', message: { key: 'help-desk.unchecked' } },
        { field: 'reason', message: { key: 'help-desk.no-reason' } },
      ],
    },
    true,
  ),
  sample(
    'help-desk-issued',
    '',
    {
      factor: 'sample',
      person: long,
      codes: ['7KQ4-WXHP'],
      starts: NOW + DAY,
      expires: NOW + DAY + HOUR,
      note: { key: 'note' },
      back: '/helpdesk/people/p1',
    },
    true,
  ),
];
