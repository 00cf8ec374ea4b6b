import { turnOf } from '../whose-turn.ts';
import {
  COURSES,
  DAY,
  frame,
  HOSPITAL,
  HOUR,
  LIBRARY,
  LONG,
  long,
  NOW,
  PAYROLL,
  type Sample,
  sample,
  UNBROKEN,
} from './sample.ts';

const ISSUER = 'https://login.example.edu';

const HOUSES = [
  { name: { en: 'Alpha University', 'zh-Hant': '甲大學', 'zh-Hans': '甲大学' }, domain: 'alpha.example' },
  { name: 'Beta Hospital', domain: 'beta.example' },
  { name: 'Универзитет Гама', domain: 'gamma.example' },
  { name: 'Universität Äußere Welt' },
].map((house) => ({ href: '/sign-in/x/leave?to=it', ...house }));
const houses = { application: COURSES, action: '/sign-in/x/houses', first: 1, back: '/sign-in/x' };

/** What a sign-in asks beside its prompts. */
export const choices: Sample[] = [
  sample('houses', '', {
    ...houses,
    query: '',
    houses: HOUSES,
    total: 4_812,
    next: '/sign-in/x/houses?from=20',
  }),
  sample('houses', 'further', {
    ...houses,
    application: LONG,
    query: 'hospital',
    houses: [{ href: '/sign-in/x/leave?to=it', name: `${LONG} ${UNBROKEN}`, domain: `${UNBROKEN}.example` }],
    total: 21,
    first: 21,
    previous: '/sign-in/x/houses?q=hospital&from=0',
  }),
  sample('houses', 'none', { ...houses, query: 'nowhere', houses: [], total: 0 }),
  sample('choose-method', '', {
    ...frame,
    application: COURSES,
    methods: [
      { value: 'c1', factor: 'sample', name: 'Work phone', lastUsedAt: NOW - 3 * HOUR },
      { value: 'c2', factor: 'sample', name: '我的平板電腦' },
      // One that nobody had to set up.
      { value: 'sample', factor: 'sample', name: '' },
    ],
    lends: 'here',
    back: '/sign-in/x',
    cancel: '/sign-in/x/cancel',
  }),
  sample('choose-method', 'error', {
    ...frame,
    account: long,
    application: LONG,
    methods: [{ value: 'c1', factor: 'sample', name: `${LONG} ${UNBROKEN}`, lastUsedAt: NOW - 40 * DAY }],
    lends: 'account',
    back: '/sign-in/x',
    error: { key: 'try-again' },
  }),
  sample('lost', '', { ...frame, application: COURSES }),
  sample('lost', 'long', { ...frame, account: long, application: LONG }),
  sample('choose-enrolment', 'optional', {
    ...frame,
    application: COURSES,
    factors: [{ value: 'sample' }, { value: 'password' }],
    optional: true,
  }),
  sample('choose-method', 'none', {
    ...frame,
    application: PAYROLL,
    methods: [],
    lends: 'nowhere',
    back: '/sign-in/x',
    cancel: '/sign-in/x/cancel',
  }),
  sample('choose-enrolment', '', {
    ...frame,
    application: COURSES,
    factors: [{ value: 'sample', recommended: true }, { value: 'password' }],
    cannot: '/sign-in/x/methods',
    cancel: '/sign-in/x/cancel',
  }),
  sample('choose-enrolment', 'instead', {
    ...frame,
    application: COURSES,
    factors: [{ value: 'password' }],
    lends: 'here',
    back: '/sign-in/x',
    cancel: '/sign-in/x/cancel',
  }),
  sample('select-account', '', { ...frame, application: COURSES, cancel: '/sign-in/x/cancel' }),
  sample('select-account', 'long', { ...frame, account: long, application: LONG, cancel: '/sign-in/x/cancel' }),
  sample('suggest', '', { ...frame, application: LIBRARY, factor: 'sample' }),
  sample('move', '', {
    ...{ ...frame, application: PAYROLL, leaves: ['sample'], factors: ['password', 'sample'] },
    ...{ ends: NOW + 60 * DAY, again: { amount: 7, unit: 'days' } },
  }),
  sample('remind', '', { ...frame, application: LIBRARY, expires: NOW + 5 * DAY, overdue: false, here: true }),
  sample('remind', 'elsewhere', { ...frame, application: LONG, expires: NOW - DAY, overdue: true, here: false }),
  sample('remember', '', { ...frame, application: COURSES, window: { amount: 30, unit: 'days' } }),
  sample('remember', 'long', { ...frame, account: long, application: LONG, window: { amount: 1, unit: 'hours' } }),
  sample('consent', '', {
    ...frame,
    homepage: 'https://courses.example.edu/',
    scopes: ['openid', 'email', 'offline_access'],
    claims: ['given_name'],
    resources: [],
  }),
  sample('consent', 'long', {
    ...frame,
    account: long,
    application: LONG,
    homepage: `https://${UNBROKEN}.example.edu/`,
    scopes: ['constructor', `urn:${UNBROKEN}:read`],
    claims: [],
    resources: [{ indicator: `https://api.example.edu/${UNBROKEN}`, scopes: ['grades:read', '__proto__'] }],
  }),
  sample('refused', '', {
    application: PAYROLL,
    message: { key: 'no-method' },
    advice: { key: 'ask-help-desk' },
    action: '/sign-in/x/refuse',
    csrf: 'token',
    switchAccount: '/sign-in/x/switch',
  }),
  sample('refused', 'bare', { application: LONG, message: { key: 'denied' } }),
];

/** How a sign-in ends, well or not. */
export const ends: Sample[] = [
  sample('sign-out', '', { action: '/session/end/confirm', xsrf: 'token', application: LIBRARY, stay: '/' }),
  sample('sign-out', 'long', { action: '/session/end/confirm', xsrf: 'token', application: LONG, stay: '/' }),
  sample('sign-out', 'unread', { action: '/session/end/confirm', xsrf: 'token', stay: '/', unread: true }, true),
  sample('sign-out', 'bare', { action: '/session/end/confirm', xsrf: 'token', stay: '/' }, true),
  sample('device', '', { code: 'WDJB-MJHT' }),
  sample('device', 'error', { code: 'WDJB-MJH', error: true }),
  sample('device-confirm', '', {
    ...{ application: LIBRARY, code: 'WDJB-MJHT', ticket: 'ticket', at: NOW - 40_000 },
    where: { address: '192.0.2.7', place: 'Hong Kong' },
  }),
  sample('device-confirm', 'long', {
    ...{ application: LONG, code: 'WDJB-MJHT', ticket: 'ticket', at: NOW - 40_000 },
    where: { address: '2001:db8:1234:5678:9abc:def0:1234:5678' },
  }),
  sample('device-end', '', { done: true, application: LIBRARY }),
  sample('device-end', 'stopped', { done: false }),
  sample('signed-out', '', { application: LIBRARY, homepage: 'http://127.0.0.1:3001/' }),
  sample('signed-out', 'bare', {}),
  sample('signed-out', 'there', { houses: [{ name: HOSPITAL, href: '/signed-out/there?id=sample' }] }),
  sample('signed-out', 'stays', { stays: HOSPITAL }),
  sample('signed-out', 'frames', {
    frames: [
      { name: COURSES, address: 'about:blank' },
      { name: PAYROLL, address: 'about:blank' },
    ],
    next: '/',
  }),
  sample('leaving', '', {
    applications: [
      { name: LIBRARY, state: 'told' },
      { name: COURSES, state: 'unreached' },
      { name: PAYROLL, state: 'waiting' },
      { name: LONG, state: 'waiting' },
    ],
    next: '/posted',
    after: 60_000,
  }),
  sample('leaving', 'telling', {
    applications: [
      { name: UNBROKEN, state: 'telling' },
      { name: LIBRARY, state: 'waiting' },
    ],
    next: '/posted',
    after: 60_000,
  }),
  sample('leaving', 'unreached', {
    applications: [
      { name: LIBRARY, state: 'told' },
      { name: PAYROLL, state: 'unreached' },
    ],
    next: '/posted',
  }),
  sample('leaving', 'done', { applications: [{ name: LIBRARY, state: 'told' }], next: '/posted', after: 60_000 }),
  sample('form-post', '', {
    action: '/posted',
    inputs: [{ name: 'code', value: '"><b>x' }],
    application: LIBRARY,
  }),
  sample('form-post', 'leaving', { action: '/posted', inputs: [], application: PAYROLL, leaving: true }),
  sample('home', '', { signedIn: false }),
  sample('home', 'signed-in', { signedIn: true }, true),
  ...(
    [
      'not-found',
      'expired',
      'other-browser',
      'over',
      'csrf',
      'misdirected',
      'directory',
      'unavailable',
      'server',
      'method',
      'too-many',
      'input',
    ] as const
  ).map((key) => sample('error', key, { status: 400, key, ...turnOf(key, '/here', ISSUER) })),
  sample('error', 'ended', { status: 503, key: 'ended', application: LONG, values: { date: { day: NOW } } }, true),
  sample('error', 'request', {
    status: 400,
    key: 'request',
    code: 'invalid_redirect_uri',
    detail: `redirect_uri https://${UNBROKEN}.example.edu/ isn't among the registered ones`,
    ...turnOf('request', undefined, ISSUER),
  }),
];
