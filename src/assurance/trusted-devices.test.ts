import { describe, expect, it } from 'vitest';
import { cookieJar, DAY, EPHEMERAL, MINUTE, START } from '../../test/support/sign-in.ts';
import type { Proof } from '../core/assurance.ts';
import { devicesFixture, proof, valuesOf } from './trusted-devices.fixtures.ts';

const PASSWORD: Proof = proof('password', START, { factor: 'password', amr: ['pwd'], kinds: ['knowledge'] });

describe.each(EPHEMERAL)('remembered devices in %s', (store) => {
  const fixture = () => devicesFixture(store);

  it('stand in for a second factor, for their account alone', async () => {
    const { devices, remembered, visit } = await fixture();
    const browser = cookieJar();
    const given = [PASSWORD, proof('phone', START), { ...proof('key', START), request: 'r1' }];
    expect(await devices.remember('alice', given, browser.request())).toBe(true);
    const recalled = await devices.recall('alice', browser.request());
    expect(recalled?.proofs).toEqual([proof('phone', START), proof('key', START)]);
    expect(await visit('bob', browser)).toBe(false);
    expect(await visit('alice', cookieJar())).toBe(false);
    await remembered('bob');
    expect(await visit('bob', browser)).toBe(false);
  });

  it('are made of second factors alone, and never of bootstrap proofs', async () => {
    const { devices } = await fixture();
    const browser = cookieJar();
    const pass = proof('pass', START, { bootstrap: true });
    expect(await devices.remember('alice', [PASSWORD], browser.request())).toBe(false);
    expect(await devices.remember('alice', [pass], browser.request())).toBe(false);
    expect(valuesOf(browser)).toEqual([]);
    await devices.remember('alice', [pass, proof('phone', START)], browser.request());
    expect((await devices.recall('alice', browser.request()))?.proofs).toEqual([proof('phone', START)]);
  });

  it('change their secret at each visit, and are the same device', async () => {
    const { devices, clock, remembered, visit } = await fixture();
    const browser = await remembered();
    const values = new Set(valuesOf(browser));
    for (let day = 1; day <= 5; day += 1) {
      clock.pass(DAY);
      expect(await visit('alice', browser)).toBe(true);
      for (const value of valuesOf(browser)) values.add(value);
    }
    expect(values.size).toBe(6);
    expect(await devices.list('alice', browser.request())).toMatchObject([
      { createdAt: START, usedAt: START + 5 * DAY, current: true, userAgent: 'Browser/1.0' },
    ]);
  });

  it('keep no secret as it is', async () => {
    const { ephemeral, devices, remembered } = await fixture();
    const browser = await remembered();
    const [device] = await devices.list('alice');
    const stored = await ephemeral.get(`device:${device?.id}`);
    expect(stored).toContain('phone');
    for (const part of valuesOf(browser).join('.').split('.')) expect(stored + String(device?.id)).not.toContain(part);
  });

  it('end when their time is over, and are never prolonged by use', async () => {
    const { clock, remembered, visit, devices } = await fixture();
    const browser = await remembered();
    for (let day = 1; day < 30; day += 1) {
      clock.pass(DAY);
      expect(await visit('alice', browser)).toBe(true);
    }
    expect(await devices.list('alice')).toMatchObject([{ expires: START + 30 * DAY }]);
    clock.pass(DAY - 1);
    expect(await visit('alice', browser)).toBe(true);
    clock.pass(1);
    expect(await visit('alice', browser)).toBe(false);
    expect(await devices.list('alice')).toEqual([]);
  });

  it('count their time from the oldest proof', async () => {
    const { clock, devices } = await fixture();
    const browser = cookieJar();
    clock.pass(40 * DAY);
    const old = proof('old', clock.now() - 20 * DAY);
    await devices.remember('alice', [proof('new', clock.now()), old], browser.request());
    expect(await devices.list('alice')).toMatchObject([{ expires: clock.now() + 10 * DAY }]);
    expect(await devices.remember('bob', [proof('older', clock.now() - 30 * DAY)], browser.request())).toBe(false);
  });

  it('are renewed by a new proof, on the same device', async () => {
    const { clock, devices, remembered, visit } = await fixture();
    const browser = await remembered();
    const [before] = await devices.list('alice');
    clock.pass(20 * DAY);
    await remembered('alice', 'key', browser);
    clock.pass(20 * DAY);
    expect(await visit('alice', browser)).toBe(true);
    const after = await devices.list('alice');
    expect(after).toMatchObject([{ id: before?.id, createdAt: START + 20 * DAY }]);
  });

  it('give nothing to somebody who planted their own cookie, before or after', async () => {
    const { clock, events, remembered, visit, copyOf } = await fixture();
    const attacker = await remembered('mallory');
    const victim = copyOf(attacker);
    expect(await visit('alice', victim)).toBe(false);
    await remembered('alice', 'phone', victim);
    expect(await visit('alice', victim)).toBe(true);
    expect(await visit('alice', attacker)).toBe(false);
    clock.pass(DAY);
    expect(await visit('alice', attacker)).toBe(false);
    expect(await visit('alice', victim)).toBe(true);
    expect(events).toEqual([]);
  });

  it('hold for two accounts on one browser, each with a time of its own', async () => {
    const { clock, devices, remembered, visit } = await fixture();
    const browser = await remembered('alice');
    clock.pass(20 * DAY);
    await remembered('bob', 'key', browser);
    expect([await visit('alice', browser), await visit('bob', browser)]).toEqual([true, true]);
    expect(await devices.list('alice', browser.request())).toMatchObject([
      { current: true, expires: START + 30 * DAY },
    ]);
    clock.pass(10 * DAY);
    expect([await visit('alice', browser), await visit('bob', browser)]).toEqual([false, true]);
    clock.pass(20 * DAY);
    expect(await visit('bob', browser)).toBe(false);
  });

  it('are so many on one browser, and of one account', async () => {
    const { clock, devices, remembered, visit } = await fixture();
    const browser = cookieJar();
    const names = Array.from({ length: 7 }, (_, at) => `person-${at}`);
    for (const name of names) {
      clock.pass(DAY);
      await remembered(name, 'phone', browser);
    }
    expect(browser.jar.devices.size).toBe(5);
    const still = [];
    for (const name of names) still.push(await visit(name, browser));
    expect(still).toEqual([false, false, true, true, true, true, true]);

    const first = await remembered('alice');
    for (let more = 0; more < 25; more += 1) {
      clock.pass(MINUTE);
      await remembered('alice');
    }
    expect(await devices.list('alice')).toHaveLength(20);
    expect(await visit('alice', first)).toBe(false);
  });

  it('keep a record that no client can make grow', async () => {
    const { ephemeral, devices, remembered, visit } = await fixture();
    const browser = await remembered();
    const [device] = await devices.list('alice');
    const size = async () => (await ephemeral.get(`device:${device?.id}`))?.length ?? 0;
    const before = await size();
    // Each presents what the last answer gave, at once.
    for (let visits = 0; visits < 60; visits += 1) expect(await visit('alice', browser)).toBe(true);
    expect(await size()).toBeLessThan(before + 1_000);
  });

  it('stand 50 parallel visits, lost answers, and answers in another order', async () => {
    const { clock, events, remembered, visit, devices } = await fixture();
    const browser = await remembered();
    clock.pass(DAY);
    expect(await visit('alice', browser, true)).toBe(true);
    clock.pass(DAY);
    const requests = Array.from({ length: 50 }, () => browser.request());
    const recalled = await Promise.all(requests.map((request) => devices.recall('alice', request)));
    expect(recalled.filter(Boolean)).toHaveLength(50);
    await Promise.all(recalled.map((device) => device?.used()));
    clock.pass(DAY);
    const slow = browser.request();
    expect(await visit('alice', browser)).toBe(true);
    expect(await visit('alice', browser)).toBe(true);
    clock.pass(MINUTE);
    const late = await devices.recall('alice', slow);
    expect(late).toBeDefined();
    const held = valuesOf(browser);
    await late?.used();
    expect(valuesOf(browser)).toEqual(held);
    clock.pass(DAY);
    expect(await visit('alice', browser)).toBe(true);
    expect(events).toEqual([]);
  });

  it('do not put a superseded secret back when a renewal was under way', async () => {
    const { clock, devices, events, remembered, visit } = await fixture();
    const browser = await remembered();
    clock.pass(DAY);
    const slow = browser.request();
    await visit('alice', browser);
    await visit('alice', browser);
    clock.pass(MINUTE);
    await devices.remember('alice', [proof('phone', clock.now())], slow);
    clock.pass(DAY);
    expect(await visit('alice', browser)).toBe(true);
    expect(events).toEqual([]);
  });

  it('rotate once in a request that asks twice', async () => {
    const { clock, devices, events, remembered, visit } = await fixture();
    const browser = await remembered();
    clock.pass(DAY);
    const lost = browser.request(true);
    for (let time = 0; time < 2; time += 1) {
      const device = await devices.recall('alice', lost);
      expect(device).toBeDefined();
      await device?.used();
    }
    clock.pass(DAY);
    expect(await visit('alice', browser)).toBe(true);
    expect(events).toEqual([]);
  });

  describe('revoked', () => {
    async function three() {
      const all = await fixture();
      const phone = await all.remembered('alice', 'phone');
      const key = await all.remembered('alice', 'key');
      const both = await all.remembered('bob', 'bobs', await all.remembered('alice', 'phone'));
      const held = async () => Promise.all([phone, key, both].map((it) => all.visit('alice', it)));
      return { ...all, phone, key, both, held };
    }

    it('one by one, by its owner alone', async () => {
      const { devices, key, held } = await three();
      const id = (await devices.list('alice', key.request())).find(({ current }) => current)?.id ?? '';
      expect(await devices.revoke('bob', { device: id })).toBe(0);
      expect(await devices.revoke('alice', { device: 'unknown' })).toBe(0);
      expect(await held()).toEqual([true, true, true]);
      expect(await devices.revoke('alice', { device: id })).toBe(1);
      expect(await held()).toEqual([true, false, true]);
      expect(await devices.revoke('alice', { device: id })).toBe(0);
    });

    it('by credential', async () => {
      const { devices, held } = await three();
      expect(await devices.revoke('alice', { credential: 'phone' })).toBe(2);
      expect(await held()).toEqual([false, true, false]);
      expect(await devices.list('alice')).toHaveLength(1);
    });

    it('all at once, and at once; other accounts stay', async () => {
      const { devices, both, held, visit } = await three();
      expect(await devices.revoke('alice')).toBe(3);
      expect(await held()).toEqual([false, false, false]);
      expect(await devices.list('alice')).toEqual([]);
      expect(await visit('bob', both)).toBe(true);
    });

    it('while visits are under way', async () => {
      const { devices, phone, key, both, held, visit } = await three();
      const visits = Array.from({ length: 30 }, (_, index) => visit('alice', [phone, key, both][index % 3] ?? phone));
      await Promise.all([...visits, devices.revoke('alice')]);
      expect(await held()).toEqual([false, false, false]);
    });
  });

  it('are neither made nor used on a shared network', async () => {
    const { devices, remembered, visit, copyOf } = await fixture();
    const library = cookieJar({ shared: true });
    expect(await devices.remember('alice', [proof('phone', START)], library.request())).toBe(false);
    expect(valuesOf(library)).toEqual([]);
    const own = await remembered();
    library.jar.devices = copyOf(own).jar.devices;
    expect(await visit('alice', library)).toBe(false);
    expect(await visit('alice', own)).toBe(true);
  });

  it('take nothing forged', async () => {
    const { events, remembered, visit } = await fixture();
    const browser = await remembered();
    const [[series, secret] = ['', '']] = browser.jar.devices;
    const forged = [
      ['', ''],
      ['A'.repeat(22), secret],
      [`${series}x`, secret],
      [series.toLowerCase(), secret.toUpperCase()],
      ['*', secret],
      ['x'.repeat(100_000), secret],
      ['__proto__', secret],
    ] as const;
    for (const [named, given] of forged) {
      const forger = cookieJar();
      forger.jar.devices.set(named, given);
      expect(await visit('alice', forger), named.slice(0, 80)).toBe(false);
    }
    expect(events).toEqual([]);
    expect(await visit('alice', browser)).toBe(true);
    const guesser = cookieJar();
    guesser.jar.devices.set(series, 'A'.repeat(43));
    expect(await visit('alice', guesser)).toBe(false);
    expect(events).toMatchObject([{ event: 'device.theft' }]);
  });
});
