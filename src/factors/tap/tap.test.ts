import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { factorPorts } from '../../../test/support/outside.ts';
import { ada } from '../../../test/support/people.ts';
import type { Account, Credential } from '../../core/account.ts';
import { crockford, grouped } from '../../core/crockford.ts';
import type { IssueOptions } from '../../core/factor-powers.ts';
import tap from './index.ts';
import type { Data } from './schemas.ts';
import { hashOf, normalise } from './secret.ts';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const NOW = Date.UTC(2026, 10, 22);

function fixture(settings: unknown = {}) {
  const clock = { now: NOW };
  const factor = tap.create(
    tap.settings.parse(settings),
    factorPorts(() => clock.now),
  );
  async function issue(options: IssueOptions = { by: 'operator' }) {
    const issued = await factor.issues?.issue(ada, [], options);
    if (issued === undefined) throw new Error('nothing issued');
    const data = tap.credential.parse(JSON.parse(JSON.stringify(issued.data)));
    const pass: Credential<Data> = { ...ada, id: 'c1', account: ada.id, factor: 'tap', data };
    const [code = ''] = issued.shown.codes;
    return { issued, pass, code };
  }
  const verify = (pass: Credential<Data> | undefined, code: string, account: Account | undefined = ada) =>
    factor.verify({}, pass ? [pass] : [], { code }, account);
  return { clock, factor, issue, verify };
}

describe('settings', () => {
  it('have an hour, eight characters and one use for defaults', () => {
    const hour = { minimum: 10 * MINUTE, maximum: 30 * DAY, default: 60 * MINUTE };
    expect(tap.settings.parse({})).toEqual({ lifetime: hour, length: 8, once: true });
  });

  it.each([
    [{ length: 7 }],
    [{ length: 49 }],
    [{ lifetime: { minimum: '9m' } }],
    [{ lifetime: { maximum: '31d' } }],
    [{ lifetime: { default: '2h', maximum: '1h' } }],
    [{ lifetime: { default: '10m', minimum: '20m' } }],
    [{ lifetime: { default: 60 } }],
    [{ other: 1 }],
  ])('refuse %j', (settings) => {
    expect(tap.settings.safeParse(settings).success).toBe(false);
  });
});

describe('a pass', () => {
  it('is shown once and kept hashed', async () => {
    const { issue } = fixture({ length: 12 });
    const { issued, code } = await issue();
    expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){2}$/);
    expect(JSON.stringify(issued.data)).not.toContain(code.replaceAll('-', ''));
    expect(issued).toMatchObject({ replaces: true, shown: { expires: NOW + 60 * MINUTE, note: { key: 'note.once' } } });
  });

  it('proves possession until its end, lent', async () => {
    const { issue, verify } = fixture();
    const { pass, code } = await issue();
    expect(await verify(pass, ` ${code.toLowerCase().replaceAll('-', ' ')} `)).toEqual({
      outcome: 'proved',
      proof: {
        factor: 'tap',
        credential: 'c1',
        amr: ['otp'],
        kinds: ['possession'],
        phishingResistant: false,
        attested: false,
        at: NOW,
        expires: NOW + 60 * MINUTE,
        bootstrap: true,
      },
      update: { credential: 'c1', data: { ...pass.data, uses: 1 } },
    });
  });

  it('of several uses proves knowledge, again and again', async () => {
    const { issue, verify, factor } = fixture();
    const { pass, code } = await issue({ by: 'operator', once: false });
    const first = await verify(pass, code);
    expect(first).toMatchObject({ outcome: 'proved', proof: { kinds: ['knowledge'], amr: ['pwd'], bootstrap: true } });
    const used = { ...pass, data: { ...pass.data, uses: 7 } };
    expect(factor.usable(ada, [used])).toBe(true);
    expect(factor.rates?.atMost(used)).toMatchObject({ kinds: ['knowledge'] });
    expect(await verify(used, code)).toMatchObject({ outcome: 'proved' });
  });

  it('of one use is used up by it, and carries its session until its end', async () => {
    const { clock, issue, verify, factor } = fixture();
    const { pass, code } = await issue();
    const used = { ...pass, data: { ...pass.data, uses: 1 } };
    expect(await verify(used, code)).toMatchObject({ outcome: 'refused', reason: 'used' });
    expect(factor.usable(ada, [used])).toBe(false);
    expect(factor.rates?.atMost(used)).toMatchObject({ kinds: ['possession'] });
    clock.now = pass.data.expires;
    expect(factor.rates?.atMost(used)).toMatchObject({ kinds: [] });
  });

  it('is good from its start and up to its end, to the millisecond', async () => {
    const { clock, issue, verify, factor } = fixture();
    const starts = NOW + DAY;
    const { pass, code } = await issue({ by: 'operator', starts, lifetime: 10 * MINUTE });
    const at = async (now: number) => {
      clock.now = now;
      const verdict = await verify(pass, code);
      return [factor.usable(ada, [pass]), verdict.outcome === 'refused' ? verdict.reason : verdict.outcome];
    };
    expect(await at(NOW)).toEqual([false, 'not-yet']);
    expect(await at(starts - 1)).toEqual([false, 'not-yet']);
    expect(await at(starts)).toEqual([true, 'proved']);
    expect(await at(starts + 10 * MINUTE - 1)).toEqual([true, 'proved']);
    expect(await at(starts + 10 * MINUTE)).toEqual([false, 'expired']);
    // A clock set back doesn't bring it to life before its start.
    expect(await at(0)).toEqual([false, 'not-yet']);
  });

  it('is no other than the one issued, and tells its times only to who holds it', async () => {
    const { clock, issue, verify } = fixture();
    const { pass, code } = await issue();
    const other = await issue();
    clock.now = pass.data.expires;
    for (const wrong of ['', code.slice(1), `${code}0`, other.code, '\u0000', 'x'.repeat(1000)]) {
      expect(await verify(pass, wrong)).toMatchObject({ outcome: 'refused', reason: 'wrong' });
    }
    expect(await verify(undefined, code)).toMatchObject({ outcome: 'refused', reason: 'wrong' });
    expect(await fixture().factor.verify({}, [pass], { code }, undefined)).toMatchObject({ reason: 'wrong' });
  });
});

describe('issuing', () => {
  const refusal = { code: 'ERR_INPUT' };

  it.each([9 * MINUTE, 30 * DAY + 1, 0, -1, Number.NaN, 90_000.5, 'x'])(
    'refuses a lifetime of %s',
    async (lifetime) => {
      await expect(fixture().issue({ by: 'operator', lifetime })).rejects.toMatchObject(refusal);
    },
  );

  it('keeps to the settings', async () => {
    const { issue } = fixture({ lifetime: { minimum: '30m', maximum: '2h' } });
    for (const lifetime of [20, 150]) {
      await expect(issue({ by: 'operator', lifetime: lifetime * MINUTE })).rejects.toMatchObject(refusal);
    }
    const { issued } = await issue({ by: 'operator', lifetime: 45 * MINUTE });
    expect(issued.shown.expires).toBe(NOW + 45 * MINUTE);
  });

  it('refuses a start in more than 30 days; one in the past is now', async () => {
    const { issue } = fixture();
    await expect(issue({ by: 'operator', starts: NOW + 31 * DAY })).rejects.toMatchObject(refusal);
    expect((await issue({ by: 'operator', starts: NOW - DAY })).pass.data.starts).toBe(NOW);
  });

  it('gives owners one sign-in within 24 hours from now, whatever they ask', async () => {
    const { issue, factor } = fixture({ once: false });
    const { pass } = await issue({ by: 'owner', lifetime: String(DAY), once: false, starts: NOW + DAY });
    expect(pass.data).toMatchObject({ once: true, starts: NOW, expires: NOW + DAY });
    await expect(issue({ by: 'owner', lifetime: DAY + MINUTE })).rejects.toMatchObject(refusal);
    const [{ options = [] } = {}] = factor.issues?.selfService?.choices ?? [];
    expect(options.map(({ value }) => Number(value) / MINUTE)).toEqual([60, 480, 1440]);
    expect(fixture({ lifetime: { maximum: '50m', default: '30m' } }).factor.issues?.selfService).toBeUndefined();
  });
});

describe('the characters', () => {
  it('are read as they were issued, however they are typed', () => {
    const bytes = fc.uint8Array({ minLength: 8, maxLength: 48 });
    fc.assert(
      fc.property(bytes, fc.constantFrom('-', ' ', '\u00a0', '–', ''), (drawn, separator) => {
        const secret = crockford(drawn);
        expect(secret).toHaveLength(drawn.length);
        const typed = grouped(secret).replaceAll('-', separator).toLowerCase();
        expect(normalise(typed.replaceAll('0', 'o').replaceAll('1', 'l'))).toBe(secret);
      }),
    );
  });

  it('are each as likely', () => {
    const counts = Map.groupBy(crockford(Uint8Array.from({ length: 256 }, (_, byte) => byte)), (symbol) => symbol);
    expect([...counts.values()].map(({ length }) => length)).toEqual(Array(32).fill(8));
  });

  it('are hashed with their salt', async () => {
    expect(await hashOf('ABCD', 'a')).not.toBe(await hashOf('ABCD', 'b'));
  });
});

describe('what operators choose', () => {
  const chosen = ({ factor }: ReturnType<typeof fixture>) =>
    Object.fromEntries(
      (factor.issues?.operatorService?.choices ?? []).map(({ name, options }) => [
        name,
        options.map(({ value }) => value),
      ]),
    );

  it('begins with what is usual, and stays within the settings', () => {
    expect(chosen(fixture())).toEqual({
      lifetime: [1, 8, 24, 72].map((hours) => String(hours * 60 * MINUTE)),
      uses: ['once', 'several', 'day-2', 'day-3', 'day-4', 'day-5'],
      delay: ['0', String(DAY), String(7 * DAY)],
    });
    const settings = { once: false, lifetime: { default: '45m', maximum: '8h' } };
    expect(chosen(fixture(settings))).toMatchObject({
      lifetime: [45, 60, 480].map((minutes) => String(minutes * MINUTE)),
      uses: ['several', 'once', 'day-2', 'day-3', 'day-4', 'day-5'],
    });
  });

  it('can all be issued, and nothing else', async () => {
    const it = fixture();
    const { lifetime = [], uses = [], delay = [] } = chosen(it);
    for (const [at, one] of [...lifetime, ...uses, ...delay].entries()) {
      const name = at < lifetime.length ? 'lifetime' : at < lifetime.length + uses.length ? 'uses' : 'delay';
      const { pass } = await it.issue({ by: 'operator', [name]: one });
      expect(pass.data.once).toBe(one !== 'several');
      expect(pass.data.starts).toBe(NOW + (name === 'delay' ? Number(one) : 0));
      const usual = one.startsWith('day-') ? DAY : 60 * MINUTE;
      expect(pass.data.expires - pass.data.starts).toBe(name === 'lifetime' ? Number(one) : usual);
    }
    for (const bad of [
      { uses: 'always' },
      { uses: 'day-6' },
      { uses: 'day-1' },
      { delay: 'soon' },
      { delay: String(31 * DAY) },
      { lifetime: '' },
    ]) {
      await expect(it.issue({ by: 'operator', ...bad })).rejects.toMatchObject({ code: 'ERR_INPUT' });
    }
    const early = await it.issue({ by: 'operator', delay: String(-DAY) });
    expect(early.pass.data.starts).toBe(NOW);
    const own = await it.issue({ by: 'owner', uses: 'several', delay: String(DAY) });
    expect(own.pass.data).toMatchObject({ once: true, starts: NOW });
  });
});
