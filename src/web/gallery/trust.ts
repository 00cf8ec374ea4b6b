import { BUILT_IN } from '../../accounts/passwords/index.ts';
import { rulesOf } from '../../accounts/passwords/rules.ts';
import type { Pages } from '../models.ts';
import { ada, COURSES, HOUR, LIBRARY, LONG, long, NOW, type Sample, sample, UNBROKEN } from './sample.ts';

const signIn: Pages['not-me']['signIn'] = {
  id: 's1',
  at: NOW - 5 * HOUR,
  application: COURSES,
  method: 'Code app',
  browser: 'Chrome',
  system: 'Android',
  address: '198.51.100.200',
  place: 'near Cambridge, United Kingdom',
  outcome: 'success',
  reported: false,
};

const unknown: Pages['not-me']['signIn'] = {
  id: 's2',
  at: NOW,
  method: UNBROKEN,
  browser: UNBROKEN,
  system: LONG,
  address: UNBROKEN,
  outcome: 'failure',
  reported: true,
};

const rules = rulesOf({ names: ['nist'], ...BUILT_IN.nist });
const strict = rulesOf({ names: ['classic'], ...BUILT_IN.classic, characters: 'printable-ascii' });
const owner = { action: '/account/password', csrf: 'token', rules, current: true, back: '/account' };

/** What is for people who think that somebody else was here. */
export const trust: Sample[] = [
  sample(
    'not-me',
    '',
    {
      action: '/account/sign-ins/s1/not-me',
      csrf: 'token',
      signIn,
      suspends: ['Work phone 2', '我的手機'],
      late: false,
      back: '/account',
    },
    true,
  ),
  sample(
    'not-me',
    'long',
    { action: '/account/x', csrf: 'token', signIn: unknown, suspends: [], late: false, back: '/account' },
    true,
  ),
  sample(
    'not-me',
    'late',
    { action: '/account/x', csrf: 'token', signIn, suspends: [], late: true, back: '/account' },
    true,
  ),
  sample(
    'not-me',
    'connection',
    {
      action: '/account/connections/one/not-me',
      csrf: 'token',
      signIn: {
        ...signIn,
        application: 'Campus VPN',
        method: '',
        browser: '',
        system: '',
        place: 'near Kowloon, Hong Kong',
      },
      suspends: [],
      connection: 'stays',
      late: false,
      back: '/account',
    },
    true,
  ),
  sample(
    'account-elder',
    '',
    {
      name: '我的手機',
      elders: [
        { factor: 'sample', name: 'Work phone' },
        { factor: 'sample', name: UNBROKEN },
      ],
      show: '/account/methods/m3/elder/confirm',
      back: '/account',
    },
    true,
  ),
  sample('account-elder', 'none', { name: UNBROKEN, elders: [], back: '/account' }, true),
  sample('reported', '', { next: '/account?notice=after-report' }),
  sample('reported', 'stays', { next: '/account?notice=after-report', stays: true }),
  sample('new-password', '', { ...owner, account: ada, why: { key: 'new-password.why.owner' } }, true),
  sample(
    'new-password',
    'error',
    {
      ...owner,
      account: long,
      why: { key: 'new-password.why.owner' },
      error: { key: 'new-password.too-short', values: { count: 15 } },
    },
    true,
  ),
  sample('new-password', 'held', {
    action: '/sign-in/x',
    csrf: 'token',
    application: LIBRARY,
    account: ada,
    rules: strict,
    current: false,
    why: { key: 'new-password.why.held' },
    cancel: '/sign-in/x/cancel',
  }),
  sample('new-password', 'expiring', {
    ...{ action: '/sign-in/x', csrf: 'token', application: LIBRARY, account: ada, rules, current: true },
    ...{ why: { key: 'new-password.why.expiring' }, optional: true },
  }),
  sample('refused', 'held', {
    application: LIBRARY,
    message: { key: 'held.no-method' },
    advice: { key: 'held.advice' },
    contact: true,
    action: '/sign-in/x/cancel',
    csrf: 'token',
  }),
];
