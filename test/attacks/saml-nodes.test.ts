import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { Client, type Reply } from '../support/client.ts';
import { type Gateway, PASSWORD, PersonAtBrowser, startGateway } from '../support/gateway.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { SamlSite } from '../support/saml-site.ts';
import { asksPassword, ownForm } from '../support/scene.ts';

/** Several nodes over one Redis, and none. */

const site = await SamlSite.start();
const folders: string[] = [];
afterAll(() => {
  site.close();
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** One of the nodes behind one address; what is durable is each one's own here. */
function start(redis: string, prefix: string, issuer?: string): Promise<Gateway> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-node-'));
  folders.push(folder);
  const metadata = { file: site.metadata('wiki') };
  return startGateway({
    ...{ folder, redis, prefix, withoutRelyingParty: true },
    config: {
      ...(issuer === undefined ? {} : { issuer }),
      doors: { saml: {} },
      applications: { wiki: { name: 'Wiki', saml: { metadata, idpInitiated: true } } },
      policy: { rules: [{ name: 'all', level: 'sfa' }] },
    },
  });
}

describe('an AuthnRequest that comes again at another node', () => {
  let first: Gateway;
  let second: Gateway;
  beforeAll(async () => {
    const prefix = `saml-nodes-${process.pid}:`;
    first = await start(inject('redisUrl'), prefix);
    second = await start(inject('redisUrl'), prefix, first.url);
  });
  afterAll(async () => {
    await first.close();
    await second.close();
  });

  /** What a load balancer would make of it: the same request, at this node. */
  const at = (node: Gateway, address: string): Promise<Reply> =>
    new Client({ headers: { host: new URL(first.url).host } }).get(
      address.replace(first.url, `http://localhost:${node.ports.gateway}`),
    );

  it.each(['unsigned', 'signed'])('is refused there, %s', async (how) => {
    for (const [here, there] of [
      [first, second],
      [second, first],
    ] as const) {
      const address = site.address('wiki', first.url, { signed: how === 'signed' });
      expect((await at(here, address)).status).toBe(303);
      const again = await at(there, address);
      expect(again.status).toBe(400);
      expect(again.text).toContain('RequestDenied');
    }
  });

  it('passes once, of 40 at both at the same time', async () => {
    const address = site.address('wiki', first.url, { signed: true });
    const replies = await Promise.all(Array.from({ length: 40 }, (_, n) => at(n % 2 ? first : second, address)));
    expect(replies.filter(({ status }) => status === 303)).toHaveLength(1);
    expect(replies.filter(({ status }) => status === 400)).toHaveLength(39);
  });
});

describe('Redis going away while somebody signs in', () => {
  let redis: RedisServer;
  let gateway: Gateway;
  beforeAll(async () => {
    redis = await startRedis({ persist: true });
    gateway = await start(redis.url, 'away:');
    for (const name of ['alice', 'bob']) await gateway.addUser(name);
  });
  afterAll(async () => {
    await gateway.close();
    await redis.stop();
  });

  it('answers 503 everywhere, sends nobody an assertion, and goes on where it was', async () => {
    const alice = new PersonAtBrowser(gateway);
    const page = await alice.client.open(site.address('wiki', gateway.url));
    expect(site.answer(await alice.password(page, 'alice')).status).toEqual(['Success']);

    const bob = new PersonAtBrowser(gateway);
    const asked = await bob.client.open(site.address('wiki', gateway.url, { force: true, relayState: 'bob' }));
    const { url, fields } = ownForm(asked);
    const given = { ...fields, username: 'bob', password: PASSWORD };
    const isReturn = (next: URL) => next.pathname === '/saml/resume';
    const sent = await bob.client.follow(await bob.client.post(url, given), isReturn);
    const back = sent.location?.href ?? '';
    expect(back).toContain('/saml/resume');
    const posted = await site.post(new Client(), 'wiki', gateway.url);
    expect(posted.location?.pathname).toBe('/saml/continue');

    await redis.kill();
    const start = `${gateway.url}/saml/start?${new URLSearchParams({ providerId: site.entityId('wiki') })}`;
    const answers = [
      await bob.client.get(back),
      await alice.client.get(site.address('wiki', gateway.url)),
      await alice.client.get(site.address('wiki', gateway.url, { passive: true, signed: true })),
      await site.post(alice.client, 'wiki', gateway.url),
      await alice.client.get(start),
      await alice.client.get(posted.location ?? ''),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(503);
      expect(answer.headers['retry-after']).toBe('30');
      expect(answer.setCookies).toEqual([]);
      expect(answer.body).not.toMatch(/SAMLResponse|ECONN|redis|\.ts:/i);
    }
    // What needs no store still answers.
    expect((await alice.client.get(`${gateway.url}/saml/metadata`)).status).toBe(200);

    await redis.restart();
    await vi.waitFor(() => gateway.app.ready(), { timeout: 20_000, interval: 100 });
    expect(site.answer(await bob.client.open(back))).toMatchObject({ status: ['Success'], relayState: 'bob' });
    expect((await bob.client.open(back)).status).toBe(400);
    expect(site.answer(await alice.client.open(site.address('wiki', gateway.url))).status).toEqual(['Success']);
    expect(asksPassword(await new Client().open(site.address('wiki', gateway.url)))).toBe(true);
  });
});
