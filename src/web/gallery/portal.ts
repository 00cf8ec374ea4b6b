import { ada, DAY, HOUR, LIBRARY, NOW, type Sample, sample, UNBROKEN } from './sample.ts';

const told = { key: 'phone' };

/** Walks of several steps. */
export const walks: Sample[] = [
  sample('enrol', '', { begin: '/enrol/begin', steps: 2 }),
  sample(
    'choose-enrolment',
    'another',
    {
      action: '/enrol',
      csrf: 'token',
      application: LIBRARY,
      account: ada,
      factors: [{ value: 'sample', recommended: true }, { value: 'sample' }],
      another: true,
      progress: { step: 2, of: 2 },
      leave: { href: '/enrol/done', label: { key: 'enrol.later' } },
    },
    true,
  ),
  sample(
    'enrolled',
    '',
    {
      methods: [
        { factor: 'sample', name: 'Code app' },
        { factor: 'sample', name: 'Work phone' },
      ],
      spare: ['sample'],
      register: ['mail', 'text'],
    },
    true,
  ),
  sample(
    'enrolled',
    'so-far',
    { methods: [{ factor: 'sample', name: UNBROKEN }], spare: [], register: [], more: '/enrol' },
    true,
  ),
  sample(
    'phone',
    '',
    {
      action: '/account/phone',
      csrf: 'token',
      progress: { step: 1, of: 3 },
      methods: [
        { id: 'm1', factor: 'sample', name: 'Work phone', told },
        { id: 'm2', factor: 'sample', name: UNBROKEN, told },
      ],
      begun: false,
    },
    true,
  ),
  sample(
    'phone',
    'none',
    { action: '/account/phone', csrf: 'token', progress: { step: 1, of: 3 }, methods: [], begun: false },
    true,
  ),
  sample(
    'phone',
    'next',
    {
      action: '/account/phone',
      csrf: 'token',
      progress: { step: 1, of: 3 },
      notice: { key: 'account.phone-moved' },
      methods: [{ id: 'm1', factor: 'sample', name: 'Work phone', told }],
      begun: true,
    },
    true,
  ),
  sample(
    'phone-remove',
    '',
    {
      action: '/account/phone/remove',
      csrf: 'token',
      progress: { step: 3, of: 3 },
      added: { name: 'Work phone' },
      old: { name: 'Work phone', factor: 'sample', createdAt: NOW - 400 * DAY, lastUsedAt: NOW - HOUR },
      removable: true,
    },
    true,
  ),
  sample(
    'phone-remove',
    'lent',
    {
      action: '/account/phone/remove',
      csrf: 'token',
      progress: { step: 3, of: 3 },
      added: { name: UNBROKEN },
      old: { name: UNBROKEN, factor: 'sample', createdAt: NOW },
      removable: false,
    },
    true,
  ),
];
