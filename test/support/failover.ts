import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { expect, type TestContext, vi } from 'vitest';
import type { EphemeralStore } from '../../src/core/store.ts';
import redis from '../../src/stores/redis/index.ts';
import { lastingStore } from './lasting.ts';
import type { RedisServer } from './redis.ts';
import type { RedisGroup } from './redis-groups.ts';

/** What is the matter with replicas while the primary fails. */
export type Behind = 'none' | 'one' | 'all';

const MINUTE = 60_000;
const WORKERS = 8;
const RECOVERED = { timeout: 60_000, interval: 100 };
const LOADED = 1_000;
/** More than the sockets on the way hold: what comes after it is lost with the primary. */
const STUFFING = 40;

export async function openGroup(settings: object, { onTestFinished }: TestContext): Promise<EphemeralStore> {
  const kept = await lastingStore();
  onTestFinished(() => kept.close());
  const store = await redis.open(redis.settings.parse(settings), { now: Date.now, lasting: kept.lasting });
  onTestFinished(() => store.close());
  await vi.waitFor(() => store.ping(), RECOVERED);
  return store;
}

/**
 * Kills a primary while ends and single-use marks are made, and looks for all that was answered. Answers a function
 * that lets the former primary come back, and looks again.
 */
export async function failOver(group: RedisGroup, store: EphemeralStore, behind: Behind, name: string) {
  const load = startLoad(store, name);
  await pause(LOADED);
  const whole = await group.primaries();
  const [primary] = whole;
  if (primary === undefined) throw new Error('nobody is the primary');
  const replicas = await group.replicasOf(primary);
  const late = behind === 'all' ? replicas : behind === 'one' ? replicas.slice(0, 1) : [];
  for (const replica of late) replica.pause();
  if (late.length > 0) await stuff(primary);
  const before = load.count();
  expect(before).toBeGreaterThan(WORKERS);
  await pause(LOADED);
  await primary.kill();
  for (const replica of late) replica.resume();
  await vi.waitFor(async () => {
    const now = await group.primaries();
    expect(now.length >= whole.length && !now.includes(primary)).toBe(true);
  }, RECOVERED);
  // The one that was promoted has nobody to confirm anything, before the former primary is back as its replica.
  if (replicas.length === 1) await primary.restart();
  await vi.waitFor(() => store.ping(), RECOVERED);
  const promoted = load.count();
  await vi.waitFor(() => expect(load.count()).toBeGreaterThan(promoted + WORKERS), RECOVERED);
  await load.stop();
  await load.check();
  return async () => {
    if (replicas.length > 1) await primary.restart();
    await group.settled();
    await vi.waitFor(() => store.ping(), RECOVERED);
    await load.check();
  };
}

async function stuff({ url }: RedisServer): Promise<void> {
  const admin = new Redis(url);
  const value = 'x'.repeat(1 << 20);
  const fill = (key: string) =>
    Promise.all(Array.from({ length: STUFFING }, () => admin.set(key, value))).then(() => admin.quit());
  for (let at = 0; ; at += 1) {
    const mine = await admin.set(`stuffing:${at}`, '').catch(() => undefined);
    if (mine !== undefined) return void (await fill(`stuffing:${at}`));
  }
}

function startLoad(store: EphemeralStore, name: string) {
  /** Keys whose end or mark was answered. */
  const gone: string[] = [];
  const marked: string[] = [];
  const swapped: string[] = [];
  const strange: unknown[] = [];
  let stopped = false;

  async function work(id: string): Promise<void> {
    await store.set(`code:${id}`, 'secret', MINUTE);
    if ((await store.take(`code:${id}`)) === 'secret') gone.push(`code:${id}`);
    if (await store.add(`mark:${id}`, 'used', MINUTE)) marked.push(`mark:${id}`);
    await store.set(`session:${id}`, 'open', MINUTE);
    await store.delete(`session:${id}`);
    gone.push(`session:${id}`);
    await store.set(`cell:${id}`, 'before', MINUTE);
    if (await store.swap(`cell:${id}`, 'before', 'after')) swapped.push(`cell:${id}`);
  }

  async function worker(index: number): Promise<void> {
    for (let turn = 0; !stopped; turn += 1) {
      await work(`${name}:${index}:${turn}`).catch((error) => {
        if (error.code !== 'ERR_STORE_UNAVAILABLE') strange.push(error);
      });
      await pause(10);
    }
  }

  const workers = Array.from({ length: WORKERS }, (_, index) => worker(index));
  return {
    count: () => gone.length + marked.length + swapped.length,
    async stop(): Promise<void> {
      stopped = true;
      await Promise.all(workers);
    },
    async check(): Promise<void> {
      expect(strange).toEqual([]);
      const found = async (keys: string[], value: string | undefined) => {
        const values = await store.getMany(keys);
        return keys.filter((_, at) => values[at] !== value);
      };
      expect(await found(gone, undefined)).toEqual([]);
      expect(await found(marked, 'used')).toEqual([]);
      expect(await found(swapped, 'after')).toEqual([]);
    },
  };
}
