import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { trustedHere } from '../support/certificate.ts';
import { ASSERTION_TYPE, type HeldKey, holdKey, KeyHolder, send } from '../support/key-holder.ts';
import { application, gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import { answerOf, Person, userinfo } from '../support/relying-party.ts';

/** Dynamic Client Registration 1.0, by the names of the conformance suite. */
const it_ = gatewayOfFile({
  applications: {
    lab: application('lab', {
      ...{ redirectUris: [], clientSecret: undefined, authentication: 'none', reauthenticate: '1d' },
      registration: { hosts: ['lab.example.org', '127.0.0.1'] },
    }),
  },
  allowedPrivateNetworks: ['127.0.0.1/32'],
  policy: { rules: rules('lab') },
});
const identity = await trustedHere('127.0.0.1');
const REDIRECT = 'https://lab.example.org/callback';
const [key, next] = await Promise.all([holdKey('ES256', 'one'), holdKey('ES256', 'two')]);
const KEYS = { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.jwk] } };

type Metadata = Record<string, unknown>;
let alice: Person;

beforeAll(async () => {
  alice = new Person(it_.gateway, 'alice');
  const client = await registered();
  await code(client);
});

async function register(metadata: Metadata = {}) {
  const [token] = await it_.gateway.command('clients invite', ['lab']);
  return send(`${it_.gateway.url}/register`, {
    method: 'POST',
    body: JSON.stringify({ redirect_uris: [REDIRECT], ...metadata }),
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
  });
}

async function registered(metadata: Metadata = {}): Promise<Metadata> {
  const { status, json } = await register(metadata);
  expect(status).toBe(201);
  return json;
}

const holder = ({ client_id }: Metadata, held = key, redirect = REDIRECT) =>
  new KeyHolder(it_.gateway.url, String(client_id), held, held, redirect);

/** An authorization request that isn't pushed; the parameters as they are changed. */
async function address(client: Metadata, change: Record<string, string | undefined> = {}): Promise<string> {
  const all = { ...(await holder(client).request()), client_id: String(client.client_id), ...change };
  const sent = Object.entries(all).filter((it): it is [string, string] => it[1] !== undefined);
  return `${it_.gateway.url}/authorize?${new URLSearchParams(sent)}`;
}

async function code(client: Metadata, change: Record<string, string | undefined> = {}): Promise<string> {
  const back = await alice.callback(await address(client, change));
  return back.searchParams.get('code') ?? '';
}

/** By its secret, or by a key where it has one. */
async function token(client: Metadata, fields: Record<string, string>, held: HeldKey = key, assertion: Metadata = {}) {
  const own = holder(client, held);
  const proof: Record<string, string> = client.client_secret
    ? {}
    : { client_assertion_type: ASSERTION_TYPE, client_assertion: await own.assertion(assertion, held) };
  // RFC 6749 section 2.3.1: the colon of its id would end the name.
  const basic = `${encodeURIComponent(String(client.client_id))}:${client.client_secret}`;
  return send(`${it_.gateway.url}/token`, {
    method: 'POST',
    body: new URLSearchParams({ client_id: own.id, ...proof, ...fields }),
    headers: client.client_secret ? { authorization: `Basic ${Buffer.from(basic).toString('base64')}` } : {},
  });
}

const redeem = async (client: Metadata, held?: HeldKey, assertion?: Metadata) =>
  token(
    client,
    {
      ...{ grant_type: 'authorization_code', code: await code(client), redirect_uri: REDIRECT },
      code_verifier: holder(client).verifier,
    },
    held,
    assertion,
  );

const jwks = async () => createLocalJWKSet((await send(`${it_.gateway.url}/jwks`)).json as never);

describe('what it gets', () => {
  it('oidcc-idtoken-rs256, whatever else it asks for', async () => {
    const client = await registered({ id_token_signed_response_alg: 'RS256' });
    expect(client.id_token_signed_response_alg).toBe('RS256');
    const { json } = await redeem(client);
    const { protectedHeader } = await jwtVerify(String(json.id_token), await jwks(), {
      ...{ issuer: it_.gateway.url, audience: String(client.client_id) },
    });
    expect(protectedHeader.alg).toBe('RS256');
  });

  it('oidcc-idtoken-unsigned: there are none', async () => {
    const published = (await send(`${it_.gateway.url}/.well-known/openid-configuration`)).json;
    expect(published.id_token_signing_alg_values_supported).not.toContain('none');
    const client = await registered({ id_token_signed_response_alg: 'none' });
    expect(client.id_token_signed_response_alg).toBe('RS256');
    expect(decodeProtectedHeader(String((await redeem(client)).json.id_token)).alg).toBe('RS256');
  });

  it('oidcc-userinfo-rs256: not offered, and not promised; userinfo is JSON', async () => {
    const published = (await send(`${it_.gateway.url}/.well-known/openid-configuration`)).json;
    expect(published).not.toHaveProperty('userinfo_signing_alg_values_supported');
    const client = await registered({ userinfo_signed_response_alg: 'RS256' });
    expect(client).not.toHaveProperty('userinfo_signed_response_alg');
    const { json } = await redeem(client);
    const reply = await userinfo(it_.gateway, String(json.access_token));
    expect(reply.headers['content-type']).toContain('application/json');
  });
});

describe('redirect URIs', () => {
  it.each<[string, string, string | undefined]>([
    ['oidcc-ensure-redirect-uri-in-authorization-request', REDIRECT, undefined],
    ['oidcc-redirect-uri-query-mismatch', `${REDIRECT}?foo=bar`, `${REDIRECT}?foo=baz`],
    ['oidcc-redirect-uri-query-added', REDIRECT, `${REDIRECT}?foo=bar`],
  ])('%s: our own page says so, and leads nowhere', async (_module, uri, redirect_uri) => {
    const client = await registered({ redirect_uris: [uri] });
    const reply = await alice.client.open(await address(client, { redirect_uri }));
    expect([reply.status, reply.location]).toEqual([400, undefined]);
    expect(answerOf(await alice.client.open(await address(client, { redirect_uri: uri })))).toHaveProperty('code');
  });

  it('oidcc-redirect-uri-regfrag', async () => {
    const { status, json } = await register({ redirect_uris: [`${REDIRECT}#foobar`] });
    expect([status, json.error]).toEqual([400, 'invalid_redirect_uri']);
  });
});

describe('what it says of itself', () => {
  it.each([
    ['oidcc-registration-policy-uri', 'policy_uri'],
    ['oidcc-registration-tos-uri', 'tos_uri'],
    ['oidcc-registration-sector-uri', 'sector_identifier_uri'],
  ])('%s: not kept, and not said to be', async (_module, name) => {
    const client = await registered({ [name]: `https://lab.example.org/${name}` });
    expect(client).not.toHaveProperty(name);
    const page = await new Person(it_.gateway, 'bob').client.open(await address(client));
    expect(page.body).not.toContain(name);
  });

  it('oidcc-registration-logo-uri: shown as a picture of ours, and of hosts that are allowed alone', async () => {
    const logo_uri = 'https://lab.example.org/logo.png';
    const client = await registered({ logo_uri, client_name: 'Microscope' });
    expect(client.logo_uri).toBe(logo_uri);
    const page = await new Person(it_.gateway, 'bob').client.open(await address(client));
    expect(page.body).toContain('Microscope');
    // No browser asks another site for it.
    expect(page.body).not.toContain('lab.example.org/logo.png');
    for (const elsewhere of ['https://evil.example/logo.png', 'http://lab.example.org/logo.png', 'data:image/png,'])
      expect((await register({ logo_uri: elsewhere })).json.error).toBe('invalid_client_metadata');
  });

  it('oidcc-registration-sector-bad: no address of it is fetched, whatever is there', async () => {
    const client = await registered({ sector_identifier_uri: 'https://127.0.0.1:1/sector', subject_type: 'pairwise' });
    expect(client).not.toHaveProperty('sector_identifier_uri');
    expect(client.subject_type).toBe('public');
  });

  it('oidcc-registration-jwks-uri: at hosts that are allowed alone', async () => {
    const jwks_uri = 'https://lab.example.org/jwks';
    const by = { token_endpoint_auth_method: 'private_key_jwt' };
    expect(await registered({ ...by, jwks_uri })).toMatchObject({ ...by, jwks_uri });
    const elsewhere = await register({ ...by, jwks_uri: 'https://evil.example/jwks' });
    expect([elsewhere.status, elsewhere.json.error]).toEqual([400, 'invalid_client_metadata']);
  });

  it('oidcc-registration-jwks-uri: the keys there are what it authenticates by', async () => {
    const site = createServer(identity, (_request, response) => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [key.jwk] }));
    });
    await new Promise<void>((resolve) => void site.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void site.close());
    const jwks_uri = `https://127.0.0.1:${(site.address() as AddressInfo).port}/jwks`;
    const client = await registered({ token_endpoint_auth_method: 'private_key_jwt', jwks_uri });
    expect((await redeem(client, next)).json.error).toBe('invalid_client');
    expect((await redeem(client, key)).status).toBe(200);
  });
});

describe('keys', () => {
  it('oidcc-ensure-client-assertion-with-iss-aud-succeeds', async () => {
    const client = await registered(KEYS);
    expect((await redeem(client, key, { aud: it_.gateway.url })).status).toBe(200);
  });

  it('oidcc-refresh-token-rp-key-rotation: by the next key, and no more by the last one', async () => {
    const client = await registered(KEYS);
    const { json } = await redeem(client);
    const { client_id, registration_client_uri, registration_access_token } = client;
    const change = { client_id, redirect_uris: [REDIRECT], ...KEYS, jwks: { keys: [next.jwk] } };
    const changed = await send(String(registration_client_uri), {
      method: 'PUT',
      body: JSON.stringify(change),
      headers: { 'content-type': 'application/json', authorization: `Bearer ${registration_access_token}` },
    });
    expect(changed.status).toBe(200);
    const refresh = { grant_type: 'refresh_token', refresh_token: String(json.refresh_token) };
    expect((await token(client, refresh, key)).json.error).toBe('invalid_client');
    expect((await token(client, refresh, next)).status).toBe(200);
  });

  it('oidcc-server-rotate-keys: while the module waits, `keys rotate` publishes the next one, which signs', async () => {
    const client = await registered();
    const before = String((await redeem(client)).json.id_token);
    // The module waits for its person here, with a code in its hand.
    const waiting = await code(client);
    await it_.gateway.command('keys rotate', ['oidc'], { ahead: '0s' });
    const fields = { grant_type: 'authorization_code', code: waiting, redirect_uri: REDIRECT };
    const { json } = await token(client, { ...fields, code_verifier: holder(client).verifier });
    const after = String(json.id_token);
    expect(decodeProtectedHeader(after).kid).not.toBe(decodeProtectedHeader(before).kid);
    const keys = await jwks();
    for (const one of [before, after]) await jwtVerify(one, keys, { audience: String(client.client_id) });
    expect((await userinfo(it_.gateway, String(json.access_token))).status).toBe(200);
  });
});
