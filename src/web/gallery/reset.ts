import { GIVEN_QUESTIONS } from '../../accounts/index.ts';
import type { Way } from '../../reset/index.ts';
import { DAY, NOW, type Sample, sample, UNBROKEN } from './sample.ts';

const form = { action: '/reset/x', csrf: 'token' };
const question = { text: 'id.time.mac', bits: 8, pause: 30_000 };

const FIRST: Way[] = [
  { value: 'opens:sample', kind: 'passkey', factor: 'sample' },
  { value: 'saved', kind: 'saved', factor: 'sample' },
  { value: 'issued', kind: 'issued' },
  { value: 'mail', kind: 'mail' },
  { value: 'text', kind: 'text' },
];

const setting = { action: '/account/contacts/questions', csrf: 'token', given: [...GIVEN_QUESTIONS], back: '/account' };
const rows = GIVEN_QUESTIONS.slice(0, 5);

/** Forgotten passwords, and what is registered for that day. */
export const reset: Sample[] = [
  sample('reset-begin', '', { action: '/reset', csrf: 'token' }),
  sample('reset-begin', 'asked', {
    ...{ action: '/reset', csrf: 'token', name: `${UNBROKEN}@example.edu`, question },
    error: { key: 'reset.work.again' },
  }),
  sample('reset-ways', '', { ...form, ways: FIRST, begun: false }),
  sample('reset-ways', 'more', {
    ...form,
    ways: [
      { value: 'method:sample', kind: 'token', factor: 'sample' },
      { value: 'saved', kind: 'saved', factor: 'sample' },
    ],
    begun: true,
  }),
  sample('reset-ways', 'nothing', { ...form, ways: [], begun: true, error: { key: 'already-answered' } }),
  ...(['mail', 'text', 'saved', 'issued'] as const).map((way) =>
    sample('reset-code', way, { ...form, way, again: way === 'mail' }),
  ),
  sample('reset-code', 'link', { ...form, way: 'mail', again: true, code: 'K7QF-2M9X' }),
  sample('reset-code', 'error', { ...form, way: 'mail', again: false, error: { key: 'reset.wrong' } }),
  sample('reset-questions', '', {
    ...form,
    questions: [
      { name: 'answer1', question: { given: 'teacher' } },
      { name: 'answer2', question: { own: `What is painted on the ${UNBROKEN} <shed>?` } },
      { name: 'answer3', question: { given: 'wish' } },
    ],
  }),
  sample('reset-questions', 'error', {
    ...form,
    questions: [{ name: 'answer1', question: { given: 'teacher' } }],
    error: { key: 'reset.questions.wrong' },
  }),
  sample('account-questions', '', { ...setting, rows: rows.map((given) => ({ given, own: '', answer: '' })) }, true),
  sample(
    'account-questions',
    'error',
    {
      ...setting,
      rows: rows.map((given, at) => ({ given, own: at === 3 ? 'What is painted on the shed?' : '', answer: 'shed' })),
      ...{ error: { key: 'questions.fault.told', values: { number: 4 } }, at: 3 },
    },
    true,
  ),
  sample('reset-end', 'done', { end: 'done', works: NOW + 600_000 }),
  sample('reset-end', 'over', { end: 'over' }),
  sample('reset-end', 'elsewhere', { end: 'elsewhere' }),
  ...(['mail', 'text'] as const).map((kind) =>
    sample('account-contact', kind, { action: '/account/contacts/add/x', csrf: 'token', kind, back: '/account' }, true),
  ),
  sample(
    'account-contact',
    'error',
    {
      ...{ action: '/account/contacts/add/x', csrf: 'token', kind: 'mail', back: '/account' },
      ...{ typed: `${UNBROKEN}@example.edu`, error: { key: 'contacts.fault.own' } },
    },
    true,
  ),
  sample(
    'account-contact-code',
    '',
    { action: '/account/contacts/code', csrf: 'token', kind: 'mail', to: 'a•••@private.example', back: '/account' },
    true,
  ),
];

/** What an account has registered. */
export const registered = {
  forgotten: '/reset',
  contacts: {
    list: [
      { id: 'c3', kind: 'text' as const, to: '+44•••123', addedAt: NOW - DAY, trouble: 'alone' as const },
      { id: 'c1', kind: 'mail' as const, to: `a•••@${UNBROKEN.toLowerCase()}.example`, addedAt: NOW - 90 * DAY },
      { id: 'c2', kind: 'text' as const, to: '+85•••678', addedAt: NOW - DAY, serves: NOW + 2 * DAY },
    ],
    addable: ['mail' as const, 'text' as const],
    questions: { settable: true, setAt: NOW - DAY, serves: NOW + 2 * DAY },
  },
};
