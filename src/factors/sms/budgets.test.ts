import { describe, expect, it } from 'vitest';
import { person } from '../../../test/support/people.ts';
import { MINUTE } from '../../../test/support/sign-in.ts';
import { resume } from './conversions.ts';
import { enrolled, open } from './testing/fixture.ts';

const HOUR = 60 * MINUTE;
const SECOND = 1000;

const someone = (at: number) => {
  const account = person(`person${at}`);
  return { account, credential: enrolled(account, `+8529123${String(1000 + at)}`) };
};

describe('a budget', () => {
  type Ask = (at: number) => { account: number; number: number; address: string };
  const everything = { account: 1000, number: 1000, address: 1000, country: 1000, installation: 1000 };

  it.each<[keyof typeof everything, Ask]>([
    ['account', (at) => ({ account: 1, number: at, address: String(at) })],
    ['number', (at) => ({ account: at, number: 1, address: String(at) })],
    ['address', (at) => ({ account: at, number: at, address: 'same' })],
    ['country', (at) => ({ account: at, number: at, address: String(at) })],
    ['installation', (at) => ({ account: at, number: at, address: String(at) })],
  ])('for each %s is kept, and ends by itself', async (name, ask) => {
    const { factor, sent, clock } = await open({ perHour: { ...everything, [name]: 3 } });
    const send = async (at: number) => {
      const { account, number, address } = ask(at);
      const credential = enrolled(person(`person${account}`), `+8529123${1000 + number}`);
      clock.pass(31 * SECOND);
      return (await factor.challenge(person(`person${account}`), [credential], { address })).prompt;
    };
    for (let at = 1; at <= 3; at += 1) expect(await send(at)).toMatchObject({ text: { key: 'text' } });
    for (let at = 4; at <= 8; at += 1) expect(await send(at)).toMatchObject({ text: { key: 'wait.minutes' } });
    expect(sent).toHaveLength(3);
    clock.pass(HOUR);
    expect(await send(9)).toMatchObject({ text: { key: 'text' } });
  });

  it('of one country is not another’s', async () => {
    const { factor, sent } = await open({ perHour: { country: 1 } });
    await factor.challenge(person('a'), [enrolled(person('a'), '+85291234567')]);
    await factor.challenge(person('b'), [enrolled(person('b'), '+85291234568')]);
    await factor.challenge(person('c'), [enrolled(person('c'), '+447400123456')]);
    expect(sent.map(({ to }) => to)).toEqual(['+85291234567', '+447400123456']);
  });

  it('lets one of 100 through that ask for the same number at once', async () => {
    const { factor, sent } = await open();
    const { account, credential } = someone(1);
    await Promise.all(Array.from({ length: 100 }, () => factor.challenge(account, [credential])));
    expect(sent).toHaveLength(1);
  });

  it('is not spent by what a sender certainly did not take, and is by what it may have', async () => {
    const { factor, carrier, clock } = await open({ perHour: { account: 2 } });
    const { account, credential } = someone(1);
    const ask = async () => {
      clock.pass(31 * SECOND);
      return (await factor.challenge(account, [credential])).prompt;
    };
    carrier.answer = () => ({ ok: false, reason: 'away' });
    for (let round = 0; round < 5; round += 1) expect(await ask()).toMatchObject({ text: { key: 'not-sent' } });
    carrier.answer = () => ({ ok: false, reason: 'no answer', unsure: true });
    expect(await ask()).toMatchObject({ text: { key: 'text' } });
    expect(await ask()).toMatchObject({ text: { key: 'text' } });
    expect(await ask()).toMatchObject({ text: { key: 'wait.minutes' } });
  });
});

describe('codes that do not come back', () => {
  const OPTIONS = { conversion: { least: 10, share: 0.3, pause: 60 }, perHour: { address: 1000 } };

  it('stop messages to their country, once said, until the pause is over', async () => {
    const { factor, sent, audited, errors, clock, prove } = await open(OPTIONS);
    for (let at = 0; at < 40 && audited.length === 0; at += 1) {
      const { account, credential } = someone(at);
      await factor.challenge(account, [credential]);
      clock.pass(MINUTE / 2);
    }
    expect(audited).toEqual([
      { event: 'sms.stopped', country: 'HK', sent: expect.any(Number), back: 0, until: expect.any(Number) },
    ]);
    expect(errors).toHaveLength(1);
    const stoppedAt = sent.length;
    expect(stoppedAt).toBeLessThan(30);
    const { account, credential } = someone(100);
    expect((await factor.challenge(account, [credential])).prompt).toMatchObject({ text: { key: 'not-sent' } });
    expect(sent).toHaveLength(stoppedAt);
    const other = person('elsewhere');
    expect(await prove(other, enrolled(other, '+447400123456'))).toMatchObject({ outcome: 'proved' });
    clock.pass(HOUR);
    expect(await prove(account, credential)).toMatchObject({ outcome: 'proved' });
    expect(audited).toHaveLength(1);
  });

  it('stop them no more for an hour, where an operator lifts the stop', async () => {
    const { factor, state, sent, audited, clock } = await open(OPTIONS);
    const now = clock.now;
    const ask = async (at: number) => {
      const { account, credential } = someone(at);
      await factor.challenge(account, [credential]);
      clock.pass(MINUTE / 2);
    };
    expect(await resume({ state, now }, 'HK')).toBe(false);
    for (let at = 0; audited.length === 0; at += 1) await ask(at);
    expect(await resume({ state, now }, 'GB')).toBe(false);
    expect(await resume({ state, now }, 'HK')).toBe(true);
    expect(await resume({ state, now }, 'HK')).toBe(false);
    const before = sent.length;
    for (let at = 0; at < 20; at += 1) await ask(100 + at);
    expect(sent).toHaveLength(before + 20);
    expect(audited).toHaveLength(1);
    clock.pass(HOUR);
    for (let at = 0; at < 60; at += 1) await ask(200 + at);
    expect(audited).toHaveLength(2);
  });

  it('do not stop them where enough do', async () => {
    const { factor, audited, clock, prove } = await open(OPTIONS);
    for (let at = 0; at < 90; at += 1) {
      const { account, credential } = someone(at);
      if (at % 3 === 0) expect(await prove(account, credential)).toMatchObject({ outcome: 'proved' });
      else await factor.challenge(account, [credential]);
      clock.pass(MINUTE / 2);
    }
    expect(audited).toEqual([]);
  });

  it('are not judged while their owners may be typing', async () => {
    const { factor, audited } = await open(OPTIONS);
    for (let at = 0; at < 100; at += 1) {
      const { account, credential } = someone(at);
      await factor.challenge(account, [credential]);
    }
    expect(audited).toEqual([]);
  });

  it('do not seem to come back because one is entered many times', async () => {
    const { factor, code, audited, clock } = await open(OPTIONS);
    for (let at = 0; at < 40 && audited.length === 0; at += 1) {
      const { account, credential } = someone(at);
      const { pending } = await factor.challenge(account, [credential]);
      const answer = { code: code() };
      if (at % 10 === 0) {
        await Promise.all(Array.from({ length: 20 }, () => factor.verify(pending, [credential], answer, account)));
      }
      clock.pass(MINUTE / 2);
    }
    expect(audited).toHaveLength(1);
  });
});
