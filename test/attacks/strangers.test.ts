import { describe, expect, inject, it } from 'vitest';
import { Client } from '../support/client.ts';
import { PASSWORD } from '../support/gateway.ts';
import { application, gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import { call, HomeClient, Person, RelyingParty } from '../support/relying-party.ts';

/** KiB: for some twenty sign-ins from one address, and three addresses of that kind. */
const BUDGETS = { perAddress: 256, total: 768 };

const config = {
  strangers: BUDGETS,
  trustedProxies: ['127.0.0.1', '::1'],
  networks: { campus: { ranges: ['198.51.100.7'], strangers: 512 } },
  applications: { public: application('public', { clientSecret: undefined, authentication: 'none' }) },
  policy: { rules: rules('public') },
};

describe.each(['embedded', 'redis'] as const)('strangers, on the %s store', (store) => {
  const it_ = gatewayOfFile(config, store === 'redis' ? { redis: () => inject('redisUrl') } : {});
  const from = (address: string) => new HomeClient(it_.gateway, { headers: { 'x-forwarded-for': address } });

  /** As much as fits, again and again, until it is refused; how many came through. */
  async function flood(client: Client, most = 400, atOnce = 10) {
    const library = await RelyingParty.of(it_.gateway, 'library');
    const { url } = await library.begin({ state: 's'.repeat(7_000) });
    let begun = 0;
    for (let sent = 0; sent < most; sent += atOnce) {
      const replies = await Promise.all(Array.from({ length: atOnce }, () => client.get(url)));
      begun += replies.filter(({ status }) => status === 303).length;
      const refused = replies.find(({ status }) => status !== 303);
      if (refused) return { begun, refused };
    }
    return { begun };
  }

  it('begin so much from one address, and then are told to wait; others aren’t', async () => {
    const { begun, refused } = await flood(from('203.0.113.1'));
    expect(begun).toBeGreaterThan(10);
    expect(begun).toBeLessThan(40);
    expect(refused?.status).toBe(429);
    expect(refused?.text).toMatch(/Too many requests/);
    expect(Number(refused?.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(refused?.headers['retry-after'])).toBeLessThanOrEqual(60);

    // Posted ones, pushed ones and those by another address of the same /64 are of the same budget.
    const library = await RelyingParty.of(it_.gateway, 'library');
    const { url } = await library.begin({ state: 's'.repeat(7_000) });
    expect((await from('203.0.113.1').post(`${url.origin}/authorize`, url.searchParams)).status).toBe(429);
    const six = await flood(from('2001:db8:1:2::1'));
    expect(six.begun).toBeLessThan(40);
    expect((await from('2001:db8:1:2:ffff::9').get(url)).status).toBe(429);
    expect((await from('2001:db8:1:3::1').get(url)).status).toBe(303);

    const alice = new Person(it_.gateway, 'alice', from('203.0.113.2'));
    await alice.signIn(library);
  });

  it('push no more by a client that anybody can be, and are told so in its protocol', async () => {
    await flood(from('203.0.113.3'));
    const request = new URLSearchParams({
      client_id: 'public',
      ...{ response_type: 'code', scope: 'openid', redirect_uri: 'http://127.0.0.1:9/public/callback' },
      ...{ code_challenge: 'a'.repeat(43), code_challenge_method: 'S256', state: 's'.repeat(7_000) },
    });
    const program = { headers: { origin: undefined, accept: 'application/json' } };
    const refused = await from('203.0.113.3').post(`${it_.gateway.url}/par`, request, program);
    expect(refused.status, refused.body).toBe(429);
    expect(refused.json()).toMatchObject({ error: 'temporarily_unavailable' });
    const known = await RelyingParty.of(it_.gateway, 'library');
    expect((await call(it_.gateway, '/par', (await known.begin()).url.searchParams, 'library')).status).toBe(201);
  });

  it('have more in a network that has more, each of its addresses', async () => {
    const { begun } = await flood(from('198.51.100.7'));
    expect(begun).toBeGreaterThan(40);
  });

  it('can’t spend everybody’s: the oldest of the largest share goes, and an honest person gets through', async () => {
    const library = await RelyingParty.of(it_.gateway, 'library');
    const bob = new Person(it_.gateway, 'bob', from('203.0.113.200'));
    const flow = await library.begin();
    const page = await bob.client.open(flow.url);
    for (let round = 1; round <= 8; round += 1) await flood(from(`203.0.113.${100 + round}`), 40);
    const back = await bob.answer(page, { username: 'bob', password: PASSWORD });
    expect(bob.isBack(back), back.text).toBe(true);
    await library.exchange(flow, back.location);
    const carol = new Person(it_.gateway, 'alice', from('203.0.113.201'));
    await carol.signIn(library);
    // The earliest flood's sign-ins are gone, and what all of them keep is bounded.
    const { logs } = it_.gateway;
    expect(logs.filter(({ message }) => message === 'strangers crowd')).toHaveLength(1);
    const metrics = await fetchMetrics();
    expect(metrics).toMatch(/sallyport_strangers_total\{fate="crowded-out"\} [1-9]/);
    expect(metrics).toMatch(/sallyport_strangers_total\{fate="refused"\} [1-9]/);
  });

  it('are spoken of once in a while, in log and audit', async () => {
    const said = it_.gateway.logs.filter(({ message }) => message === 'an address has begun too much');
    const addresses = said.map(({ fields }) => (fields as { ip: string }).ip);
    expect(new Set(addresses).size).toBe(addresses.length);
    expect(addresses).toContain('203.0.113.1');
  });

  async function fetchMetrics(): Promise<string> {
    const server = it_.gateway.app.management.listen(0, '127.0.0.1');
    await new Promise((done) => server.once('listening', done));
    const { port } = server.address() as { port: number };
    const reply = await new Client().get(`http://127.0.0.1:${port}/metrics`);
    server.close();
    server.closeAllConnections();
    return reply.body;
  }
});
