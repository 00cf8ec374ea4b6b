import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { holdKey, KeyHolder, now } from '../support/key-holder.ts';
import { application, gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import { advanceHere, Person } from '../support/relying-party.ts';

/** Keys that an application publishes at an address of its own: who can have it called, how often, and with what answer. */
const [first, second, stranger] = await Promise.all([holdKey('ES256', 'first'), holdKey('PS256', 'second'), holdKey()]);
let answer: { status: number; body: string; type?: string } = { status: 200, body: '' };
let asked = 0;
const site: Server = createServer((_req, res) => {
  asked += 1;
  res.writeHead(answer.status, { 'content-type': answer.type ?? 'application/json' });
  res.end(answer.body);
});
await new Promise<void>((resolve) => void site.listen(0, '127.0.0.1', resolve));
const { port } = site.address() as AddressInfo;
const at = (id: string, uri: string) => application(id, { clientSecret: undefined, jwksUri: uri });
const ids = ['one', 'two', 'three', 'four', 'five', 'inner', 'named'];
const it_ = gatewayOfFile({
  allowedPrivateNetworks: ['127.0.0.1/32'],
  applications: {
    ...Object.fromEntries(ids.slice(0, 5).map((id) => [id, at(id, `http://127.0.0.1:${port}/${id}`)])),
    inner: at('inner', `http://127.0.0.2:${port}/`),
    named: at('named', `http://[::1]:${port}/`),
  },
  policy: { rules: rules(...ids) },
});

const keys = (...held: { jwk: object }[]) => ({
  status: 200,
  body: JSON.stringify({ keys: held.map(({ jwk }) => jwk) }),
});
const holder = (id: string, key = first) =>
  new KeyHolder(it_.gateway.url, id, key, key, `http://127.0.0.1:9/${id}/callback`);

beforeAll(async () => {
  await new Person(it_.gateway, 'alice').client.open(`${it_.gateway.url}/`);
});
beforeEach(() => {
  asked = 0;
  answer = keys(first);
});
afterAll(() => {
  site.closeAllConnections();
  site.close();
});

describe('keys at an address', () => {
  it('are fetched, kept a minute, and fetched anew for a key that is not among them', async () => {
    expect((await holder('one').push()).status).toBe(201);
    expect((await holder('one').push()).status).toBe(201);
    expect(asked).toBe(1);
    answer = keys(second);
    expect((await holder('one', second).push()).status).toBe(401);
    advanceHere(61_000);
    expect((await holder('one', second).push()).status).toBe(201);
    expect((await holder('one').push()).status).toBe(401);
  });

  it('a thousand requests by nobody have it called once', async () => {
    answer = { status: 500, body: 'down' };
    const object = { response_type: 'code', client_id: 'two', iss: 'two', aud: it_.gateway.url, exp: now() + 60 };
    const request = await holder('two').sign(object, stranger);
    const client = new Person(it_.gateway, 'alice').client;
    const open = () =>
      client.get(
        `${it_.gateway.url}/authorize?${new URLSearchParams({ client_id: 'two', request, response_type: 'code' })}`,
      );
    for (let round = 0; round < 40; round += 1) {
      const replies = await Promise.all(Array.from({ length: 5 }, open));
      expect(replies.some(({ status }) => status >= 500)).toBe(false);
    }
    expect(asked).toBeLessThanOrEqual(1);
    expect((await holder('two').push()).status).toBeGreaterThanOrEqual(400);
    answer = keys(first);
    advanceHere(61_000);
    expect((await holder('two').push()).status).toBe(201);
  });

  it.each<[string, string, typeof answer]>([
    ['too long', 'three', { status: 200, body: JSON.stringify({ keys: [], padding: 'x'.repeat(300_000) }) }],
    ['no key set', 'four', { status: 200, body: '<html>', type: 'text/html' }],
    ['a redirect to somewhere else', 'five', { status: 302, body: '' }],
  ])('an answer that is %s lets nobody in', async (_what, id, given) => {
    answer = given;
    const { status, json } = await holder(id).push();
    expect([400, 401]).toContain(status);
    expect(json).not.toHaveProperty('request_uri');
    expect(asked).toBe(1);
  });

  it('addresses of the network inside are not called', async () => {
    for (const id of ['inner', 'named']) expect((await holder(id).push()).status).toBeLessThan(500);
    expect(asked).toBe(0);
  });
});
