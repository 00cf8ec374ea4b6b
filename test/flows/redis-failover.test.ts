import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Client } from '../support/client.ts';
import { CookieJar } from '../support/cookies.ts';
import { PASSWORD } from '../support/gateway.ts';
import { type RedisGroup, type SentinelGroup, startCluster, startSentinels } from '../support/redis-groups.ts';
import { asksCode, asksPassword, type Someone, stage } from '../support/scene.ts';

const PATIENCE = { patience: 2_000 };
const RECOVERED = { timeout: 60_000, interval: 100 };

const FORMS: readonly [string, () => Promise<{ group: RedisGroup; settings: object }>][] = [
  [
    'a primary under Sentinel',
    async () => {
      const group = await startSentinels(PATIENCE);
      return { group, settings: { sentinels: group.sentinels, name: group.name } };
    },
  ],
  [
    'a cluster',
    async () => {
      const group = await startCluster(PATIENCE);
      return { group, settings: { cluster: group.nodes } };
    },
  ],
];

describe.each(FORMS)('a gateway on %s that fails over', (_, start) => {
  let group: RedisGroup;
  let redisGroup: Record<string, unknown>;
  beforeAll(async () => {
    const started = await start();
    group = started.group;
    redisGroup = { ...started.settings };
  });
  afterAll(() => group.stop());
  const scene = stage(() => ({ redisGroup }));

  /** The same cookies at another browser. */
  const copyOf = (someone: Someone) =>
    scene.elsewhere(someone, new Client({ jar: new CookieJar(Date.now, someone.client.jar.all()) }));

  async function failOver(): Promise<void> {
    const before = await group.primaries();
    const [primary] = before;
    if (primary === undefined) throw new Error('nobody is the primary');
    await primary.kill();
    await vi.waitFor(async () => {
      const now = await group.primaries();
      expect(now.length >= before.length && !now.includes(primary)).toBe(true);
    }, RECOVERED);
    await primary.restart();
    await vi.waitFor(() => scene.gateway.app.ready(), RECOVERED);
  }

  it('keeps who is signed in, and nobody who signed out', async () => {
    const stays = await scene.member();
    const leaves = await scene.member({ remember: 'yes' });
    const copy = copyOf(leaves);
    expect((await copy.begin('courses')).url.pathname).toBe('/courses');
    const asked = await leaves.client.open(`${scene.gateway.url}/logout`);
    await leaves.client.follow(await leaves.client.submit(asked, {}, { action: '/logout/confirm' }));

    await failOver();
    expect((await stays.begin('courses')).url.pathname).toBe('/courses');
    expect(asksPassword(await copy.begin('courses'))).toBe(true);
    // The browser is remembered still.
    const again = await leaves.begin('courses');
    expect((await leaves.answer(again, { username: leaves.username, password: PASSWORD })).url.pathname).toBe(
      '/courses',
    );
    const newcomer = await scene.member();
    expect((await newcomer.begin('courses')).url.pathname).toBe('/courses');
  });
});

describe('a gateway on a primary that has lost its replicas', () => {
  let group: SentinelGroup;
  beforeAll(async () => {
    group = await startSentinels({ ...PATIENCE, more: { appendonly: 'yes' } });
  });
  afterAll(() => group.stop());
  const scene = stage(() => ({ redisGroup: { sentinels: group.sentinels, name: group.name } }));

  it('signs people in and out, and a stale replica that takes over brings no session and no device back', async () => {
    const stays = await scene.member();
    const leaves = await scene.member({ remember: 'yes' });
    const copy = scene.elsewhere(leaves, new Client({ jar: new CookieJar(Date.now, leaves.client.jar.all()) }));
    const [primary] = await group.primaries();
    if (primary === undefined) throw new Error('nobody is the primary');
    const replicas = await group.replicasOf(primary);
    for (const replica of replicas) await replica.kill();
    await vi.waitFor(() => scene.gateway.app.ready(), RECOVERED);

    const newcomer = await scene.member();
    expect((await newcomer.begin('courses')).url.pathname).toBe('/courses');
    expect((await copy.begin('courses')).url.pathname).toBe('/courses');
    const { body } = await leaves.client.open(`${scene.gateway.url}/account`);
    const device = /\/account\/devices\/[\w-]{43}\/remove/.exec(body)?.[0];
    const removal = await leaves.client.open(`${scene.gateway.url}${device}`);
    await leaves.client.follow(await leaves.client.submit(removal, {}, { action: '/remove' }));
    const asked = await leaves.client.open(`${scene.gateway.url}/logout`);
    await leaves.client.follow(await leaves.client.submit(asked, {}, { action: '/logout/confirm' }));
    expect(asksPassword(await copy.begin('courses'))).toBe(true);

    await primary.kill();
    await Promise.all(replicas.map((replica) => replica.restart()));
    await vi.waitFor(async () => {
      const [now] = await group.primaries();
      expect(now !== undefined && now !== primary).toBe(true);
    }, RECOVERED);
    await vi.waitFor(() => scene.gateway.app.ready(), RECOVERED);
    const again = await copy.begin('courses');
    expect(asksPassword(again)).toBe(true);
    expect(asksCode(await copy.answer(again, { username: leaves.username, password: PASSWORD }))).toBe(true);
    expect((await stays.begin('courses')).url.pathname).toBe('/courses');
  });
});
