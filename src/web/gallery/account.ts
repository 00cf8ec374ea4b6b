import type { Pages } from '../models.ts';
import { registered } from './reset.ts';
import { ada, COURSES, DAY, HOUR, LIBRARY, LONG, long, NOW, PAYROLL, type Sample, sample, UNBROKEN } from './sample.ts';

const browsers = { browser: 'Firefox 148', system: 'Windows 11' };

const HOSPITAL = 'Partner Hospital';

const ANYWHERE = { notGroups: [], networks: [], notNetworks: [] };

const STUDY = { en: 'Studying', 'zh-Hant': '學習', 'zh-Hans': '学习' };

/** What people look after themselves. */
export const self: Sample[] = [
  sample('applications', 'empty', { count: 0, applications: [] }),
  sample('applications', 'sought', { sought: `${UNBROKEN} "><b>`, count: 12, applications: [] }),
  sample(
    'applications',
    '',
    {
      count: 4,
      applications: [
        {
          name: LIBRARY,
          category: STUDY,
          yours: { level: 'sfa' },
          description: { en: 'Catalogue and loans', 'zh-Hant': '館藏目錄與借閱', 'zh-Hans': '馆藏目录与借阅' },
          homepage: 'https://library.example.edu/',
          demands: [{ ...ANYWHERE, level: 'sfa', groups: [] }],
          steps: [],
        },
        {
          name: COURSES,
          category: STUDY,
          yours: { level: 'mfa', remember: { amount: 30, unit: 'days' } },
          demands: [
            { ...ANYWHERE, level: 'mfa', groups: ['staff', 'students'], remember: { amount: 30, unit: 'days' } },
            { ...ANYWHERE, level: 'phr', groups: ['examiners'], remember: 'never', from: NOW + 60 * DAY },
          ],
          steps: [
            {
              ...ANYWHERE,
              groups: ['staff', 'students'],
              periods: [
                { factors: ['sample'], until: NOW + 90 * DAY },
                { factors: ['sample', 'sample'], from: NOW + 30 * DAY },
              ],
            },
            { ...ANYWHERE, groups: ['examiners'], periods: [{ factors: ['sample'] }] },
          ],
        },
        {
          name: PAYROLL,
          yours: { level: 'phrh', remember: 'never' },
          demands: [
            { ...ANYWHERE, level: 'phrh', groups: [], remember: 'never' },
            { ...ANYWHERE, level: 'denied', groups: ['guests'] },
          ],
          steps: [],
        },
        {
          name: `${LONG} ${UNBROKEN}`,
          category: `${UNBROKEN} ${LONG}`,
          yours: { level: 'denied' },
          description: LONG,
          demands: [
            {
              notGroups: ['guests'],
              networks: ['campus'],
              notNetworks: ['labs', 'wards'],
              level: 'mfa',
              groups: [UNBROKEN, LONG],
              remember: { amount: 12, unit: 'hours' },
              from: NOW,
            },
          ],
          steps: [
            { ...ANYWHERE, groups: [UNBROKEN, LONG], periods: [{ factors: ['sample'], from: NOW, until: NOW + DAY }] },
          ],
        },
      ],
    },
    true,
  ),
  sample(
    'account',
    '',
    {
      csrf: 'token',
      account: { ...ada, email: 'ada@example.edu' },
      connections: [
        {
          id: 'one',
          application: 'Campus VPN',
          since: NOW - 3 * HOUR,
          address: '203.0.113.7',
          place: 'Kowloon',
          endable: true,
        },
        { id: 'two', application: LONG, since: NOW - 30 * HOUR, endable: false },
      ],
      moving: { at: NOW + 60 * DAY, ends: ['sample'], applications: [PAYROLL, COURSES], next: ['sample'] },
      safety: { kind: 'safe', count: 2 },
      unreached: [{ application: COURSES, at: NOW - 2 * HOUR }],
      notice: { key: 'account.method-added' },
      methods: [
        {
          id: 'm1',
          factor: 'sample',
          name: 'Work phone',
          createdAt: NOW - 200 * DAY,
          lastUsedAt: NOW - 2 * HOUR,
          removable: true,
          preferred: true,
          state: { message: { key: 'state.left' }, warn: true },
        },
        {
          id: 'm2',
          factor: 'sample',
          name: '我的平板電腦',
          createdAt: NOW,
          removable: true,
          suspended: 'untrusted',
          choosable: true,
        },
        {
          id: 'm3',
          factor: 'sample',
          name: '我的手機',
          createdAt: NOW,
          removable: true,
          suspended: 'reported',
          elders: ['Work phone', '家裡的安全金鑰'],
        },
      ],
      issuable: ['sample'],
      addable: ['sample'],
      devices: [
        {
          id: 'd1',
          ...browsers,
          createdAt: NOW - 9 * DAY,
          lastUsedAt: NOW - HOUR,
          expires: NOW + 21 * DAY,
          current: true,
        },
        {
          id: 'd2',
          browser: 'Safari 26',
          system: 'iOS 26',
          createdAt: NOW - DAY,
          expires: NOW + 29 * DAY,
          current: false,
          address: '2001:db8:85a3:1234:5678:8a2e:370:7334',
          place: 'near Cambridge, United Kingdom',
        },
      ],
      renewable: true,
      signIns: [
        {
          id: 's1',
          at: NOW - HOUR,
          application: COURSES,
          method: 'Password',
          connection: { application: 'Campus VPN', at: NOW - 3 * HOUR },
          ...browsers,
          address: '192.0.2.17',
          network: 'campus',
          outcome: 'success',
          reported: false,
        },
        {
          id: 's2',
          at: NOW - DAY,
          application: PAYROLL,
          method: 'Password',
          ...browsers,
          address: '2001:db8:85a3:1234:5678:8a2e:370:7334',
          place: 'near Cambridge, United Kingdom',
          outcome: 'refused',
          reported: true,
        },
        {
          id: 's3',
          at: NOW - 40 * DAY,
          late: true,
          method: 'Password',
          ...browsers,
          address: '198.51.100.200',
          outcome: 'failure',
          reported: false,
        },
      ],
      changesPassword: true,
      ...registered,
      password: { stage: 'good', expires: NOW + 90 * DAY },
    },
    true,
  ),
  sample(
    'account',
    'empty',
    {
      csrf: 'token',
      safety: { kind: 'none', count: 0 },
      account: ada,
      connections: [],
      unreached: [],
      methods: [],
      addable: ['sample'],
      issuable: [],
      devices: [],
      renewable: false,
      signIns: [],
      changesPassword: false,
    },
    true,
  ),
  sample(
    'account',
    'long',
    {
      csrf: 'token',
      safety: { kind: 'one', count: 1, name: UNBROKEN },
      account: { ...long, email: `${UNBROKEN}@example.edu` },
      connections: [],
      unreached: [
        { application: LONG, at: NOW - DAY },
        { application: UNBROKEN, at: NOW - DAY },
      ],
      methods: [
        { id: 'm1', factor: 'sample', name: UNBROKEN, createdAt: NOW, removable: false },
        {
          ...{ id: 'm2', factor: 'sample', name: UNBROKEN, createdAt: NOW, removable: true },
          ...{ suspended: 'reported' as const, elders: [] },
        },
      ],
      addable: ['sample', 'sample', 'sample'],
      issuable: ['sample'],
      devices: [{ id: 'd', browser: UNBROKEN, system: LONG, createdAt: NOW, expires: NOW, current: false }],
      renewable: true,
      signIns: [
        {
          id: 's',
          at: NOW,
          application: LONG,
          method: UNBROKEN,
          browser: UNBROKEN,
          system: 'x',
          address: UNBROKEN,
          place: LONG,
          outcome: 'success',
          reported: false,
        },
      ],
      changesPassword: true,
      password: { stage: 'soon', expires: NOW + DAY },
    },
    true,
  ),
  sample('account-confirm', 'remove-method', confirmation('remove-method', { name: `Work phone <"'>` }), true),
  sample('account-confirm', 'confirm-method', confirmation('confirm-method', { name: '我的手機' }), true),
  sample('account-confirm', 'remove-link', confirmation('remove-link', { name: HOSPITAL }), true),
  sample('account-link', '', { house: HOSPITAL, leave: '/account/links/add/x/leave', back: '/account' }, true),
  sample(
    'account-link',
    'again',
    { house: LONG, leave: '/account/links/add/x/leave', back: '/account', error: { key: 'link.own-account' } },
    true,
  ),
  sample(
    'account-link',
    'found',
    {
      house: HOSPITAL,
      back: '/account',
      found: { name: `Ada <"'> Lovelace`, username: UNBROKEN, action: '/account/links/add/x/confirm', csrf: 'token' },
      account: ada,
    },
    true,
  ),
  sample('account-confirm', 'remove-device', confirmation('remove-device', { name: 'Firefox' }), true),
  sample('account-confirm', 'everywhere', confirmation('sign-out-everywhere'), true),
  sample(
    'account-issue',
    '',
    {
      action: '/account/methods/issue/sample',
      csrf: 'token',
      factor: 'sample',
      replaces: true,
      choices: [{ name: 'lifetime', options: ['1', '8'].map((value) => ({ value, label: { key: 'issue.hour' } })) }],
    },
    true,
  ),
  sample(
    'issued',
    '',
    {
      factor: 'sample',
      username: UNBROKEN,
      codes: Array.from({ length: 10 }, (_, index) => `7KQM-2XPA-00W${index}`),
      starts: NOW,
      expires: NOW + DAY,
      note: { key: 'note' },
    },
    true,
  ),
  sample(
    'account-rename',
    '',
    { action: '/account/methods/m1/rename', csrf: 'token', name: 'Work phone', back: '/account' },
    true,
  ),
  sample(
    'account-rename',
    'error',
    {
      action: '/account/methods/m1/rename',
      csrf: 'token',
      name: UNBROKEN,
      back: '/account',
      error: { key: 'account.rename.too-long', values: { count: 60 } },
    },
    true,
  ),
];

function confirmation(what: string, values?: Record<string, string>): Pages['account-confirm'] {
  const message = (key: string) => ({ key: `account.confirm.${what}.${key}`, ...(values && { values }) });
  return {
    action: '/account/x',
    csrf: 'token',
    title: message('title'),
    text: message('text'),
    confirm: message('confirm'),
    back: '/account',
    danger: true,
  };
}
