import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { EphemeralStore } from '../../src/core/store.ts';
import { temporaryFolder } from '../support/folders.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { storeModules } from '../support/stores.ts';

const MINUTE = 60_000;
const { ephemeral } = await storeModules();

/** A server of its own: a sample is drawn from all keys, others' included. */
let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

const SETTINGS: Record<string, () => object> = {
  embedded: () => ({ file: join(temporaryFolder(), 'ephemeral.db') }),
  redis: () => ({ url: server.url }),
};

describe.each(ephemeral.map((module) => ({ id: module.id, module })))('the census of $id', ({ id, module }) => {
  async function open(): Promise<EphemeralStore> {
    const store = await module.open(module.settings.parse(SETTINGS[id]?.()), { now: Date.now });
    onTestFinished(() => store.close());
    return store;
  }

  it('says how many values have keys that begin so: all of them, or about', async () => {
    const store = await open();
    for (let at = 0; at < 30; at += 1) await store.set(`few:${at}`, '', MINUTE);
    await store.set('fewer', '', MINUTE);
    expect(await store.census(['few:', 'none:'])).toEqual([30, 0]);
    await store.delete('few:0');
    expect(await store.census(['few:'])).toEqual([29]);
    const kinds = Array.from({ length: 3_000 }, (_, at) => `${at % 3 === 0 ? 'third' : 'rest'}:${at}`);
    await Promise.all(kinds.map((key) => store.set(key, '', MINUTE)));
    const [third = 0, rest = 0] = await store.census(['third:', 'rest:']);
    expect(third).toBeGreaterThan(600);
    expect(third).toBeLessThan(1_400);
    expect(rest).toBeGreaterThan(1_500);
    expect(rest).toBeLessThan(2_500);
  });
});
