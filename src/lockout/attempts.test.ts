import { describe, expect, it } from 'vitest';
import { openDurable } from '../../test/support/durable.ts';
import { recordingAudit } from '../../test/support/recording.ts';
import { cookieJar, DAY, EPHEMERAL, MINUTE, openEphemeral, random, stoppedClock } from '../../test/support/sign-in.ts';
import type { Browser } from '../core/browser.ts';
import type { Attempt } from './attempt.ts';
import { createAttempts } from './attempts.ts';

const LOCKOUT = { failures: 8, duration: 30 * MINUTE, inARow: 100, perAddress: { failures: 100, window: 60 * MINUTE } };
const password = (subject: string): Attempt => ({ subject, factor: 'password', opening: true, against: ['password'] });
const code = (subject: string, ...against: string[]): Attempt => ({ subject, factor: 'code', opening: false, against });

async function fixture(store = 'embedded', lockout = LOCKOUT) {
  const clock = stoppedClock();
  const ephemeral = await openEphemeral(store, clock.now);
  const { durable } = await openDurable();
  const { audit, events } = recordingAudit();
  const attempts = createAttempts({ now: clock.now, ephemeral, durable, audit, random, lockout });
  /** How many of so many wrong answers, each from a new browser and another address, are looked at. */
  async function strangers(attempt: Attempt, count: number): Promise<number> {
    let allowed = 0;
    for (let index = 0; index < count; index += 1) {
      const browser = cookieJar({ ip: `198.51.100.${index % 250}` });
      if ((await attempts.count(attempt, browser.request())).allowed) allowed += 1;
    }
    return allowed;
  }
  async function known(subject: string, browser = cookieJar()) {
    await attempts.recognise(subject, browser.request());
    return browser;
  }
  /** A right answer. */
  async function right(attempt: Attempt, browser: Browser): Promise<void> {
    const turn = await attempts.count(attempt, browser);
    if (!turn.allowed) throw new Error('it is not looked at');
    await turn.succeeded();
  }
  /** A wrong one, looked at or not. */
  async function wrong(attempt: Attempt, browser: Browser): Promise<boolean> {
    const turn = await attempts.count(attempt, browser);
    if (turn.allowed) await turn.failed({ account: attempt.subject });
    return turn.allowed;
  }
  return { clock, attempts, strangers, known, right, wrong, events };
}

describe.each(EPHEMERAL)('the budget of an account in %s', (store) => {
  it('is one for all browsers and addresses, also for 100 at once', async () => {
    const { attempts } = await fixture(store);
    const requests = Array.from({ length: 100 }, (_, index) => cookieJar({ ip: `198.51.100.${index}` }).request());
    const verdicts = await Promise.all(requests.map((request) => attempts.count(password('alice'), request)));
    expect(verdicts.filter(({ allowed }) => allowed)).toHaveLength(8);
    for (const verdict of verdicts) if (!verdict.allowed) expect(verdict.retryAfter).toBeGreaterThan(29 * MINUTE);
    expect(await attempts.count(password('bob'), cookieJar().request())).toMatchObject({ allowed: true });
    expect(await attempts.count(code('alice'), cookieJar().request())).toMatchObject({ allowed: true });
  });

  it('of strangers does not lock the owner’s browser, which has one of its own', async () => {
    const { attempts, strangers, known } = await fixture(store);
    const own = await known('alice');
    expect(await strangers(password('alice'), 20)).toBe(8);
    for (let time = 0; time < 8; time += 1) {
      expect(await attempts.count(password('alice'), own.request())).toMatchObject({ allowed: true });
    }
    expect(await attempts.count(password('alice'), own.request())).toMatchObject({ allowed: false });
    expect(await attempts.count(password('bob'), own.request())).toMatchObject({ allowed: true });
    const another = await known('alice');
    expect(await attempts.count(password('alice'), another.request())).toMatchObject({ allowed: true });
  });

  it('is told, counting nothing, and begins anew for strangers and own browsers when it is unlocked', async () => {
    const { clock, attempts, strangers, known } = await fixture(store);
    const factors = ['password', 'code'];
    const own = await known('alice');
    for (let time = 0; time < 9; time += 1) await attempts.count(password('alice'), own.request());
    await strangers(code('bob'), 9);
    expect(await attempts.locks('alice', ['code'])).toEqual([]);
    const [lock, ...others] = await attempts.locks('alice', factors);
    expect(others).toEqual([]);
    expect(lock?.factor).toBe('password');
    expect(Math.abs((lock?.until ?? 0) - clock.now() - 30 * MINUTE)).toBeLessThan(MINUTE);
    for (let time = 0; time < 20; time += 1) expect(await attempts.locks('carol', factors)).toEqual([]);
    expect(await attempts.count(password('carol'), cookieJar().request())).toMatchObject({ allowed: true });
    expect(await strangers(password('alice'), 20)).toBe(8);
    await attempts.unlock('alice', factors);
    expect(await attempts.locks('alice', factors)).toEqual([]);
    expect(await attempts.count(password('alice'), own.request())).toMatchObject({ allowed: true });
    expect(await strangers(password('alice'), 20)).toBe(8);
    expect((await attempts.locks('bob', factors)).map(({ factor }) => factor)).toEqual(['code']);
  });

  it('begins anew after a success', async () => {
    const { strangers, known, right } = await fixture(store);
    expect(await strangers(password('alice'), 7)).toBe(7);
    await right(password('alice'), cookieJar().request());
    expect(await strangers(password('alice'), 20)).toBe(8);
    const own = await known('alice');
    for (let time = 0; time < 20; time += 1) {
      await right(password('alice'), own.request());
    }
    expect(await strangers(password('alice'), 1)).toBe(0);
  });
});

describe('a lock', () => {
  it('lasts for half an hour after the last attempt that was looked at, however often one knocks', async () => {
    const { clock, strangers, attempts } = await fixture();
    expect(await strangers(password('alice'), 9)).toBe(8);
    clock.pass(29 * MINUTE);
    expect(await attempts.count(password('alice'), cookieJar().request())).toEqual({
      allowed: false,
      retryAfter: MINUTE,
    });
    clock.pass(MINUTE - 1);
    expect(await strangers(password('alice'), 5)).toBe(0);
    clock.pass(1);
    expect(await strangers(password('alice'), 20)).toBe(8);
  });

  it('meets names that nobody goes by alike, however they are written', async () => {
    const { attempts, strangers } = await fixture();
    expect(await strangers(password(attempts.stranger('Nobody')), 20)).toBe(8);
    const verdict = await attempts.count(password(attempts.stranger('nobody')), cookieJar().request());
    expect(verdict).toEqual({ allowed: false, retryAfter: 30 * MINUTE });
    expect(attempts.stranger('ｎｏｂｏｄｙ')).toBe(attempts.stranger('NOBODY'));
    expect(attempts.stranger('nobody')).not.toContain('nobody');
    expect(await strangers(password(attempts.stranger('somebody')), 1)).toBe(1);
  });
});

describe('a known browser', () => {
  it('is known for its own accounts, and is forgotten after half a year', async () => {
    const { clock, attempts, strangers, known } = await fixture();
    const browser = await known('bob', await known('alice'));
    await strangers(password('alice'), 8);
    await strangers(password('bob'), 8);
    await strangers(password('carol'), 8);
    expect(await attempts.count(password('alice'), browser.request())).toMatchObject({ allowed: true });
    expect(await attempts.count(password('bob'), browser.request())).toMatchObject({ allowed: true });
    expect(await attempts.count(password('carol'), browser.request())).toMatchObject({ allowed: false });
    clock.pass(180 * DAY);
    await strangers(password('alice'), 8);
    expect(await attempts.count(password('alice'), browser.request())).toMatchObject({ allowed: false });
  });

  it('is not one that only says so', async () => {
    const { attempts, strangers } = await fixture();
    await strangers(password('alice'), 8);
    for (const value of ['', 'alice', 'x'.repeat(10_000)]) {
      const browser = cookieJar();
      browser.jar.known = value;
      expect(await attempts.count(password('alice'), browser.request())).toMatchObject({ allowed: false });
    }
  });

  it('is one no more once the password is another one, but for the browser where it was changed', async () => {
    const { clock, attempts, strangers, known } = await fixture();
    const [here, there] = [await known('alice'), await known('alice')];
    const late = cookieJar();
    const turn = await attempts.count(password('alice'), late.request());
    await attempts.forgetBrowsers('alice');
    await known('alice', here);
    // The former password was right when it was looked at.
    if (turn.allowed) await turn.recognised();
    await strangers(password('alice'), 8);
    for (const browser of [there, late]) {
      expect(await attempts.count(password('alice'), browser.request())).toMatchObject({ allowed: false });
    }
    clock.pass(179 * DAY);
    await known('alice', here);
    clock.pass(179 * DAY);
    await strangers(password('alice'), 8);
    expect(await attempts.count(password('alice'), here.request())).toMatchObject({ allowed: true });
  });

  it('gives somebody who has the password no new codes to guess with each new browser', async () => {
    const { attempts, known, right } = await fixture();
    let guesses = 0;
    for (let index = 0; index < 20; index += 1) {
      const browser = cookieJar({ ip: `198.51.100.${index}` });
      await right(password('alice'), browser.request());
      await known('alice', browser);
      while ((await attempts.count(code('alice'), browser.request())).allowed) guesses += 1;
    }
    expect(guesses).toBe(8);
  });
});

describe('the budget of an address', () => {
  const few = { ...LOCKOUT, perAddress: { failures: 5, window: 60 * MINUTE } };
  const addresses = (count: number, ip: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => cookieJar({ ip: ip(index) }).request());

  it.each([
    ['one IPv4 address', () => '198.51.100.1'],
    ['one IPv4 address, also written as IPv6', (index: number) => (index % 2 ? '198.51.100.1' : '::ffff:198.51.100.1')],
    ['an IPv6 /64', (index: number) => `2001:db8:0:1:${index}::${index}`],
    ['what is no address', (index: number) => `unknown-${index}`],
  ])('is one for %s, across accounts', async (_, ip) => {
    const { attempts } = await fixture('embedded', few);
    const verdicts = await Promise.all(
      addresses(20, ip).map((request, index) => attempts.count(password(`a${index}`), request)),
    );
    expect(verdicts.filter(({ allowed }) => allowed)).toHaveLength(5);
  });

  it('is another for another IPv6 /64', async () => {
    const { attempts } = await fixture('embedded', few);
    const requests = addresses(20, (index) => `2001:db8:0:${index}::1`);
    for (const [index, request] of requests.entries()) {
      expect(await attempts.count(password(`a${index}`), request)).toMatchObject({ allowed: true });
    }
  });

  it('ends an hour after the last attempt, and gets successes back', async () => {
    const { clock, attempts, right } = await fixture('embedded', few);
    const campus = cookieJar({ ip: '192.0.2.1' });
    for (let index = 0; index < 50; index += 1) {
      await right(password(`a${index}`), campus.request());
    }
    for (let index = 0; index < 5; index += 1) await attempts.count(password(`b${index}`), campus.request());
    clock.pass(60 * MINUTE - 1);
    expect(await attempts.count(password('c'), campus.request())).toEqual({ allowed: false, retryAfter: 1 });
    clock.pass(1);
    expect(await attempts.count(password('c'), campus.request())).toMatchObject({ allowed: true });
  });

  it('does not bind a browser on which the account has signed in', async () => {
    const { attempts, known } = await fixture('embedded', few);
    const browser = await known('alice', cookieJar({ ip: '198.51.100.1' }));
    for (const [index, request] of addresses(10, () => '198.51.100.1').entries()) {
      await attempts.count(password(`a${index}`), request);
    }
    expect(await attempts.count(password('alice'), browser.request())).toMatchObject({ allowed: true });
  });

  it('once spent, locks no more accounts', async () => {
    const { attempts, strangers } = await fixture('embedded', few);
    const attacker = cookieJar({ ip: '203.0.113.1' });
    for (let index = 0; index < 5; index += 1) await attempts.count(password(`a${index}`), attacker.request());
    for (let index = 0; index < 20; index += 1) {
      expect(await attempts.count(password('alice'), attacker.request())).toMatchObject({ allowed: false });
    }
    expect(await strangers(password('alice'), 20)).toBe(8);
  });
});

describe.each(EPHEMERAL)('failures in a row, in %s', (store) => {
  const patient = { ...LOCKOUT, failures: 100, perAddress: { failures: 1000, window: 60 * MINUTE } };

  it('stop a credential for good, at most as many of 150 at once, and a new one begins anew', async () => {
    const { attempts, events } = await fixture(store, patient);
    const guess = async (at: number) => {
      const turn = await attempts.count(code('alice', 'app'), cookieJar({ ip: `198.51.100.${at}` }).request());
      if (turn.allowed) await turn.failed({ account: 'alice' });
      return turn.allowed;
    };
    const looked = await Promise.all(Array.from({ length: 150 }, (_, at) => guess(at)));
    expect(looked.filter(Boolean)).toHaveLength(100);
    expect(await attempts.stopped('alice')).toEqual(new Set(['app']));
    const told = events.map(({ event, failures }) => [event, failures]);
    expect(told).toContainEqual(['attempts.many', 50]);
    expect(told.filter(([event]) => event === 'attempts.stopped')).toEqual([['attempts.stopped', 100]]);
    await attempts.unlock('bob', ['code']);
    expect(await attempts.stopped('alice')).toEqual(new Set(['app']));
    await attempts.unlock('alice', ['code']);
    expect(await attempts.stopped('alice')).toEqual(new Set());
  });

  it('are ended by a right answer alone, not by waiting or by a choice', async () => {
    const { attempts, right, wrong } = await fixture(store, { ...patient, inARow: 5 });
    const browser = cookieJar().request();
    const mine = code('alice', 'app', 'token');
    for (let time = 0; time < 4; time += 1) expect(await wrong(mine, browser)).toBe(true);
    const choice = await attempts.count(mine, browser);
    if (choice.allowed) await choice.returned();
    await right(mine, browser);
    for (let time = 0; time < 5; time += 1) expect(await wrong(code('alice', 'app'), browser)).toBe(true);
    const left = await attempts.count(mine, browser);
    expect(left).toMatchObject({ allowed: true, against: ['token'] });
    if (left.allowed) await left.succeeded();
    expect(await attempts.count(code('alice', 'app'), browser)).toEqual({ allowed: false });
  });
});

describe('a stopped password', () => {
  const few = { ...LOCKOUT, failures: 100, inARow: 6 };

  it('is stopped for strangers alone, until its owner shows more', async () => {
    const { attempts, strangers, known, wrong, events } = await fixture('embedded', few);
    const own = await known('alice');
    expect(await strangers(password('alice'), 20)).toBe(6);
    expect(await attempts.locks('alice', ['password'])).toEqual([{ factor: 'password' }]);
    for (let time = 0; time < 20; time += 1) expect(await wrong(password('alice'), own.request())).toBe(true);
    await attempts.release('alice', ['password'], {});
    expect(events.map(({ event }) => event)).toEqual(['attempts.released']);
    expect(await strangers(password('alice'), 20)).toBe(6);
  });

  it('does not tell which names exist: what nobody goes by is stopped alike, for a week', async () => {
    const { clock, attempts, strangers } = await fixture('embedded', few);
    const nobody = password(attempts.stranger('nobody'));
    expect(await strangers(nobody, 20)).toBe(6);
    expect(await attempts.count(nobody, cookieJar().request())).toEqual({ allowed: false });
    expect(await strangers(password(attempts.stranger('somebody')), 1)).toBe(1);
    clock.pass(7 * DAY + 1);
    expect(await strangers(nobody, 20)).toBe(6);
  });
});
