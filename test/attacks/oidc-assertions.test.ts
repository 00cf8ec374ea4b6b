import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CompactSign } from 'jose';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Client } from '../support/client.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { ASSERTION_TYPE, fapiApplication, holdKey, KeyHolder, now } from '../support/key-holder.ts';
import { application, rules } from '../support/oidc-gateway.ts';

/** Client assertions and proofs of a key at other endpoints, at other nodes, and in odd forms (RFC 7523, RFC 9449 section 11.1). */
const [key, bound] = await Promise.all([holdKey(), holdKey()]);
const folders: string[] = [];
let first: Gateway;
let second: Gateway;
let keyed: KeyHolder;
let bank: KeyHolder;

async function start(issuer?: string): Promise<Gateway> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-assertions-'));
  folders.push(folder);
  const jwks = { keys: [key.jwk] };
  return startGateway({
    ...{ folder, redis: inject('redisUrl'), prefix: `assertions-${process.pid}:`, withoutRelyingParty: true },
    config: {
      ...(issuer === undefined ? {} : { issuer }),
      applications: {
        keyed: application('keyed', { clientSecret: undefined, jwks, grants: ['authorization_code', 'device_code'] }),
        httpd: application('httpd', { clientSecret: undefined, jwks, assertionAudience: 'token-endpoint' }),
        bank: fapiApplication('bank', [key.jwk]),
      },
      policy: { rules: rules('keyed', 'httpd', 'bank') },
    },
  });
}

beforeAll(async () => {
  first = await start();
  second = await start(first.url);
  const holder = (id: string) => new KeyHolder(first.url, id, key, bound, `http://127.0.0.1:9/${id}/callback`);
  [keyed, bank] = [holder('keyed'), new KeyHolder(first.url, 'bank', key, bound)];
});
afterAll(async () => {
  await first.close();
  await second.close();
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** What a load balancer makes of it: the request at this node, under the name of both. */
async function at(node: Gateway, path: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
  const host = new URL(first.url).host;
  const client = new Client({ headers: { host, origin: undefined, accept: 'application/json', ...headers } });
  const reply = await client.post(`http://localhost:${node.ports.gateway}${path}`, fields);
  return { status: reply.status, json: reply.json() as Record<string, string> };
}

const as = (id: string, client_assertion: string) => ({
  ...{ client_id: id, client_assertion_type: ASSERTION_TYPE, client_assertion },
});
const pushed = async (holder: KeyHolder, client_assertion: string) => ({
  ...(await holder.request()),
  ...as(holder.id, client_assertion),
});

describe('an assertion', () => {
  it('that one endpoint has taken is taken by no other, at no node', async () => {
    const assertion = await keyed.assertion();
    expect((await at(first, '/par', await pushed(keyed, assertion))).status).toBe(201);
    const calls: [string, Record<string, string>][] = [
      ['/par', await keyed.request()],
      ['/token', { grant_type: 'authorization_code', code: 'x', redirect_uri: keyed.redirectUri }],
      ['/introspect', { token: 'x' }],
      ['/revoke', { token: 'x' }],
      ['/device-authorization', { scope: 'openid' }],
    ];
    for (const node of [first, second])
      for (const [path, fields] of calls)
        expect(await at(node, path, { ...fields, ...as('keyed', assertion) }), path).toMatchObject({
          status: 401,
          json: { error: 'invalid_client' },
        });
  });

  it('counts once, of a hundred at both nodes at once', async () => {
    const fields = await pushed(keyed, await keyed.assertion());
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => at(index % 2 === 0 ? first : second, '/par', fields)),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
  });

  it.each<[string, (url: string) => unknown]>([
    ['an audience with a slash at its end', (url) => `${url}/`],
    ['one in capitals', (url) => url.replace('localhost', 'LOCALHOST')],
    ['one with a blank', (url) => `${url} `],
    ['one with another path', (url) => `${url}/.well-known/openid-configuration`],
    ['no audience in a list', () => []],
    ['a list in a list', (url) => [[url]]],
    ['a list with nothing beside', (url) => [url, null]],
    ['a list with its own name beside', (url) => [url, 'keyed']],
    ['a number', () => 1],
    ['an object that is written as one', (url) => ({ toString: url })],
    ['none at all', () => null],
  ])('for %s is refused', async (_what, aud) => {
    for (const holder of [keyed, bank]) {
      const fields = await pushed(holder, await holder.assertion({ aud: aud(first.url) }));
      expect((await at(first, '/par', fields)).json.error).toMatch(/^invalid_(client|request)$/);
    }
  });

  it('whose times or names are no such things is refused', async () => {
    const odd: Record<string, unknown>[] = [
      { exp: String(now() + 60) },
      { exp: [now() + 60] },
      { exp: 1e300 },
      { nbf: 'soon' },
      { iss: ['keyed'] },
      { sub: ['keyed'] },
      { sub: 'bank' },
      { jti: '' },
    ];
    for (const change of odd) {
      const { status, json } = await at(first, '/par', await pushed(keyed, await keyed.assertion(change)));
      expect([JSON.stringify(change), status < 500, json.error]).toEqual([
        JSON.stringify(change),
        true,
        expect.stringMatching(/^invalid_(client|request)$/),
      ]);
    }
  });

  it('whose id is of another kind counts once as well', async () => {
    for (const jti of [1, true, ['a'], { a: 1 }]) {
      const fields = await pushed(keyed, await keyed.assertion({ jti }));
      const answers = [await at(first, '/par', fields), await at(second, '/par', fields)];
      expect(answers.filter(({ status }) => status === 201).length).toBeLessThanOrEqual(1);
      expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
    }
  });

  it('with a header that has to be understood is refused (RFC 7515 section 4.1.11)', async () => {
    const claims = { iss: 'keyed', sub: 'keyed', aud: first.url, jti: crypto.randomUUID(), exp: now() + 60 };
    const crit = { alg: 'ES256', kid: 'one', crit: ['urn:x'], 'urn:x': true };
    const signed = await new CompactSign(Buffer.from(JSON.stringify(claims)))
      .setProtectedHeader(crit)
      .sign(key.privateKey, { crit: { 'urn:x': true } });
    expect((await at(first, '/par', await pushed(keyed, signed))).json.error).toBe('invalid_client');
  });

  it('is not beside another way to authenticate, nor given twice', async () => {
    const basic = `Basic ${Buffer.from('library:x').toString('base64')}`;
    const fields = await pushed(keyed, await keyed.assertion());
    expect((await at(first, '/par', fields, { authorization: basic })).json.error).toBe('invalid_request');
    expect((await at(first, '/par', { ...fields, client_secret: 'x' })).json.error).toBe('invalid_request');
    const twice = new URLSearchParams({ ...fields, client_assertion: await keyed.assertion() });
    twice.append('client_assertion', await keyed.assertion());
    const client = new Client({ headers: { origin: undefined, accept: 'application/json' } });
    expect((await client.post(`${first.url}/par`, twice)).json()).toMatchObject({ error: 'invalid_request' });
  });

  it('for the token endpoint is for that one alone, by the name that is published', async () => {
    const httpd = new KeyHolder(first.url, 'httpd', key, bound, 'http://127.0.0.1:9/httpd/callback');
    const aud = `${first.url}/token`;
    expect((await at(second, '/par', await pushed(httpd, await httpd.assertion({ aud })))).status).toBe(201);
    for (const wrong of [`${aud}/`, `${aud}?x`, `${aud}#`, `http://localhost:${second.ports.gateway}/token`, '/token'])
      expect((await at(second, '/par', await pushed(httpd, await httpd.assertion({ aud: wrong })))).json.error).toBe(
        'invalid_client',
      );
  });
});

describe('a proof of a key', () => {
  it('counts once, of a hundred at both nodes at once', async () => {
    const warm = await bank.call('/token', { grant_type: 'refresh_token', refresh_token: 'x' }, {}, false);
    bank.nonce = warm.headers.get('dpop-nonce') ?? undefined;
    const dpop = await bank.proof('POST', '/par');
    const answers = await Promise.all(
      Array.from({ length: 100 }, async (_, index) =>
        at(index % 2 === 0 ? first : second, '/par', await pushed(bank, await bank.assertion()), { dpop }),
      ),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
  });
});
