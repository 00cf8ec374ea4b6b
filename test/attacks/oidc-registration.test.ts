import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import * as openid from 'openid-client';
import { beforeAll, describe, expect, it } from 'vitest';
import { send } from '../support/key-holder.ts';
import { application, gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import { answerOf, Person, RelyingParty, userinfo } from '../support/relying-party.ts';

/** Clients that register themselves (RFC 7591, RFC 7592): who may, as what, and what ends it. */
const lab = { redirectUris: [], clientSecret: undefined, authentication: 'none', reauthenticate: '1d' };
const it_ = gatewayOfFile({
  applications: {
    lab: application(
      'lab',
      { ...lab, scopes: ['openid', 'email'], registration: { hosts: ['*.lab.example.org', 'one.example.org'] } },
      { name: { en: 'Laboratory', 'zh-Hant': '實驗室' } },
    ),
    ward: application('ward', { ...lab, registration: { hosts: ['ward.example.org'] } }),
    closed: application('closed'),
  },
  policy: { rules: [...rules('lab', 'closed'), { name: 'ward', applications: ['ward'], level: 'mfa' }] },
});

const REDIRECT = 'https://app.lab.example.org/callback';
const METADATA = { redirect_uris: [REDIRECT], client_name: 'Microscope' };
let alice: Person;

beforeAll(() => {
  alice = new Person(it_.gateway, 'alice');
});

const invite = async (application = 'lab', options = {}) =>
  String((await it_.gateway.command('clients invite', [application], options))[0]);
const register = (metadata: object, token?: string) =>
  send(`${it_.gateway.url}/register`, {
    method: 'POST',
    body: JSON.stringify(metadata),
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
  });
const manage = (uri: unknown, token: unknown, method = 'GET', body?: object) =>
  send(String(uri), {
    method,
    ...(body ? { body: JSON.stringify(body) } : {}),
    headers: { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
  });

async function partyOf(client: Record<string, unknown>): Promise<RelyingParty> {
  const authentication = openid.ClientSecretBasic(String(client.client_secret));
  return RelyingParty.of(it_.gateway, String(client.client_id), { authentication, redirectUri: REDIRECT });
}

describe('a client that was invited', () => {
  it('openid-client registers, and signs somebody in', async () => {
    const config = await openid.dynamicClientRegistration(new URL(it_.gateway.url), METADATA, undefined, {
      ...{ initialAccessToken: await invite(), execute: [openid.allowInsecureRequests] },
    });
    const client = config.clientMetadata();
    expect(client).toMatchObject({
      client_id: expect.stringMatching(/^lab:/),
      redirect_uris: [REDIRECT],
      scope: 'openid email',
    });
    const party = await partyOf(client);
    const flow = await party.begin();
    const page = await alice.client.open(flow.url);
    expect(page.text).toContain('Microscope · Laboratory');
    const back = await alice.through(page);
    const tokens = await party.exchange(flow, back.location);
    expect(tokens.claims()).toMatchObject({ aud: client.client_id });
    expect(tokens.refresh_token).toBeTruthy();
  });

  it('is held to the rules of its application', async () => {
    const { json } = await register({ redirect_uris: ['https://ward.example.org/cb'] }, await invite('ward'));
    const { url } = await (await partyOf(json)).begin({ prompt: 'none', redirect_uri: 'https://ward.example.org/cb' });
    expect(answerOf(await alice.client.open(url))).toMatchObject({
      error: expect.stringMatching(/interaction_required|login_required/),
    });
  });

  it('manages itself by its own token, which changes at each change', async () => {
    const { json } = await register(METADATA, await invite());
    const { registration_client_uri: uri, registration_access_token: first, client_id, client_secret } = json;
    expect((await manage(uri, first)).json).toMatchObject({ client_id, client_secret, client_name: 'Microscope' });
    const change = {
      client_id,
      client_secret,
      redirect_uris: ['https://one.example.org/cb'],
      client_name: 'Telescope',
    };
    const changed = await manage(uri, first, 'PUT', change);
    expect(changed.json).toMatchObject({ client_name: 'Telescope', redirect_uris: change.redirect_uris });
    expect((await manage(uri, first)).status).toBe(401);
    const next = changed.json.registration_access_token;
    const evil = await manage(uri, next, 'PUT', { ...change, redirect_uris: ['https://evil.example/'] });
    expect(evil.status).toBe(400);
    expect((await manage(uri, next, 'DELETE')).status).toBe(204);
    expect((await manage(uri, next)).status).toBe(401);
  });
});

describe('who may not', () => {
  it('anybody without a token, with a made-up one, or with one that was used', async () => {
    expect((await register(METADATA)).status).toBeGreaterThanOrEqual(400);
    expect((await register(METADATA, 'x'.repeat(43))).status).toBe(401);
    const token = await invite();
    const answers = await Promise.all(Array.from({ length: 10 }, () => register(METADATA, token)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
    expect((await register(METADATA, token)).status).toBe(401);
  });

  it('below an application that does not have it', async () => {
    await expect(invite('closed')).rejects.toThrow('nobody may register');
    await expect(invite('nothing')).rejects.toThrow('nobody may register');
  });

  it("another client's token, or its own for another client", async () => {
    const [a, b] = [await register(METADATA, await invite()), await register(METADATA, await invite())];
    expect((await manage(a.json.registration_client_uri, b.json.registration_access_token)).status).toBe(401);
    expect((await manage(`${it_.gateway.url}/register/library`, a.json.registration_access_token)).status).toBe(401);
  });

  it.each<[string, object]>([
    ['a host that is not allowed', { redirect_uris: ['https://evil.example/cb'] }],
    ['a host that only ends alike', { redirect_uris: ['https://evillab.example.org/cb'] }],
    ['the domain itself', { redirect_uris: ['https://lab.example.org/cb'] }],
    ['http', { redirect_uris: ['http://app.lab.example.org/cb'] }],
    ['a fragment', { redirect_uris: [`${REDIRECT}#`] }],
    ['somebody before the host', { redirect_uris: ['https://app.lab.example.org@evil.example/cb'] }],
    ['a name and password in it', { redirect_uris: ['https://a:b@app.lab.example.org/cb'] }],
    ['a name before the host, behind a blank', { redirect_uris: [' https://a:b@app.lab.example.org/cb'] }],
    ['a name before the host, with a tab', { redirect_uris: ['https:\t//a:b@app.lab.example.org/cb'] }],
    ['a backslash', { redirect_uris: ['https://evil.example\\@app.lab.example.org/cb'] }],
    ['a line in it', { redirect_uris: [`${REDIRECT}\r\nx: y`] }],
    ['letters that are not written so', { redirect_uris: ['https://app.lab.example.org/\u202ecb'] }],
    ['a dot behind the host', { redirect_uris: ['https://app.lab.example.org./cb'] }],
    ['the machine itself', { redirect_uris: ['https://127.0.0.1/cb'] }],
    ['a place of its own on the device', { redirect_uris: ['http://localhost/cb'], application_type: 'native' }],
    ['a scheme of its own', { redirect_uris: ['org.example.app:/cb'], application_type: 'native' }],
    ['a script', { redirect_uris: ['javascript:alert(1)//https://app.lab.example.org/'] }],
    ['an address that is none', { redirect_uris: ['https://', 7, null] }],
    ['one in no list', { redirect_uris: REDIRECT }],
    ['keys inside', { ...METADATA, token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://10.0.0.1/jwks' }],
    ['a picture inside', { ...METADATA, logo_uri: 'https://169.254.169.254/latest/meta-data' }],
    [
      'private keys',
      { ...METADATA, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [{ kty: 'oct', k: 'AAAA' }] } },
    ],
    ['a name of several lines', { ...METADATA, client_name: 'Micro\u2028scope' }],
    ['none', { redirect_uris: [] }],
    ['eleven', { redirect_uris: Array.from({ length: 11 }, (_, at) => `${REDIRECT}${at}`) }],
    [
      'keys elsewhere',
      { ...METADATA, token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://evil.example/jwks' },
    ],
    ['a logout elsewhere', { ...METADATA, backchannel_logout_uri: 'http://127.0.0.1/' }],
    ['a scope beyond', { ...METADATA, scope: 'openid groups' }],
    ['no authentication', { ...METADATA, token_endpoint_auth_method: 'none' }],
    ['a certificate', { ...METADATA, token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_san_dns: 'a' }],
    ['a name that turns round', { ...METADATA, client_name: 'yrarbiL \u202e' }],
    ['a name without end', { ...METADATA, client_name: 'x'.repeat(101) }],
  ])('asks for %s', async (_what, metadata) => {
    const { status, json } = await register(metadata, await invite());
    expect(status).toBe(400);
    expect(json.error).toMatch(/^invalid_(redirect_uri|client_metadata)$/);
  });

  it('what it says beyond that counts for nothing', async () => {
    const more = {
      grant_types: ['client_credentials', 'implicit'],
      response_types: ['token'],
      require_pushed_authorization_requests: false,
      sector_identifier_uri: 'https://evil.example/',
      client_id: 'library',
      client_secret: 'x',
      default_max_age: 1,
      software_statement: 'eyJhbGciOiJub25lIn0.eyJyZWRpcmVjdF91cmlzIjpbImh0dHBzOi8vZXZpbC5leGFtcGxlLyJdfQ.',
      dangerouslyWithoutPkce: true,
      initiate_login_uri: 'https://evil.example/',
      request_uris: ['https://evil.example/'],
      subject_type: 'pairwise',
    };
    const { json } = await register({ ...METADATA, ...more }, await invite());
    expect(json).toMatchObject({ grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] });
    expect(json.client_id).not.toBe('library');
    expect(json.client_secret).not.toBe('x');
    for (const name of ['sector_identifier_uri', 'software_statement', 'initiate_login_uri', 'request_uris'])
      expect(json).not.toHaveProperty(name);
    expect(json).toMatchObject({ redirect_uris: [REDIRECT], subject_type: 'public' });
  });

  it('no picture of another site', async () => {
    const { status, json } = await register({ ...METADATA, logo_uri: 'https://evil.example/x' }, await invite());
    expect({ status, error: json.error }).toEqual({ status: 400, error: 'invalid_client_metadata' });
  });
});

describe('at the same moment', () => {
  const clients = async () => (await it_.gateway.command('clients list')).join('\n');
  type Registered = Record<string, unknown>;
  const changeOf = ({ client_id }: Registered) => JSON.stringify({ client_id, ...METADATA, client_name: 'Other' });

  /** A change whose token has been looked at, and whose body comes once it is let go on. */
  async function changing(client: Registered) {
    const answered = Promise.withResolvers<number>();
    const body = changeOf(client);
    const outgoing = request(String(client.registration_client_uri), {
      method: 'PUT',
      headers: {
        ...{ authorization: `Bearer ${client.registration_access_token}`, 'content-type': 'application/json' },
        'content-length': Buffer.byteLength(body),
      },
    });
    outgoing.on('response', (incoming) => {
      incoming.resume();
      answered.resolve(incoming.statusCode ?? 0);
    });
    outgoing.on('error', answered.reject);
    outgoing.write(body.slice(0, 1));
    // What came later is answered: by then the first is at its body.
    for (let at = 0; at < 3; at += 1) await manage(client.registration_client_uri, client.registration_access_token);
    return () => {
      outgoing.end(body.slice(1));
      return answered.promise;
    };
  }

  it('removed while it changes itself, it does not come back', async () => {
    const { json } = await register(METADATA, await invite());
    const goOn = await changing(json);
    await it_.gateway.command('clients remove', [String(json.client_id)]);
    expect(await goOn()).toBe(401);
    expect(await clients()).not.toContain(json.client_id);
  });

  it('suspended while it changes itself, it is suspended', async () => {
    const { json } = await register(METADATA, await invite());
    const goOn = await changing(json);
    await it_.gateway.command('clients suspend', [String(json.client_id)]);
    expect(await goOn()).toBe(401);
    expect(await clients()).toContain(`${json.client_id}\tsuspended`);
    expect(await clients()).not.toContain('Other');
  });

  it('a token that was replaced while its change was under way changes nothing', async () => {
    const { json } = await register(METADATA, await invite());
    const { registration_client_uri: uri, registration_access_token: stolen } = json;
    const goOn = await changing(json);
    const own = { client_id: json.client_id, redirect_uris: ['https://one.example.org/cb'] };
    const next = (await manage(uri, stolen, 'PUT', own)).json.registration_access_token;
    expect(await goOn()).toBe(401);
    expect(await manage(uri, next)).toMatchObject({ status: 200, json: own });
  });

  it('of changes at once one has the token that manages it from then on', async () => {
    const { json } = await register(METADATA, await invite());
    const { registration_client_uri: uri, registration_access_token: first } = json;
    const change = () => manage(uri, first, 'PUT', JSON.parse(changeOf(json)));
    const answers = await Promise.all(Array.from({ length: 8 }, change));
    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
    expect((await manage(uri, first)).status).toBe(401);
    const told = answers.filter(({ status }) => status === 200).map((it) => it.json.registration_access_token);
    const good = await Promise.all(told.map((token) => manage(uri, token)));
    expect(good.filter(({ status }) => status === 200)).toHaveLength(1);
  });
});

describe('what ends it', () => {
  it('suspended, it is nobody; resumed, it is there again; removed, it is gone', async () => {
    const { json } = await register(METADATA, await invite());
    const id = String(json.client_id);
    const party = await partyOf(json);
    const tokens = await party.visit(alice);
    expect((await it_.gateway.command('clients list')).join('\n')).toContain(`${id}\tactive`);
    await it_.gateway.command('clients suspend', [id]);
    expect((await userinfo(it_.gateway, tokens.access_token)).status).toBe(401);
    await expect(openid.refreshTokenGrant(party.config, tokens.refresh_token ?? '')).rejects.toThrow();
    const { url } = await party.begin();
    expect((await alice.client.open(url)).status).toBe(400);
    expect((await manage(json.registration_client_uri, json.registration_access_token)).status).toBe(401);
    await it_.gateway.command('clients resume', [id]);
    await openid.refreshTokenGrant(party.config, tokens.refresh_token ?? '');
    await it_.gateway.command('clients remove', [id]);
    await expect(openid.refreshTokenGrant(party.config, tokens.refresh_token ?? '')).rejects.toThrow();
    await expect(it_.gateway.command('clients suspend', [id])).rejects.toThrow('no registered client');
  });

  it('neither secret nor token is kept as it is', async () => {
    const token = await invite();
    const { json } = await register(METADATA, token);
    const data = readdirSync(join(it_.folder, 'data')).map((name) =>
      readFileSync(join(it_.folder, 'data', name), 'latin1'),
    );
    const text = data.join('\n');
    expect(text.includes(String(json.client_id))).toBe(true);
    for (const secret of [token, json.client_secret, json.registration_access_token])
      expect(text.includes(String(secret))).toBe(false);
  });
});
