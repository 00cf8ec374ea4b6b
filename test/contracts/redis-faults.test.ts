import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { EphemeralStore } from '../../src/core/store.ts';
import redis from '../../src/stores/redis/index.ts';
import { freePort } from '../support/ports.ts';
import { type RedisOptions, type RedisServer, startRedis } from '../support/redis.ts';

const MINUTE = 60_000;
const UNAVAILABLE = { code: 'ERR_STORE_UNAVAILABLE' };

async function server(options?: RedisOptions): Promise<RedisServer> {
  const started = await startRedis(options);
  onTestFinished(() => started.stop());
  return started;
}

async function open(url: string, confirmReplicas = 0): Promise<{ store: EphemeralStore; states: string[] }> {
  const states: string[] = [];
  const store = await redis.open(redis.settings.parse({ url, confirmReplicas }), {
    now: Date.now,
    onState: (state) => states.push(state),
  });
  onTestFinished(() => store.close());
  return { store, states };
}

function everyOperation(store: EphemeralStore): Promise<unknown>[] {
  return [
    store.get('a'),
    store.getMany(['a', 'b']),
    store.set('a', 'value', MINUTE),
    store.add('a', 'value', MINUTE),
    store.swap('a', 'value', 'other'),
    store.take('a'),
    store.delete('a'),
    store.expire('a', MINUTE),
    store.attempt('a', 1, MINUTE),
    store.refund('a'),
    store.addMember('a', 'member', MINUTE),
    store.removeMember('a', 'member'),
    store.members('a'),
    store.publish('a'),
    store.ping(),
  ];
}

/** Each is refused, and none is left waiting: the test's own time limit is the bound. */
async function expectRefused(store: EphemeralStore): Promise<void> {
  const outcomes = await Promise.allSettled(everyOperation(store));
  for (const outcome of outcomes) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: UNAVAILABLE });
  }
}

function recovered(store: EphemeralStore): Promise<void> {
  return vi.waitFor(() => store.ping(), { timeout: 10_000, interval: 20 });
}

describe('the Redis store when Redis fails', () => {
  it('refuses everything while Redis is gone, and recovers by itself', async () => {
    const primary = await server({ persist: true });
    const { store, states } = await open(primary.url);
    await store.set('kept', 'value', MINUTE);
    await store.addMember('set', 'member', MINUTE);
    expect(await store.attempt('budget', 1, MINUTE)).toMatchObject({ allowed: true });
    await primary.kill();
    await expectRefused(store);
    await vi.waitFor(() => expect(states).toEqual(['up', 'down']), { timeout: 20_000 });
    await primary.restart();
    await recovered(store);
    expect(states).toEqual(['up', 'down', 'up']);
    expect(await store.take('kept')).toBe('value');
    expect(await store.take('kept')).toBeUndefined();
    expect(await store.members('set')).toEqual(['member']);
    expect(await store.attempt('budget', 1, MINUTE)).toMatchObject({ allowed: false });
  });

  it('refuses while Redis hangs with its connections open, and recovers by itself', async () => {
    const primary = await server();
    const { store, states } = await open(primary.url);
    primary.pause();
    await expectRefused(store);
    await vi.waitFor(() => expect(states).toEqual(['up', 'down']), { timeout: 10_000 });
    primary.resume();
    await recovered(store);
    expect(states.at(-1)).toBe('up');
  });

  it('opens without Redis, refuses, and begins to work once it is there', async () => {
    const primary = await server();
    await primary.kill();
    const { store, states } = await open(primary.url);
    expect(states).toEqual(['down']);
    await expectRefused(store);
    await primary.restart();
    await recovered(store);
    expect(states).toEqual(['down', 'up']);
  });

  it('says to look where topics may have been missed, and hears them again', async () => {
    const primary = await server();
    const { store } = await open(primary.url);
    const heard: string[] = [];
    await store.subscribe('topic', () => void heard.push('look'));
    await store.publish('topic');
    await vi.waitFor(() => expect(heard).toHaveLength(1), { timeout: 20_000 });
    await primary.kill();
    await primary.restart();
    await vi.waitFor(() => expect(heard).toHaveLength(2), { timeout: 10_000 });
    await recovered(store);
    await store.publish('topic');
    await vi.waitFor(() => expect(heard).toHaveLength(3), { timeout: 20_000 });
  });

  it('lets people listen while Redis is away, and closes', async () => {
    const { store } = await open(`redis://127.0.0.1:${await freePort()}`);
    const end = await store.subscribe('topic', () => {});
    end();
    await store.close();
  });

  it('closes while Redis is away', async () => {
    const { store } = await open(`redis://127.0.0.1:${await freePort()}`);
    await store.close();
    await expect(store.get('a')).rejects.toMatchObject(UNAVAILABLE);
  });

  it('never shows the password in an error', async () => {
    const { store } = await open(`redis://user:s3cret@127.0.0.1:${await freePort()}`);
    const error: Error = await store.get('a').catch((reason) => reason);
    expect(error).toMatchObject(UNAVAILABLE);
    expect(error.message + String(error.cause)).not.toContain('s3cret');
  });

  it('refuses what Redis refuses: writes to a read-only replica', async () => {
    const primary = await server();
    const replica = await server({ replicaOf: primary.port });
    const { store } = await open(replica.url);
    await expect(store.ping()).rejects.toMatchObject(UNAVAILABLE);
    await expect(store.add('mark', 'value', MINUTE)).rejects.toMatchObject(UNAVAILABLE);
  });
});

async function evicting(url: string): Promise<void> {
  const admin = new Redis(url);
  await admin.config('SET', 'maxmemory-policy', 'volatile-lru');
  await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  await admin.quit();
}

it('does not start on a Redis that may forget what was used', async () => {
  const primary = await server();
  await evicting(primary.url);
  const opened = redis.open(redis.settings.parse({ url: primary.url }), { now: Date.now });
  await expect(opened).rejects.toMatchObject({
    code: 'ERR_CONFIG',
    message: expect.stringMatching(/maxmemory-policy volatile-lru.*set it to noeviction/),
  });
});

it('warns of a Redis that may forget what was used, once it runs', async () => {
  const primary = await server();
  const details: (string | undefined)[] = [];
  const store = await redis.open(redis.settings.parse({ url: primary.url }), {
    now: Date.now,
    onState: (_, detail) => details.push(detail),
  });
  onTestFinished(() => store.close());
  await evicting(primary.url);
  await vi.waitFor(() => expect(details.at(-1)).toContain('volatile-lru'), { timeout: 20_000, interval: 50 });
});

describe('the Redis store with replicas to confirm', () => {
  it('lets one of many parallel uses win, confirmed, and refuses once no replica confirms', async () => {
    const primary = await server();
    const replica = await server({ replicaOf: primary.port });
    const { store } = await open(primary.url, 1);
    await recovered(store);
    await store.set('code', 'value', MINUTE);
    const taken = await Promise.all(Array.from({ length: 100 }, () => store.take('code')));
    expect(taken.filter((value) => value !== undefined)).toEqual(['value']);
    const added = await Promise.all(Array.from({ length: 100 }, () => store.add('mark', 'x', MINUTE)));
    expect(added.filter(Boolean)).toHaveLength(1);
    expect(await store.swap('mark', 'x', 'y')).toBe(true);

    await replica.kill();
    await expect(store.take('mark')).rejects.toMatchObject(UNAVAILABLE);
    await expect(store.add('other', 'x', MINUTE)).rejects.toMatchObject(UNAVAILABLE);
    await expect(store.ping()).rejects.toMatchObject(UNAVAILABLE);
    expect(await store.add('other', 'x', MINUTE)).toBe(false);
    await store.set('session', 'value', MINUTE);
    expect(await store.get('session')).toBe('value');

    await replica.restart();
    await recovered(store);
    expect(await store.take('session')).toBe('value');
  });
});
