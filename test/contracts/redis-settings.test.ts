import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ExaminePorts } from '../../src/core/finding.ts';
import type { EphemeralStore } from '../../src/core/store.ts';
import redis from '../../src/stores/redis/index.ts';
import { selfSigned } from '../support/certificate.ts';
import { temporaryFolder } from '../support/folders.ts';
import { lastingStore } from '../support/lasting.ts';
import { freePort } from '../support/ports.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import {
  type ClusterGroup,
  type RedisGroup,
  type SentinelGroup,
  startCluster,
  startSentinels,
} from '../support/redis-groups.ts';

const UNAVAILABLE = { code: 'ERR_STORE_UNAVAILABLE' };

describe('the settings of the Redis store', () => {
  it.each([
    { url: 'http://127.0.0.1' },
    { url: '' },
    { url: 'redis://127.0.0.1', prefix: '{one}:' },
    { url: 'redis://127.0.0.1', confirmReplicas: -1 },
    { url: 'redis://127.0.0.1', unknown: true },
  ])('refuse %o', (settings) => {
    expect(redis.settings.safeParse(settings).success).toBe(false);
  });

  it('take a URL or a socket path, and fill in the rest', () => {
    const expected = { url: '/run/redis.sock', prefix: 'sallyport:', confirmReplicas: 0 };
    expect(redis.settings.parse({ url: '/run/redis.sock' })).toEqual(expected);
    expect(redis.settings.safeParse({ url: 'rediss://user:pw@redis.example.edu:6380/2' }).success).toBe(true);
  });

  const URL = 'redis://redis.example.edu:6379';
  const SENTINELS = ['one.example.edu:26379', '[2001:db8::1]:26379'];
  it.each<[object, string, RegExp]>([
    [{}, 'url', /is missing: give url, sentinels or cluster/],
    [{ url: URL, cluster: SENTINELS }, 'cluster', /one too many/],
    [{ sentinels: SENTINELS, cluster: SENTINELS, name: 'main' }, 'cluster', /one too many/],
    [{ sentinels: SENTINELS }, 'name', /is missing/],
    [{ sentinels: [], name: 'main' }, 'sentinels', /./],
    [{ sentinels: ['one.example.edu'], name: 'main' }, 'sentinels.0', /host:port/],
    [{ sentinels: ['redis://one.example.edu:1'], name: 'main' }, 'sentinels.0', /host:port/],
    [{ cluster: ['one.example.edu:70000'] }, 'cluster.0', /host:port/],
    [{ cluster: ['2001:db8::1:6379'] }, 'cluster.0', /host:port/],
    [{ cluster: SENTINELS, name: 'main' }, 'name', /belongs to sentinels/],
    [{ cluster: SENTINELS, database: 1 }, 'database', /belongs to sentinels/],
    [{ url: URL, sentinelPassword: 'x' }, 'sentinelPassword', /belongs to sentinels/],
    [{ cluster: SENTINELS, user: 'gate' }, 'password', /is missing/],
    [{ url: 'redis://gate:pw@redis.example.edu', password: 'x' }, 'password', /in the url already/],
    [{ url: 'redis://:p%w@redis.example.edu:port' }, 'url', /percent-encoded/],
    [{ url: URL, tls: {} }, 'tls', /rediss/],
    [{ cluster: SENTINELS, tls: { ca: 'none' } }, 'tls.ca', /PEM/],
    [{ cluster: SENTINELS, tls: { key: 'one' } }, 'tls', /both cert and key/],
  ])('say what is wrong with %o', (settings, path, message) => {
    const faults = redis.settings.safeParse(settings).error?.issues ?? [];
    expect(faults.map((fault) => fault.path.join('.'))).toContain(path);
    expect(faults.find((fault) => fault.path.join('.') === path)?.message).toMatch(message);
  });
});

/** As in docs/how-to/run-on-redis.md. */
const RIGHTS = [
  ...['~sallyport:*', '&sallyport:*', '+@read', '+@write', '+@connection', '+@scripting', '+@pubsub'],
  ...['+info', '+wait', '+time'],
];

/** What is to be done at every server. */
async function allow(server: RedisServer, ...more: string[]): Promise<void> {
  const admin = new Redis(server.url);
  await admin.call('ACL', 'SETUSER', 'gate', 'on', '>p@ss/word', ...RIGHTS, ...more);
  admin.disconnect();
}

it.each<[string, () => Promise<RedisGroup>, (group: RedisGroup) => object, string[]]>([
  [
    'under Sentinel',
    startSentinels,
    (group) => ({ sentinels: (group as SentinelGroup).sentinels, name: (group as SentinelGroup).name }),
    [],
  ],
  [
    'in a cluster',
    startCluster,
    (group) => ({ cluster: (group as ClusterGroup).nodes }),
    ['+cluster|slots', '+cluster|info'],
  ],
])('works %s with the rights that the documentation names', async (_, start, settings, more) => {
  const group = await start();
  onTestFinished(() => group.stop());
  await Promise.all(group.servers.map((server) => allow(server, ...more)));
  const given = { ...settings(group), user: 'gate', password: 'p@ss/word' };
  const kept = await lastingStore();
  onTestFinished(() => kept.close());
  const store = await redis.open(redis.settings.parse(given), { now: Date.now, lasting: kept.lasting });
  onTestFinished(() => store.close());
  await vi.waitFor(() => store.ping(), { timeout: 20_000 });
  expect(await store.add('mark', 'x', 60_000)).toBe(true);
  expect(await store.get('mark')).toBe('x');
  const heard: string[] = [];
  await store.subscribe('topic', () => void heard.push('topic'));
  await store.publish('topic');
  await vi.waitFor(() => expect(heard).toEqual(['topic']), { timeout: 10_000 });
  const findings = async () => {
    const ports = { now: Date.now } as ExaminePorts;
    return ((await redis.examine?.(redis.settings.parse(given), ports)) ?? []).map(
      ({ level, text }) => `${level}: ${text}`,
    );
  };
  expect((await findings()).join('\n')).toMatch(/^good: (3 Sentinels agree on 127|the cluster is whole: 3 primaries)/m);
  // And with nobody left to confirm it.
  const [primary] = await group.primaries();
  for (const server of group.servers) if (server !== primary) await server.kill();
  if ('sentinels' in given)
    expect(await findings()).toContainEqual(expect.stringMatching(/^fault: Redis has 0 replicas/));
  const keys = Array.from({ length: 50 }, (_, at) => `key ${at}`);
  const marked = await Promise.allSettled(keys.map((key) => store.add(key, 'x', 60_000)));
  expect(marked.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
});

describe('the Redis store over TLS and with an ACL', () => {
  async function secured() {
    const folder = temporaryFolder();
    const { cert, key } = await selfSigned('redis.example.edu');
    const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    writeFileSync(certFile, cert);
    writeFileSync(keyFile, key);
    const port = await freePort();
    const server = await startRedis({
      more: {
        'tls-port': port,
        'tls-cert-file': certFile,
        'tls-key-file': keyFile,
        'tls-ca-cert-file': certFile,
        'tls-auth-clients': 'no',
      },
    });
    onTestFinished(() => server.stop());
    await allow(server);
    const admin = new Redis(server.url);
    await admin.call('ACL', 'SETUSER', 'default', 'off');
    admin.disconnect();
    return { url: `rediss://127.0.0.1:${port}`, port, ca: cert };
  }

  async function open(settings: object) {
    const details: (string | undefined)[] = [];
    const onState = (_: string, detail?: string) => details.push(detail);
    const store: EphemeralStore = await redis.open(redis.settings.parse(settings), { now: Date.now, onState });
    onTestFinished(() => store.close());
    return { store, details };
  }

  it('works with the rights that the documentation names, by settings or by the url, and with no others', async () => {
    const { url, port, ca } = await secured();
    const tls = { ca, serverName: 'redis.example.edu' };
    const given = { url, user: 'gate', password: 'p@ss/word', tls };
    for (const settings of [given, { url: `rediss://gate:p%40ss%2Fword@127.0.0.1:${port}`, tls }]) {
      const { store } = await open(settings);
      await vi.waitFor(() => store.ping(), { timeout: 10_000 });
      expect(await store.add('mark', 'x', 60_000)).toBe(true);
      expect(await store.attempt('budget', 5, 60_000)).toMatchObject({ allowed: true });
      await store.addMember('set', 'one', 60_000);
      const entry = { key: 'a', owner: 'b', weight: 1, ttl: 60_000, most: 5, total: 5, patience: 0 };
      expect(await store.reserve(entry)).toMatchObject({ allowed: true });
      const heard: string[] = [];
      await store.subscribe('topic', () => void heard.push('topic'));
      await store.publish('topic');
      await vi.waitFor(() => expect(heard).toEqual(['topic']), { timeout: 10_000 });
      await store.delete('mark', 'budget', 'set');
    }
    const { store, details } = await open({ ...given, prefix: 'others:' });
    await expect(store.add('mark', 'x', 60_000)).rejects.toMatchObject(UNAVAILABLE);
    expect(details).toEqual([undefined]);
  });

  it.each([
    ['another authority', async () => (await selfSigned('redis.example.edu')).cert, 'redis.example.edu'],
    ['another name', undefined, 'other.example.edu'],
  ])('refuses a certificate of %s', async (_, authority, serverName) => {
    const { url, ca } = await secured();
    const tls = { ca: (await authority?.()) ?? ca, serverName };
    const { store, details } = await open({ url, user: 'gate', password: 'p@ss/word', tls });
    await expect(store.ping()).rejects.toMatchObject(UNAVAILABLE);
    expect(details[0]).toMatch(/certificate|altnames/i);
  });

  it('refuses a wrong password, and says so without it', async () => {
    const { url, ca } = await secured();
    const tls = { ca, serverName: 'redis.example.edu' };
    const { store, details } = await open({ url, user: 'gate', password: 'not the one', tls });
    await expect(store.ping()).rejects.toMatchObject(UNAVAILABLE);
    await vi.waitFor(() => expect(details[0]).toMatch(/WRONGPASS/), { timeout: 10_000 });
    expect(details.join()).not.toContain('not the one');
  });
});

it('opens where no Sentinel answers, refuses, and closes', async () => {
  const states: string[] = [];
  const settings = redis.settings.parse({ sentinels: [`127.0.0.1:${await freePort()}`], name: 'main' });
  const store = await redis.open(settings, { now: Date.now, onState: (state) => states.push(state) });
  await expect(store.ping()).rejects.toMatchObject(UNAVAILABLE);
  expect(states).toEqual(['down']);
  await store.close();
});
