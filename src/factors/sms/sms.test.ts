import { describe, expect, it } from 'vitest';
import { person } from '../../../test/support/people.ts';
import { MINUTE } from '../../../test/support/sign-in.ts';
import { readMessage } from './double.ts';
import { enrolled, NUMBER, open } from './testing/fixture.ts';

const ada = person('ada');
const phone = enrolled(ada);
const SECOND = 1000;

describe('a code', () => {
  it('proves possession, once', async () => {
    const { factor, sent, code, clock } = await open();
    const { prompt, pending } = await factor.challenge(ada, [phone]);
    expect(sent).toHaveLength(1);
    expect(prompt).toMatchObject({ kind: 'code', length: 6, text: { values: { number: '+852\u00a0•••••\u00a0567' } } });
    const verdict = await factor.verify(pending, [phone], { code: code() }, ada);
    expect(verdict).toMatchObject({
      outcome: 'proved',
      proof: {
        factor: 'sms',
        credential: phone.id,
        amr: ['sms'],
        kinds: ['possession'],
        phishingResistant: false,
        attested: false,
        at: clock.now(),
      },
    });
    if (verdict.outcome !== 'proved') return;
    const used = { ...phone, data: verdict.update?.data ?? phone.data };
    const again = await factor.verify(pending, [used], { code: code() }, ada);
    expect(again).toMatchObject({ outcome: 'refused', reason: 'used' });
  });

  it.each([
    ['as it is', (code: string) => code],
    ['with a space', (code: string) => `${code.slice(0, 3)} ${code.slice(3)} `],
    [
      'in full width',
      (code: string) => code.replaceAll(/\d/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0)),
    ],
    ['as the last line', (code: string) => `@login.university.example #${code}`],
  ])('is read %s', async (_case, typed) => {
    const { factor, code } = await open();
    const { pending } = await factor.challenge(ada, [phone]);
    expect(await factor.verify(pending, [phone], { code: typed(code()) }, ada)).toMatchObject({ outcome: 'proved' });
  });

  it.each(['', 'abcdef', '12345', '1234567', '１２', '1'.repeat(1000)])('is not %j', async (typed) => {
    const { factor } = await open();
    const { pending } = await factor.challenge(ada, [phone]);
    expect(await factor.verify(pending, [phone], { code: typed }, ada)).toMatchObject({ reason: 'malformed' });
  });

  it('is good for three minutes to the millisecond, and not before it was sent', async () => {
    const { factor, code, clock } = await open();
    const { pending } = await factor.challenge(ada, [phone]);
    const verify = () => factor.verify(pending, [phone], { code: code() }, ada);
    clock.pass(3 * MINUTE);
    expect(await verify()).toMatchObject({ outcome: 'proved' });
    clock.pass(1);
    expect(await verify()).toMatchObject({ outcome: 'refused', reason: 'expired' });
    clock.pass(-10 * MINUTE);
    expect(await verify()).toMatchObject({ outcome: 'refused', reason: 'expired' });
  });

  it('of one sign-in is wrong in another', async () => {
    const { factor, code, clock } = await open();
    const first = await factor.challenge(ada, [phone]);
    const old = code();
    clock.pass(31 * SECOND);
    const second = await factor.challenge(ada, [phone]);
    expect(await factor.verify(second.pending, [phone], { code: old }, ada)).toMatchObject({ reason: 'wrong' });
    expect(await factor.verify(first.pending, [phone], { code: code() }, ada)).toMatchObject({ reason: 'wrong' });
  });

  it.each([
    ['the number was changed', [{ ...phone, data: { number: '+85298765432' } }], ada],
    ['the method was removed', [], ada],
    ['another was put in its place', [{ ...phone, id: 'other' }], ada],
    ['it is somebody else’s', [phone], person('bob')],
    ['nobody is meant', [phone], undefined],
  ])('is worth nothing where %s', async (_case, credentials, account) => {
    const { factor, code } = await open();
    const { pending } = await factor.challenge(ada, [phone]);
    const verdict = await factor.verify(pending, credentials, { code: code() }, account);
    expect(verdict).toMatchObject({ outcome: 'refused', reason: 'changed' });
  });
});

describe('the message', () => {
  it.each([
    [
      undefined,
      /^\d{6} is your sign-in code for Example University \(login\.university\.example\)\. Valid for 3 minutes\./,
    ],
    ['zh-TW', /^\d{6} 是您的示範大學（login\.university\.example）登入驗證碼/],
    ['zh-Hans', /^\d{6} 是您的示范大学（login\.university\.example）登录验证码/],
  ])('in %s names the host, and binds the code to it in its last line', async (locale, begins) => {
    const { factor, sent } = await open();
    await factor.challenge(person('ada', { locale }), [phone]);
    const { text = '' } = sent[0] ?? {};
    expect(text).toMatch(begins);
    const { code, bound } = readMessage(text);
    expect(bound).toEqual({ host: 'login.university.example', code });
  });

  it('is in the language of the page where the person chose none', async () => {
    const { factor, sent } = await open();
    await factor.challenge(ada, [phone], { locale: 'zh-Hant' });
    await factor.challenge(person('bob', { locale: 'en' }), [enrolled(person('bob'), '+85291234568')], {
      locale: 'zh-Hant',
    });
    expect(sent[0]?.text).toContain('登入驗證碼');
    expect(sent[1]?.text).toContain('sign-in code');
  });

  it('in English fits into one', async () => {
    const { factor, sent } = await open();
    await factor.challenge(ada, [phone]);
    expect(sent[0]?.text.length).toBeLessThanOrEqual(160);
    expect(sent[0]?.text).toMatch(/^[\n\x20-\x5a\x61-\x7a]+$/);
  });
});

describe('asking for another', () => {
  it('waits for the countdown, and then replaces the one before', async () => {
    const { factor, code, sent, clock } = await open();
    const { pending, prompt } = await factor.challenge(ada, [phone]);
    const first = code();
    expect(prompt).toMatchObject({ resend: { after: clock.now() + 30 * SECOND } });
    clock.pass(29 * SECOND);
    const early = await factor.resends?.resend(pending, ada, [phone]);
    expect(early).toMatchObject({ outcome: 'refused', message: { key: 'wait.seconds', values: { count: 1 } } });
    expect(sent).toHaveLength(1);
    clock.pass(SECOND);
    const next = await factor.resends?.resend(pending, ada, [phone]);
    if (next === undefined || 'outcome' in next) throw new Error('it was refused');
    expect(await factor.verify(next.pending, [phone], { code: first }, ada)).toMatchObject({ reason: 'wrong' });
    expect(await factor.verify(next.pending, [phone], { code: code() }, ada)).toMatchObject({ outcome: 'proved' });
  });

  it('goes to no number that has taken the place of the first', async () => {
    const { factor, sent, clock } = await open();
    const { pending } = await factor.challenge(ada, [phone]);
    clock.pass(MINUTE);
    const moved = { ...phone, data: { number: '+85298765432' } };
    expect(await factor.resends?.resend(pending, ada, [moved])).toMatchObject({
      outcome: 'refused',
      reason: 'changed',
    });
    expect(await factor.resends?.resend(pending, person('bob'), [phone])).toMatchObject({ reason: 'changed' });
    expect(sent).toHaveLength(1);
  });

  it('is what is left where none could be sent', async () => {
    const { factor, carrier, code, clock } = await open();
    carrier.answer = () => ({ ok: false, reason: 'away' });
    const { pending, prompt } = await factor.challenge(ada, [phone]);
    expect(prompt).toMatchObject({ text: { key: 'not-sent' }, resend: {} });
    expect(await factor.verify(pending, [phone], { code: '123456' }, ada)).toMatchObject({ reason: 'unsent' });
    carrier.answer = () => ({ ok: true });
    clock.pass(30 * SECOND);
    const next = await factor.resends?.resend(pending, ada, [phone]);
    if (next === undefined || 'outcome' in next) throw new Error('it was refused');
    expect(await factor.verify(next.pending, [phone], { code: code() }, ada)).toMatchObject({ outcome: 'proved' });
  });
});

describe('enrolment', () => {
  it('asks for a number, then for the code that went there', async () => {
    const { factor, sent, code, numberGiven } = await open();
    const pending = await numberGiven(ada, '9123 4567');
    expect(sent).toMatchObject([{ to: NUMBER }]);
    expect(await factor.enrols?.confirm(pending, { code: code(), name: ' Work\tphone ' })).toMatchObject({
      outcome: 'confirmed',
      data: { number: NUMBER },
      name: 'Work phone',
      proof: { kinds: ['possession'], amr: ['sms'] },
    });
    const unnamed = await factor.enrols?.confirm(pending, { code: code() });
    expect(unnamed).toMatchObject({ name: 'Text message (…567)' });
  });

  it('takes the number that the code went to, whatever comes with the code', async () => {
    const { factor, code, numberGiven } = await open();
    const pending = await numberGiven(ada, NUMBER);
    const answer = { code: code(), number: '+85298765432', telephone: '+85298765432' };
    expect(await factor.enrols?.confirm(pending, answer)).toMatchObject({ data: { number: NUMBER } });
  });

  it('refuses a wrong code, a late one, and a challenge in its place', async () => {
    const { factor, code, wrong, clock, numberGiven } = await open();
    const pending = await numberGiven(ada, NUMBER);
    expect(await factor.enrols?.confirm(pending, { code: wrong() })).toMatchObject({ reason: 'wrong' });
    clock.pass(3 * MINUTE + 1);
    expect(await factor.enrols?.confirm(pending, { code: code() })).toMatchObject({ reason: 'expired' });
    const challenge = await factor.challenge(ada, [phone]);
    expect(await factor.enrols?.confirm(challenge.pending, { code: code() })).toMatchObject({ outcome: 'refused' });
    expect(await factor.verify(pending, [phone], { code: code() }, ada)).toMatchObject({ outcome: 'refused' });
  });

  it('refuses a number that the account has', async () => {
    const { factor, enrol, sent } = await open();
    const pending = await enrol(ada, [phone]);
    expect(await factor.enrols?.confirm(pending, { code: NUMBER })).toMatchObject({ reason: 'number: taken' });
    expect(sent).toEqual([]);
  });
});

it('a number of a country that is no longer listed gets nothing, and is not offered', async () => {
  const { factor, sent } = await open({ countries: ['GB'] });
  expect(factor.usable(ada, [phone])).toBe(false);
  const { prompt } = await factor.challenge(ada, [phone]);
  expect(prompt).toMatchObject({ text: { key: 'not-sent' } });
  expect(sent).toEqual([]);
});
