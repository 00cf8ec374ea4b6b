import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { type Call, signatureOf } from '../signature.ts';
import { approve, duoAndPorts } from './fixture.ts';

/** The double refuses what Duo refuses: what passes here by a mistake would fail there. */

/** A call to the Auth API that is right but for what is given. */
async function calling(change: {
  path?: string;
  method?: 'GET' | 'POST';
  body?: string;
  key?: string;
  secret?: string;
  ahead?: number;
  without?: string[];
  headers?: Record<string, string>;
  signs?: Partial<Call>;
}): Promise<{ status: number; code?: number; stat?: string }> {
  const { duo, settings } = await duoAndPorts();
  duo.enrol('ada');
  const { integrationKey = '', secretKey = '' } = settings.api ?? {};
  const { path = '/auth/v2/preauth', method = 'POST', key = integrationKey, secret = secretKey } = change;
  const body = method === 'GET' ? '' : (change.body ?? '{"username":"ada"}');
  const date = new Date(Date.now() + (change.ahead ?? 0)).toUTCString();
  const call: Call = { date, method, host: new URL(duo.origin).host, path, query: '', body, ...change.signs };
  const headers = new Headers({
    ...{ date, 'content-type': 'application/json' },
    authorization: `Basic ${Buffer.from(`${key}:${signatureOf(call, secret)}`).toString('base64')}`,
    ...change.headers,
  });
  for (const name of change.without ?? []) headers.delete(name);
  const answered = await fetch(`${duo.address}${path}`, { method, headers, ...(method === 'POST' ? { body } : {}) });
  return { status: answered.status, ...((await answered.json()) as object) };
}

describe('the double’s Auth API', () => {
  it('takes a call that is signed as the documentation says', async () => {
    expect(await calling({})).toMatchObject({ status: 200, stat: 'OK' });
    expect(await calling({ path: '/auth/v2/check', method: 'GET' })).toMatchObject({ status: 200, stat: 'OK' });
  });

  it.each<[string, number, Parameters<typeof calling>[0]]>([
    ['no credentials', 40101, { without: ['authorization'] }],
    ['no date', 40104, { without: ['date'] }],
    ['another key', 40102, { key: 'DIAPI00000000000API2' }],
    ['another secret', 40103, { secret: 'x'.repeat(40) }],
    ['a signature of another body', 40103, { signs: { body: '{"username":"bob"}' } }],
    ['a signature of another path', 40103, { signs: { path: '/auth/v2/auth' } }],
    ['a signature of another method', 40103, { signs: { method: 'GET' } }],
    ['a signature for another host', 40103, { signs: { host: 'api-x.duosecurity.com' } }],
    ['a signature of another time', 40103, { signs: { date: new Date(0).toUTCString() } }],
    ['a clock that is late', 40105, { ahead: -3_600_000 }],
    ['a clock that is early', 40105, { ahead: 3_600_000 }],
    ['a form in the place of JSON', 40106, { headers: { 'content-type': 'application/x-www-form-urlencoded' } }],
    ['nobody’s name', 40001, { body: '{}' }],
    ['no passcode', 40001, { path: '/auth/v2/auth', body: '{"username":"ada","factor":"passcode"}' }],
    ['a factor that there isn’t', 40002, { path: '/auth/v2/auth', body: '{"username":"ada","factor":"fax"}' }],
    ['somebody whom it doesn’t know', 40002, { path: '/auth/v2/auth', body: '{"username":"zoe","factor":"push"}' }],
    ['a transaction that there isn’t', 40002, { path: '/auth/v2/auth_status', method: 'GET' }],
    ['another address', 40401, { path: '/auth/v2/none' }],
    ['another method', 40501, { path: '/auth/v2/preauth', method: 'GET' }],
  ])('refuses %s with %d', async (_what, code, change) => {
    expect(await calling(change)).toMatchObject({ status: Math.floor(code / 100), stat: 'FAIL', code });
  });
});

/** The way to the prompt and the exchange afterwards, by claims and fields that can be wrong. */
async function prompted() {
  const { duo, settings } = await duoAndPorts();
  const { clientId = '', clientSecret = '' } = settings.web ?? {};
  const seconds = Math.floor(Date.now() / 1000);
  const back = 'https://login.example.edu/return/factors/duo';
  const sign = (claims: object, { alg = 'HS512', secret = clientSecret } = {}) =>
    new SignJWT({ iss: clientId, iat: seconds, exp: seconds + 300, ...claims })
      .setProtectedHeader({ alg, typ: 'JWT' })
      .sign(new TextEncoder().encode(secret));
  const asked = { response_type: 'code', client_id: clientId, redirect_uri: back, scope: 'openid' };
  const request = {
    ...{ ...asked, aud: duo.origin, duo_uname: 'ada', use_duo_code_attribute: true },
    ...{ state: 's'.repeat(43), nonce: 'n'.repeat(43) },
  };

  async function go(claims: object = {}, how: { alg?: string; secret?: string; query?: object } = {}) {
    const jwt = await sign({ ...request, ...claims }, how);
    const query = new URLSearchParams({ ...asked, request: jwt, ...how.query });
    return `${duo.address}/oauth/v1/authorize?${query}`;
  }

  async function exchange(code: string, change: { claims?: object; fields?: object; alg?: string } = {}) {
    const aud = `${duo.origin}/oauth/v1/token`;
    const jti = `${Math.random()}`.padEnd(24, '0');
    const { alg } = change;
    const assertion = await sign({ sub: clientId, aud, jti, ...change.claims }, alg ? { alg } : {});
    const body = new URLSearchParams({
      ...{ grant_type: 'authorization_code', code, redirect_uri: back, client_assertion: assertion },
      ...{ client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', ...change.fields },
    });
    const answered = await fetch(`${duo.address}/oauth/v1/token`, { method: 'POST', body });
    return { status: answered.status, ...((await answered.json()) as { error?: string; id_token?: string }) };
  }

  return { duo, go, exchange, code: async () => (await approve(duo, await go())).duo_code ?? '' };
}

describe('the double’s prompt', () => {
  it.each<[string, object, { alg?: string; secret?: string; query?: object }?]>([
    ['signed by somebody else', {}, { secret: 'x'.repeat(40) }],
    ['signed by HS256', {}, { alg: 'HS256' }],
    ['for another audience', { aud: 'https://api-x.duosecurity.com' }],
    ['of another client', { iss: 'DIXXXXXXXXXXXXXXXXXX' }],
    ['that is over', { exp: 1 }],
    ['that lives for an hour', { exp: Math.floor(Date.now() / 1000) + 3_600 }],
    ['with a short state', { state: 's'.repeat(21) }],
    ['with a state that is too long', { state: 's'.repeat(1025) }],
    ['of nobody', { duo_uname: '' }],
    ['with another scope', { scope: 'profile' }],
    ['whose query says something else', {}, { query: { redirect_uri: 'https://evil.example/' } }],
  ])('has nobody in with a request %s', async (_what, claims, how) => {
    const { go } = await prompted();
    expect((await fetch(await go())).status).toBe(200);
    expect((await fetch(await go(claims, how))).status).toBe(400);
  });

  it.each<[string, Parameters<Awaited<ReturnType<typeof prompted>>['exchange']>[1]]>([
    ['by another grant', { fields: { grant_type: 'client_credentials' } }],
    ['for another address', { fields: { redirect_uri: 'https://evil.example/' } }],
    ['without an assertion', { fields: { client_assertion: '' } }],
    ['with one of another kind', { fields: { client_assertion_type: 'password' } }],
    ['with one for another address', { claims: { aud: 'https://api-x.duosecurity.com/oauth/v1/token' } }],
    ['with one about another', { claims: { sub: 'DIXXXXXXXXXXXXXXXXXX' } }],
    ['with one of a short name', { claims: { jti: 'short' } }],
    ['with one that is over', { claims: { exp: 1 } }],
    ['with one by HS256', { alg: 'HS256' }],
  ])('gives nothing for a code %s', async (_what, change) => {
    const { code, exchange } = await prompted();
    const refused = await exchange(await code(), change);
    expect(refused.status).toBe(400);
    expect(refused.error).toMatch(/^(invalid_client|invalid_grant|invalid_request|unsupported_grant_type)$/);
    expect(refused).not.toHaveProperty('id_token');
  });

  it('takes each code and each assertion once', async () => {
    const { code, exchange } = await prompted();
    const [one, two] = [await code(), await code()];
    const claims = { jti: 'j'.repeat(24) };
    expect(await exchange(one, { claims })).toHaveProperty('id_token');
    expect(await exchange(two, { claims })).toMatchObject({ error: 'invalid_client' });
    expect(await exchange(one)).toMatchObject({ error: 'invalid_grant' });
  });
});
