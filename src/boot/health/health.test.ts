import { describe, expect, it, vi } from 'vitest';
import { SallyportError } from '../../core/errors.ts';
import { createHealth, type Needed } from './index.ts';

const well: Needed = { durable: async () => {}, ephemeral: async () => {}, node: () => {} };
let at = 1_000;
const healthOf = (needed: Partial<Needed>, within = 50) =>
  createHealth({ ...well, ...needed }, { name: 'a', now: () => at, within });

describe('health', () => {
  it('says of each that is needed since when it stands so', async () => {
    let away = false;
    const health = healthOf({
      durable: async () => {
        if (away) throw new SallyportError('ERR_STORE_UNAVAILABLE', 'connect ECONNREFUSED 192.0.2.7:5432');
      },
    });
    expect(await health.report()).toMatchObject({ ready: true, checks: { durable: { state: 'up', since: 1_000 } } });
    at = 2_000;
    away = true;
    expect(await health.report()).toMatchObject({
      ready: false,
      reason: 'durable: connect ECONNREFUSED 192.0.2.7:5432',
      checks: { durable: { state: 'down', since: 2_000 }, ephemeral: { state: 'up', since: 1_000 } },
    });
    at = 3_000;
    expect((await health.report()).checks.durable.since).toBe(2_000);
    away = false;
    expect(await health.report()).toMatchObject({ ready: true, checks: { durable: { state: 'up', since: 3_000 } } });
  });

  it('answers while a store hangs, and asks it nothing more than it was asked', async () => {
    let answer = () => {};
    const ephemeral = vi.fn(() => new Promise<void>((resolve) => (answer = resolve)));
    const health = healthOf({ ephemeral });
    const flood = await Promise.all(Array.from({ length: 500 }, () => health.report()));
    expect(new Set(flood.map(({ reason }) => reason))).toEqual(new Set(['ephemeral: no answer within 50 ms']));
    expect((await health.report()).ready).toBe(false);
    expect(ephemeral).toHaveBeenCalledTimes(1);
    answer();
    await vi.waitFor(async () => {
      const again = health.report();
      answer();
      expect((await again).ready).toBe(true);
    });
  });

  it('shares a look among those who ask at once', async () => {
    const durable = vi.fn(async () => {});
    const health = healthOf({ durable });
    await Promise.all(Array.from({ length: 500 }, () => health.report()));
    expect(durable).toHaveBeenCalledTimes(1);
    await health.report();
    expect(durable).toHaveBeenCalledTimes(2);
  });

  it('tells no secret, whatever an error says', async () => {
    const reasonOf = async (error: Error) => (await healthOf({ durable: () => Promise.reject(error) }).report()).reason;
    const address = 'postgresql://gateway:hunter2@db.example/sallyport';
    expect(await reasonOf(new SallyportError('ERR_STORE_UNAVAILABLE', `${address} is away`))).toBe(
      'durable: postgresql://db.example/sallyport is away',
    );
    expect(await reasonOf(new Error(`password hunter2 for ${address}`))).toBe('durable: it failed: the log says how');
  });

  it('is not ready while it drains, and says so', async () => {
    const health = healthOf({});
    at = 5_000;
    health.drain();
    at = 6_000;
    health.drain();
    expect(await health.report()).toMatchObject({
      ready: false,
      reason: 'process: it is about to end',
      checks: { process: { state: 'draining', since: 5_000 } },
    });
  });
});
