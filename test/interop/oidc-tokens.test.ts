import { createRemoteJWKSet, decodeJwt, exportJWK, generateKeyPair, jwtVerify } from 'jose';
import {
  authorizationCodeGrant,
  fetchUserInfo,
  getDPoPHandle,
  None,
  PrivateKeyJwt,
  randomDPoPKeyPair,
  refreshTokenGrant,
  type TokenEndpointResponse,
  tokenIntrospection,
  tokenRevocation,
} from 'openid-client';
import { beforeAll, describe, expect, it } from 'vitest';
import { API, application, gatewayOfFile, REPORTS, rules } from '../support/oidc-gateway.ts';
import { advance, answerOf, call, type Parameters, Person, RelyingParty, userinfo } from '../support/relying-party.ts';

/** What applications hold afterwards: refresh tokens, resource tokens, subjects; and how clients authenticate. */
const keys = await generateKeyPair('ES256', { extractable: true });
const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
const HOUR = 3_600_000;
const site = (id: string) => `http://127.0.0.1:9/${id}/callback`;
const publicClient = { clientSecret: undefined, authentication: 'none', applicationType: 'native' };
const it_ = gatewayOfFile({
  applications: {
    keyed: application('keyed', { clientSecret: undefined, jwks: { keys: [jwk] } }),
    native: application('native', {
      ...publicClient,
      reauthenticate: '2d',
      redirectUris: ['http://127.0.0.1/callback', 'org.example.app:/callback'],
    }),
    short: application('short', { reauthenticate: '2d' }),
    reports: application('reports'),
    pair1: application('pair1', { subject: 'pairwise', redirectUris: ['https://one.example.org/callback'] }),
    pair2: application('pair2', { subject: 'pairwise', redirectUris: ['https://two.example.org/callback'] }),
  },
  doors: {
    oidc: {
      resources: {
        [API]: { scopes: ['read', 'write'], applications: ['library', 'short'], lifetime: '5m' },
        [REPORTS]: { scopes: ['read'], applications: ['library'], format: 'opaque', introspectedBy: ['reports'] },
      },
    },
  },
  policy: { rules: rules('keyed', 'native', 'short', 'reports', 'pair1', 'pair2') },
});

let library: RelyingParty;
let alice: Person;

const rp = (id: string, options = {}) => RelyingParty.of(it_.gateway, id, { redirectUri: site(id), ...options });

beforeAll(async () => {
  library = await RelyingParty.of(it_.gateway, 'library');
  alice = new Person(it_.gateway, 'alice');
  await alice.signIn(library);
});

const expectDead = async (id: string, refresh_token: string | undefined) => {
  const fields = { grant_type: 'refresh_token', refresh_token: refresh_token ?? '' };
  expect((await call(it_.gateway, '/token', fields, id)).json()).toMatchObject({ error: 'invalid_grant' });
};

describe('oidcc-refresh-token', () => {
  it('keeps the subject, and gives a new ID token', async () => {
    const first = await library.visit(alice, { scope: 'openid profile' });
    const second = await refreshTokenGrant(library.config, first.refresh_token ?? '');
    expect(second.refresh_token).toBe(first.refresh_token);
    expect(second.access_token).not.toBe(first.access_token);
    expect(second.claims()).toMatchObject({ sub: first.claims()?.sub, auth_time: first.claims()?.auth_time });
    expect((await userinfo(it_.gateway, second.access_token)).json()).toMatchObject({ name: 'Alice Student' });
  });

  it('`reauthenticate` is absolute: no use prolongs it, and the session need not live so long', async () => {
    const short = await rp('short');
    let tokens: TokenEndpointResponse = await new Person(it_.gateway, 'bob').signIn(short);
    for (const wait of [20, 20, 7]) {
      advance(wait * HOUR);
      tokens = await refreshTokenGrant(short.config, tokens.refresh_token ?? '');
    }
    const { exp } = await tokenIntrospection(short.config, tokens.refresh_token ?? '');
    expect(Number(exp) - Date.now() / 1000).toBeLessThanOrEqual(3_600);
    advance(HOUR);
    await expectDead('short', tokens.refresh_token);
  });

  it('ends with a disabled account, and with a new password', async () => {
    const short = await rp('short');
    await it_.gateway.addUser('dora');
    const dora = await new Person(it_.gateway, 'dora').signIn(short);
    expect((await userinfo(it_.gateway, dora.access_token)).status).toBe(200);
    await it_.gateway.command('user disable', ['dora']);
    expect((await userinfo(it_.gateway, dora.access_token)).status).toBe(401);
    await expectDead('short', dora.refresh_token);

    const bob = await new Person(it_.gateway, 'bob').signIn(short);
    advance(1_000);
    await it_.gateway.command('user passwd', ['bob'], {}, 'another battery staple horse');
    await expectDead('short', bob.refresh_token);
    expect((await userinfo(it_.gateway, bob.access_token)).status).toBe(401);
    await it_.gateway.command('user passwd', ['bob'], {}, 'correct horse battery staple');
  });

  it('is not given to an application without `reauthenticate`', async () => {
    const reports = await rp('reports');
    const tokens = await new Person(it_.gateway, 'alice').signIn(reports, { prompt: 'login' });
    expect(tokens).not.toHaveProperty('refresh_token');
  });
});

describe('revocation and introspection', () => {
  it('RFC 7009: a revoked refresh token is dead, and so is what came of it', async () => {
    const tokens = await new Person(it_.gateway, 'alice').signIn(library);
    await tokenRevocation(library.config, tokens.refresh_token ?? '');
    await expectDead('library', tokens.refresh_token);
    expect((await userinfo(it_.gateway, tokens.access_token)).status).toBe(401);
    await tokenRevocation(library.config, 'unknown');
  });

  it('RFC 7662: what a token is worth, for its own client alone', async () => {
    const tokens = await new Person(it_.gateway, 'alice').signIn(library);
    expect(await tokenIntrospection(library.config, tokens.access_token)).toMatchObject({
      ...{ active: true, client_id: 'library', iss: it_.gateway.url, sub: tokens.claims()?.sub },
      ...{ acr: 'https://refeds.org/profile/sfa', amr: ['pwd'], auth_time: tokens.claims()?.auth_time },
    });
    const reports = await rp('reports');
    expect(await tokenIntrospection(reports.config, tokens.access_token)).toEqual({ active: false });
    expect(await tokenIntrospection(library.config, 'unknown')).toEqual({ active: false });
    expect((await call(it_.gateway, '/introspect', { token: tokens.access_token })).status).toBe(400);
    const claimed = { token: tokens.access_token, client_id: 'native' };
    expect((await call(it_.gateway, '/introspect', claimed)).json()).not.toMatchObject({ active: true });
  });
});

describe('resource indicators (RFC 8707)', () => {
  it('gives a JWT access token (RFC 9068) for that resource alone', async () => {
    const tokens = await new Person(it_.gateway, 'alice').signIn(library, { resource: API, scope: 'openid read' });
    const jwks = createRemoteJWKSet(new URL(`${it_.gateway.url}/jwks`));
    const options = { issuer: it_.gateway.url, audience: API, typ: 'at+jwt', currentDate: new Date(Date.now()) };
    const { payload, protectedHeader } = await jwtVerify(tokens.access_token, jwks, options);
    expect(protectedHeader.alg).toBe('RS256');
    expect(payload).toMatchObject({
      ...{ client_id: 'library', scope: 'read', sub: tokens.claims()?.sub, jti: expect.any(String) },
      ...{ acr: 'https://refeds.org/profile/sfa', amr: ['pwd'], auth_time: tokens.claims()?.auth_time },
    });
    expect(Number(payload.exp) - Number(payload.iat)).toBe(300);
    expect((await userinfo(it_.gateway, tokens.access_token)).status).toBe(401);
  });

  it('gives opaque ones that the resource server introspects', async () => {
    const tokens = await new Person(it_.gateway, 'alice').signIn(library, { resource: REPORTS, scope: 'openid read' });
    const reports = await rp('reports');
    const said = await tokenIntrospection(reports.config, tokens.access_token);
    expect(said).toMatchObject({ active: true, aud: REPORTS, scope: 'read', client_id: 'library' });
    const short = await rp('short');
    expect(await tokenIntrospection(short.config, tokens.access_token)).toEqual({ active: false });
  });

  it.each<[string, string, Parameters]>([
    ['an unknown one', 'library', { resource: 'https://evil.example/' }],
    ['one of another application', 'short', { resource: REPORTS }],
    ['no address', 'library', { resource: 'x' }],
    ['one with a fragment', 'library', { resource: `${API}#x` }],
  ])('refuses %s: invalid_target', async (_what, id, parameters) => {
    const party = id === 'library' ? library : await rp(id);
    const flow = await party.begin({ scope: 'openid read', ...parameters });
    expect(answerOf(await alice.client.open(flow.url))).toMatchObject({ error: 'invalid_target', state: flow.state });
  });

  it('the token request can ask for no other than was granted', async () => {
    const flow = await library.begin({ resource: API, scope: 'openid read' });
    const person = new Person(it_.gateway, 'alice');
    const back = await person.callback(flow.url);
    const fields = {
      grant_type: 'authorization_code',
      code: back.searchParams.get('code') ?? '',
      redirect_uri: library.redirectUri,
      code_verifier: flow.verifier,
    };
    const reply = await call(it_.gateway, '/token', { ...fields, resource: REPORTS }, 'library');
    expect(reply.json()).toMatchObject({ error: 'invalid_target' });
  });

  it('a refreshed token for a resource still carries acr and auth_time', async () => {
    const tokens = await new Person(it_.gateway, 'alice').signIn(library, { resource: API, scope: 'openid read' });
    const renewed = await refreshTokenGrant(library.config, tokens.refresh_token ?? '', { resource: API });
    expect(decodeJwt(renewed.access_token)).toMatchObject({
      acr: 'https://refeds.org/profile/sfa',
      aud: API,
      auth_time: tokens.claims()?.auth_time,
    });
  });
});

describe('DPoP (RFC 9449)', () => {
  it('binds tokens to the key of the client: as a bearer token, or with another key, they are worth nothing', async () => {
    const native = await rp('native', { authentication: None(), redirectUri: 'org.example.app:/callback' });
    const person = new Person(it_.gateway, 'alice');
    await person.signIn(library);
    const flow = await native.begin();
    const page = await person.client.open(flow.url);
    const allowed = await person.client.submit(page, {}, { action: page.url.pathname, button: 'allow' });
    const { location } = await person.client.follow(allowed);
    const checks = { pkceCodeVerifier: flow.verifier, expectedState: flow.state, expectedNonce: flow.nonce };
    const DPoP = getDPoPHandle(native.config, await randomDPoPKeyPair('ES256'));
    const tokens = await authorizationCodeGrant(native.config, location ?? new URL('x:'), checks, {}, { DPoP });
    expect(tokens.token_type).toBe('dpop');
    const sub = tokens.claims()?.sub ?? '';
    expect((await fetchUserInfo(native.config, tokens.access_token, sub, { DPoP })).sub).toBe(sub);
    expect((await userinfo(it_.gateway, tokens.access_token)).status).toBe(401);
    const thief = { DPoP: getDPoPHandle(native.config, await randomDPoPKeyPair('ES256')) };
    await expect(fetchUserInfo(native.config, tokens.access_token, sub, thief)).rejects.toThrow();
    await expect(refreshTokenGrant(native.config, tokens.refresh_token ?? '', {}, thief)).rejects.toThrow();
    // Bound to a key as they are, they don't rotate.
    const renewed = await refreshTokenGrant(native.config, tokens.refresh_token ?? '', {}, { DPoP });
    expect(renewed).toMatchObject({ token_type: 'dpop', refresh_token: tokens.refresh_token });
  });
});

describe('client authentication', () => {
  it('private_key_jwt, for PAR and token', async () => {
    const keyed = await rp('keyed', { authentication: PrivateKeyJwt({ key: keys.privateKey, kid: 'one' }) });
    const tokens = await new Person(it_.gateway, 'alice').signIn(keyed, {}, { par: true });
    expect(tokens.claims()?.aud).toBe('keyed');
  });

  it.each(['http://127.0.0.1:51004/callback', 'http://127.0.0.1/callback', 'org.example.app:/callback'])(
    'a native application at %s: any port of its loopback address (RFC 8252 section 7.3)',
    async (redirectUri) => {
      const native = await rp('native', { authentication: None(), redirectUri });
      const person = new Person(it_.gateway, 'alice');
      await person.signIn(library);
      const flow = await native.begin();
      // Anybody can name this client_id, so the person is asked (section 8.6), whatever the institution decided.
      const page = await person.client.open(flow.url);
      const allowed = await person.client.submit(page, {}, { action: page.url.pathname, button: 'allow' });
      const back = await person.client.follow(allowed);
      expect(back.location?.href.startsWith(redirectUri)).toBe(true);
      const tokens = await native.exchange(flow, back.location);
      expect((await fetchUserInfo(native.config, tokens.access_token, tokens.claims()?.sub ?? '')).sub).toBeTruthy();
      const renewed = await refreshTokenGrant(native.config, tokens.refresh_token ?? '');
      expect(renewed.refresh_token).not.toBe(tokens.refresh_token);
    },
  );

  it('client_credentials and other grants are not served', async () => {
    for (const grant_type of [
      'client_credentials',
      'password',
      'urn:ietf:params:oauth:grant-type:device_code',
      'urn:ietf:params:oauth:grant-type:token-exchange',
    ]) {
      const reply = await call(it_.gateway, '/token', { grant_type, username: 'alice', password: 'x' }, 'library');
      expect(reply.json()).toMatchObject({ error: 'unsupported_grant_type' });
    }
  });
});

describe('pairwise subjects (OpenID Connect Core section 8.1)', () => {
  it('differ by sector, stay the same over time, and are no account id', async () => {
    const subs = new Map<string, Set<unknown>>();
    const account = (await new Person(it_.gateway, 'alice').signIn(library)).claims()?.sub;
    for (const id of ['pair1', 'pair2', 'pair1', 'pair2']) {
      const host = id === 'pair1' ? 'one' : 'two';
      const pair = await rp(id, { redirectUri: `https://${host}.example.org/callback` });
      const tokens = await new Person(it_.gateway, 'alice').signIn(pair);
      const sub = tokens.claims()?.sub;
      subs.set(id, (subs.get(id) ?? new Set()).add(sub));
      expect((await userinfo(it_.gateway, tokens.access_token)).json()).toMatchObject({ sub });
      expect(await tokenIntrospection(pair.config, tokens.access_token)).toMatchObject({ sub });
      const again = await new Person(it_.gateway, 'alice').signIn(pair, { id_token_hint: tokens.id_token ?? '' });
      expect(again.claims()?.sub).toBe(sub);
      expect(sub).not.toBe(account);
    }
    expect([...subs.values()].map(({ size }) => size)).toEqual([1, 1]);
    expect(subs.get('pair1')).not.toEqual(subs.get('pair2'));
  });
});
