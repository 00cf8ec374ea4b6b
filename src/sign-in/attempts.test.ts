import { describe, expect, it } from 'vitest';
import { cookieJar, DAY, EPHEMERAL, MINUTE, openEphemeral, random, stoppedClock } from '../../test/support/sign-in.ts';
import { createAttempts } from './attempts.ts';

const LOCKOUT = { failures: 8, duration: 30 * MINUTE, perAddress: { failures: 100, window: 60 * MINUTE } };
const password = (subject: string) => ({ subject, factor: 'password', opening: true });
const code = (subject: string) => ({ subject, factor: 'code', opening: false });

async function fixture(store = 'embedded', lockout = LOCKOUT) {
  const clock = stoppedClock();
  const ephemeral = await openEphemeral(store, clock.now);
  const attempts = createAttempts({ now: clock.now, ephemeral, random, lockout });
  /** How many of so many wrong answers, each from a new browser and another address, are looked at. */
  async function strangers(attempt: ReturnType<typeof password>, count: number): Promise<number> {
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
  return { clock, attempts, strangers, known };
}

describe.each(EPHEMERAL)('the budget of an account in %s', (store) => {
  it('is one for all browsers and addresses, also for 100 at once', async () => {
    const { attempts } = await fixture(store);
    const requests = Array.from({ length: 100 }, (_, index) => cookieJar({ ip: `198.51.100.${index}` }).request());
    const verdicts = await Promise.all(requests.map((request) => attempts.count(password('alice'), request)));
    expect(verdicts.filter(({ allowed }) => allowed)).toHaveLength(8);
    for (const verdict of verdicts) if (!verdict.allowed) expect(verdict.retryAfter).toBeGreaterThan(29 * MINUTE);
    expect(await attempts.count(password('bob'), cookieJar().request())).toEqual({ allowed: true });
    expect(await attempts.count(code('alice'), cookieJar().request())).toEqual({ allowed: true });
  });

  it('of strangers does not lock the owner’s browser, which has one of its own', async () => {
    const { attempts, strangers, known } = await fixture(store);
    const own = await known('alice');
    expect(await strangers(password('alice'), 20)).toBe(8);
    for (let time = 0; time < 8; time += 1) {
      expect(await attempts.count(password('alice'), own.request())).toEqual({ allowed: true });
    }
    expect(await attempts.count(password('alice'), own.request())).toMatchObject({ allowed: false });
    expect(await attempts.count(password('bob'), own.request())).toEqual({ allowed: true });
    const another = await known('alice');
    expect(await attempts.count(password('alice'), another.request())).toEqual({ allowed: true });
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
    expect(await attempts.count(password('carol'), cookieJar().request())).toEqual({ allowed: true });
    expect(await strangers(password('alice'), 20)).toBe(8);
    await attempts.unlock('alice', factors);
    expect(await attempts.locks('alice', factors)).toEqual([]);
    expect(await attempts.count(password('alice'), own.request())).toEqual({ allowed: true });
    expect(await strangers(password('alice'), 20)).toBe(8);
    expect((await attempts.locks('bob', factors)).map(({ factor }) => factor)).toEqual(['code']);
  });

  it('begins anew after a success', async () => {
    const { attempts, strangers, known } = await fixture(store);
    expect(await strangers(password('alice'), 7)).toBe(7);
    await attempts.succeeded(password('alice'), cookieJar().request());
    expect(await strangers(password('alice'), 20)).toBe(8);
    const own = await known('alice');
    for (let time = 0; time < 20; time += 1) {
      expect(await attempts.count(password('alice'), own.request())).toEqual({ allowed: true });
      await attempts.succeeded(password('alice'), own.request());
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

  it('gives somebody who has the password no new codes to guess with each new browser', async () => {
    const { attempts, known } = await fixture();
    let guesses = 0;
    for (let index = 0; index < 20; index += 1) {
      const browser = cookieJar({ ip: `198.51.100.${index}` });
      await attempts.count(password('alice'), browser.request());
      await attempts.succeeded(password('alice'), browser.request());
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
      expect(await attempts.count(password(`a${index}`), request)).toEqual({ allowed: true });
    }
  });

  it('ends an hour after the last attempt, and gets successes back', async () => {
    const { clock, attempts } = await fixture('embedded', few);
    const campus = cookieJar({ ip: '192.0.2.1' });
    for (let index = 0; index < 50; index += 1) {
      expect(await attempts.count(password(`a${index}`), campus.request())).toEqual({ allowed: true });
      await attempts.succeeded(password(`a${index}`), campus.request());
    }
    for (let index = 0; index < 5; index += 1) await attempts.count(password(`b${index}`), campus.request());
    clock.pass(60 * MINUTE - 1);
    expect(await attempts.count(password('c'), campus.request())).toEqual({ allowed: false, retryAfter: 1 });
    clock.pass(1);
    expect(await attempts.count(password('c'), campus.request())).toEqual({ allowed: true });
  });

  it('does not bind a browser on which the account has signed in', async () => {
    const { attempts, known } = await fixture('embedded', few);
    const browser = await known('alice', cookieJar({ ip: '198.51.100.1' }));
    for (const [index, request] of addresses(10, () => '198.51.100.1').entries()) {
      await attempts.count(password(`a${index}`), request);
    }
    expect(await attempts.count(password('alice'), browser.request())).toEqual({ allowed: true });
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
