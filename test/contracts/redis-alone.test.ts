import { setImmediate as turn } from 'node:timers/promises';
import { describe, it, type TestContext, vi } from 'vitest';
import type { EphemeralStore } from '../../src/core/store.ts';
import redis from '../../src/stores/redis/index.ts';
import { type LastingStore, lastingStore } from '../support/lasting.ts';
import type { RedisServer } from '../support/redis.ts';
import { type RedisGroup, startCluster, startSentinels } from '../support/redis-groups.ts';

const MINUTE = 60_000;
const UNAVAILABLE = { code: 'ERR_STORE_UNAVAILABLE' };
const RECOVERED = { timeout: 60_000, interval: 50 };
const MORE = { appendonly: 'yes', 'cluster-replica-validity-factor': 0 };

interface Form {
  name: string;
  start(): Promise<{ group: RedisGroup; settings: object }>;
}

const FORMS: readonly Form[] = [
  {
    name: 'under Sentinel',
    async start() {
      const { 'cluster-replica-validity-factor': _, ...more } = MORE;
      const group = await startSentinels({ patience: 3_000, more });
      return { group, settings: { sentinels: group.sentinels, name: group.name } };
    },
  },
  {
    name: 'in a cluster',
    async start() {
      const group = await startCluster({ patience: 3_000, more: MORE });
      return { group, settings: { cluster: group.nodes } };
    },
  },
];

interface Scene {
  group: RedisGroup;
  kept: LastingStore;
  /** Of two nodes. */
  one: EphemeralStore;
  other: EphemeralStore;
  /** Opens another one. */
  join(): Promise<EphemeralStore>;
  /** A primary, and keys that it has. */
  primary: RedisServer;
  key(name: string): string;
}

async function scene({ start }: Form, { onTestFinished }: TestContext): Promise<Scene> {
  const [{ group, settings }, kept] = [await start(), await lastingStore()];
  onTestFinished(async () => {
    await group.stop();
    await kept.close();
  });
  async function join(): Promise<EphemeralStore> {
    const store = await redis.open(redis.settings.parse(settings), { now: Date.now, lasting: kept.lasting });
    onTestFinished(() => store.close());
    await vi.waitFor(() => store.ping(), RECOVERED);
    return store;
  }
  const [one, other] = [await join(), await join()];
  const [primary] = await group.primaries();
  if (!primary) throw new Error('nobody is the primary');
  // All keys of one tag lie together, wherever that is.
  const tag = await tagAt(primary, one);
  return { group, kept, one, other, join, primary, key: (name) => `${name}:{${tag}}` };
}

/** A hash tag of the server's. */
async function tagAt({ url }: RedisServer, store: EphemeralStore): Promise<string> {
  const { Redis } = await import('ioredis');
  const to = new Redis(url);
  for (let at = 0; ; at += 1) {
    await store.set(`probe:{${at}}`, 'x', MINUTE);
    const found = await to.exists(`sallyport:probe:{${at}}`).catch(() => 0);
    if (found !== 1) continue;
    to.disconnect();
    return String(at);
  }
}

/** The primary has nobody left; answers those who were there, with what they had. */
async function leaveAlone({ group, primary, one }: Scene): Promise<RedisServer[]> {
  const replicas = await group.replicasOf(primary);
  for (const replica of replicas) await replica.kill();
  await vi.waitFor(() => one.ping(), RECOVERED);
  return replicas;
}

/** The primary is lost, and one of those who were away comes back in its place. */
async function replace({ group, primary }: Scene, replicas: RedisServer[]): Promise<void> {
  const before = (await group.primaries()).length;
  await primary.kill();
  await Promise.all(replicas.map((replica) => replica.restart()));
  await vi.waitFor(async () => {
    const now = await group.primaries();
    if (now.length < before || now.includes(primary)) throw new Error('nobody has taken its place');
  }, RECOVERED);
}

// All at once: each has servers of its own, and mostly waits for them.
describe.concurrent.each(FORMS)('a primary without a replica $name', { timeout: 4 * MINUTE }, (form) => {
  it('ends and marks, and nobody sees it undone by the one that comes after', async (test) => {
    const { expect } = test;
    const it = await scene(form, test);
    const { one, other, key } = it;
    await one.set(key('session'), 'open', MINUTE);
    await one.set(key('code'), 'secret', MINUTE);
    await one.set(key('cell'), 'before', MINUTE);
    await one.set(key('pointer'), 'old', MINUTE);
    await one.set(key('stays'), 'kept', MINUTE);
    // On the replicas, too.
    expect(await one.add(key('seen'), 'x', MINUTE)).toBe(true);
    const replicas = await leaveAlone(it);

    expect(await other.get(key('session'))).toBe('open');
    await one.delete(key('session'));
    const taken = await Promise.all(Array.from({ length: 100 }, (_, at) => [one, other][at % 2]?.take(key('code'))));
    expect(taken.filter((value) => value !== undefined)).toEqual(['secret']);
    expect(await one.add(key('mark'), 'used', MINUTE)).toBe(true);
    expect(await one.swap(key('cell'), 'before', 'after')).toBe(true);
    expect(await other.swap(key('cell'), 'after', 'at last')).toBe(true);
    expect(await one.expire(key('pointer'), 1)).toBe(true);
    await vi.waitFor(async () => expect(await one.get(key('pointer'))).toBeUndefined(), RECOVERED);

    // Somebody asks all the time, so that no moment is missed.
    const seen = new Set<string | undefined>();
    let over = false;
    const asking = (async () => {
      while (!over) {
        for (const name of ['session', 'code', 'pointer']) seen.add(await other.get(key(name)).catch(() => undefined));
        await turn();
      }
    })();
    await replace(it, replicas);
    const late = await it.join();
    await vi.waitFor(() => other.ping(), RECOVERED);
    over = true;
    await asking;
    expect([...seen]).toEqual([undefined]);
    for (const store of [one, other, late]) {
      await vi.waitFor(() => store.ping(), RECOVERED);
      expect(await store.getMany(['session', 'code', 'pointer'].map(key))).toEqual([undefined, undefined, undefined]);
      expect(await store.getMany(['mark', 'cell', 'stays', 'seen'].map(key))).toEqual(['used', 'at last', 'kept', 'x']);
      expect(await store.take(key('code'))).toBeUndefined();
      expect(await store.add(key('mark'), 'again', MINUTE)).toBe(false);
      expect(await store.swap(key('cell'), 'before', 'again')).toBe(false);
    }
  });

  it('refuses while the durable store is away as well', async (test) => {
    const { expect } = test;
    const it = await scene(form, test);
    const { one, key } = it;
    await one.set(key('session'), 'open', MINUTE);
    await leaveAlone(it);
    it.kept.leave();
    await expect(one.delete(key('session'))).rejects.toMatchObject(UNAVAILABLE);
    await expect(one.add(key('mark'), 'used', MINUTE)).rejects.toMatchObject(UNAVAILABLE);
    await expect(one.ping()).rejects.toMatchObject(UNAVAILABLE);
  });

  it('carries nothing over that was changed again once a replica was back', async (test) => {
    const { expect } = test;
    const it = await scene(form, test);
    const { one, other, key, group, primary } = it;
    await one.set(key('session'), 'open', MINUTE);
    const replicas = await leaveAlone(it);
    expect(await one.swap(key('session'), 'open', 'raised')).toBe(true);
    await one.delete(key('device'));
    await Promise.all(replicas.map((replica) => replica.restart()));
    await vi.waitFor(async () => expect(await group.replicasOf(primary)).toHaveLength(replicas.length), RECOVERED);
    await group.settled();
    await vi.waitFor(() => other.ping(), RECOVERED);
    await other.delete(key('session'));
    await other.set(key('device'), 'new', MINUTE);
    expect(await other.add(key('later'), 'x', MINUTE)).toBe(true);
    await replace(it, []);
    for (const store of [one, other]) {
      await vi.waitFor(() => store.ping(), RECOVERED);
      expect(await store.getMany(['session', 'device', 'later'].map(key))).toEqual([undefined, 'new', 'x']);
    }
  });

  it('counts nothing at a former primary that only hung, and answers again', async (test) => {
    const { expect } = test;
    const it = await scene(form, test);
    const { one, other, key, primary, group } = it;
    const replicas = await leaveAlone(it);
    const marked: string[] = [];
    let over = false;
    const marking = [one, other].map(async (store, node) => {
      for (let at = 0; !over; at += 1) {
        const name = key(`mark ${node} ${at}`);
        if (await store.add(name, 'used', MINUTE).catch(() => false)) marked.push(name);
        await turn();
      }
    });
    await vi.waitFor(() => expect(marked.length).toBeGreaterThan(10), RECOVERED);
    primary.pause();
    await Promise.all(replicas.map((replica) => replica.restart()));
    const before = marked.length;
    await vi.waitFor(async () => {
      const leaders = await group.primaries();
      expect(leaders.some((leader) => replicas.includes(leader))).toBe(true);
    }, RECOVERED);
    primary.resume();
    await vi.waitFor(() => expect(marked.length).toBeGreaterThan(before + 20), RECOVERED);
    await group.settled();
    over = true;
    await Promise.all(marking);
    for (const store of [one, other]) {
      await vi.waitFor(() => store.ping(), RECOVERED);
      const values = await store.getMany(marked);
      expect(marked.filter((_, at) => values[at] !== 'used')).toEqual([]);
    }
  });
});
