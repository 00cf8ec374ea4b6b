import { expect, it, onTestFinished, vi } from 'vitest';
import redis from '../../src/stores/redis/index.ts';
import { freePort } from '../support/ports.ts';
import { type ClusterGroup, startCluster } from '../support/redis-groups.ts';

const MINUTE = 60_000;
const UNAVAILABLE = { code: 'ERR_STORE_UNAVAILABLE' };
const RECOVERED = { timeout: 30_000, interval: 50 };

async function started(): Promise<ClusterGroup> {
  const group = await startCluster({ patience: 5_000, more: { appendonly: 'yes' } });
  onTestFinished(() => group.stop());
  return group;
}

async function open(nodes: string[]) {
  const states: string[] = [];
  const store = await redis.open(redis.settings.parse({ cluster: nodes }), {
    now: Date.now,
    onState: (state) => states.push(state),
  });
  onTestFinished(() => store.close());
  return { store, states };
}

it('refuses everything while a whole cluster is gone, hears again what was told meanwhile, and recovers', async () => {
  const group = await started();
  const { store, states } = await open(group.nodes);
  await vi.waitFor(() => store.ping(), RECOVERED);
  await store.set('kept', 'value', MINUTE);
  const heard: string[] = [];
  await store.subscribe('topic', () => void heard.push('look'));
  await store.publish('topic');
  await vi.waitFor(() => expect(heard).toHaveLength(1), RECOVERED);

  await Promise.all(group.servers.map((server) => server.kill()));
  const operations = [
    store.get('kept'),
    store.getMany(['a', 'b', 'c', 'd']),
    store.set('a', 'value', MINUTE),
    store.add('a', 'value', MINUTE),
    store.take('kept'),
    store.delete('a', 'b', 'c', 'd'),
    store.attempt('a', 1, MINUTE),
    store.members('a'),
    store.publish('topic'),
    store.ping(),
  ];
  for (const outcome of await Promise.allSettled(operations)) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: UNAVAILABLE });
  }
  await vi.waitFor(() => expect(states).toEqual(['up', 'down']), RECOVERED);

  await Promise.all(group.servers.map((server) => server.restart()));
  await vi.waitFor(() => store.ping(), RECOVERED);
  expect(states).toEqual(['up', 'down', 'up']);
  expect(await store.get('kept')).toBe('value');
  await vi.waitFor(() => expect(heard.length).toBeGreaterThan(1), RECOVERED);
  const before = heard.length;
  await store.publish('topic');
  await vi.waitFor(() => expect(heard.length).toBeGreaterThan(before), RECOVERED);
});

it('is not ready while one of the primaries hangs, and serves what the others have', async () => {
  const group = await started();
  const { store } = await open(group.nodes);
  await vi.waitFor(() => store.ping(), RECOVERED);
  const keys = Array.from({ length: 60 }, (_, at) => `key ${at}`);
  for (const key of keys) await store.set(key, 'value', MINUTE);
  const [primary] = await group.primaries();
  primary?.pause();
  await expect(store.ping()).rejects.toMatchObject(UNAVAILABLE);
  const read = await Promise.allSettled(keys.map((key) => store.get(key)));
  expect(read.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(20);
  primary?.resume();
  await vi.waitFor(() => store.ping(), RECOVERED);
  expect(await store.getMany(keys)).toEqual(keys.map(() => 'value'));
});

it('opens where no node answers, refuses, and closes', async () => {
  const { store, states } = await open([`127.0.0.1:${await freePort()}`]);
  await expect(store.ping()).rejects.toMatchObject(UNAVAILABLE);
  await expect(store.get('a')).rejects.toMatchObject(UNAVAILABLE);
  await vi.waitFor(() => expect(states).toEqual(['down']), RECOVERED);
  await store.close();
});
