import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { ClientSecretPost, fetchUserInfo } from 'openid-client';
import { beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../support/client.ts';
import { form } from '../support/forms.ts';
import { PASSWORD } from '../support/gateway.ts';
import { application, gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import { answerOf, call, type Parameters, Person, RelyingParty, secretOf, userinfo } from '../support/relying-party.ts';

/** OpenID Connect Core by openid-client: the basic and config profiles of the OpenID conformance suite. */
const groups = { scopes: ['openid', 'profile', 'email', 'groups'] };
const it_ = gatewayOfFile({
  applications: {
    post: application('post', { authentication: 'client_secret_post', idTokenAlgorithm: 'ES256', ...groups }),
    minimal: application('minimal', { scopes: ['openid'] }),
    query: application('query', { redirectUris: ['http://127.0.0.1:9/query/callback?tenant=1'] }),
  },
  policy: { rules: rules('post', 'minimal', 'query') },
});

let library: RelyingParty;
let carol: Person;

beforeAll(async () => {
  const { gateway } = it_;
  const details = { name: 'Carol Reader', groups: 'students,readers', email: 'carol@example.org' };
  await gateway.command('user add', ['carol'], details, PASSWORD);
  library = await RelyingParty.of(gateway, 'library');
  carol = new Person(gateway, 'carol');
  await carol.signIn(library);
});

async function json(path: string): Promise<Record<string, unknown>> {
  const reply = await new Client().get(`${it_.gateway.url}${path}`);
  expect(reply.status).toBe(200);
  return reply.json() as Record<string, unknown>;
}

describe('oidcc-discovery-endpoint-verification', () => {
  it('publishes what is served, and nothing else', async () => {
    const { url } = it_.gateway;
    const published = await json('/.well-known/openid-configuration');
    expect(published).toMatchObject({
      issuer: url,
      authorization_endpoint: `${url}/authorize`,
      token_endpoint: `${url}/token`,
      userinfo_endpoint: `${url}/userinfo`,
      jwks_uri: `${url}/jwks`,
      pushed_authorization_request_endpoint: `${url}/par`,
      revocation_endpoint: `${url}/revoke`,
      introspection_endpoint: `${url}/introspect`,
      end_session_endpoint: `${url}/logout`,
      code_challenge_methods_supported: ['S256'],
      id_token_signing_alg_values_supported: expect.arrayContaining(['RS256', 'ES256']),
      subject_types_supported: ['public', 'pairwise'],
      authorization_response_iss_parameter_supported: true,
      claims_parameter_supported: true,
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
      ui_locales_supported: ['en', 'zh-Hant', 'zh-Hans'],
    });
    expect([...(published.grant_types_supported as string[])].sort()).toEqual(['authorization_code', 'refresh_token']);
    expect([...(published.response_types_supported as string[])].sort()).toEqual(['code', 'none']);
    expect(published.acr_values_supported).toEqual(
      expect.arrayContaining(['https://refeds.org/profile/sfa', 'https://refeds.org/profile/mfa', 'phr', 'phrh']),
    );
    for (const absent of [
      'registration_endpoint',
      'device_authorization_endpoint',
      'request_object_signing_alg_values_supported',
    ]) {
      expect(published).not.toHaveProperty(absent);
    }
    expect(published.request_uri_parameter_supported).not.toBe(true);
  });

  it('publishes the same as authorization server metadata (RFC 8414)', async () => {
    expect(await json('/.well-known/oauth-authorization-server')).toEqual(
      await json('/.well-known/openid-configuration'),
    );
  });

  it('publishes public keys alone', async () => {
    const { keys } = (await json('/jwks')) as unknown as JSONWebKeySet;
    expect(keys.map(({ alg }) => alg).sort()).toEqual(['ES256', 'RS256']);
    for (const key of keys) {
      expect(key).toMatchObject({ use: 'sig', kid: expect.any(String) });
      expect(Object.keys(key).filter((name) => ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'].includes(name))).toEqual([]);
    }
  });
});

describe('oidcc-server and oidcc-idtoken-signature', () => {
  it.each([false, true])('code flow, pushed first: %s', async (par) => {
    const tokens = await new Person(it_.gateway, 'alice').signIn(library, {}, { par });
    const keys = createLocalJWKSet((await json('/jwks')) as unknown as JSONWebKeySet);
    const { payload, protectedHeader } = await jwtVerify(tokens.id_token ?? '', keys, {
      issuer: it_.gateway.url,
      audience: 'library',
    });
    expect(protectedHeader).toMatchObject({ alg: 'RS256', kid: expect.any(String) });
    expect(payload).toMatchObject({ acr: 'https://refeds.org/profile/sfa', amr: ['pwd'], sub: expect.any(String) });
    expect(payload.auth_time).toBeLessThanOrEqual(payload.iat ?? 0);
    expect(payload.sub).not.toContain('alice');
    expect(tokens.token_type).toBe('bearer');
    expect(tokens.expires_in).toBe(900);
  });

  it('oidcc-server-client-secret-post, signed with ES256', async () => {
    const post = await RelyingParty.of(it_.gateway, 'post', {
      authentication: ClientSecretPost(secretOf('post')),
      metadata: { id_token_signed_response_alg: 'ES256' },
      redirectUri: 'http://127.0.0.1:9/post/callback',
    });
    const { id_token } = await post.visit(carol);
    expect(decodeProtectedHeader(id_token ?? '').alg).toBe('ES256');
  });

  it('answers the token request uncacheable', async () => {
    const flow = await library.begin();
    const code = (await carol.callback(flow.url)).searchParams.get('code') ?? '';
    const fields = {
      grant_type: 'authorization_code',
      code,
      redirect_uri: library.redirectUri,
      code_verifier: flow.verifier,
    };
    const reply = await call(it_.gateway, '/token', fields, 'library');
    expect(reply.status).toBe(200);
    expect(reply.headers['cache-control']).toContain('no-store');
  });

  it('answers errors of the endpoints in JSON, whatever a client accepts (RFC 6749 section 5.2)', async () => {
    // What Java's HttpURLConnection sends by itself.
    const headers = { origin: undefined, accept: 'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2' };
    for (const path of ['/token', '/par', '/revoke', '/introspect', '/userinfo']) {
      const reply = await new Client().post(`${it_.gateway.url}${path}`, {}, { headers });
      expect(reply.headers['content-type'], path).toContain('application/json');
      expect(reply.json(), path).toHaveProperty('error');
    }
  });
});

describe('oidcc-userinfo', () => {
  it.each([
    ['oidcc-userinfo-get', 'get'],
    ['oidcc-userinfo-post-header', 'post-header'],
    ['oidcc-userinfo-post-body', 'post-body'],
  ] as const)('%s', async (_module, how) => {
    const { access_token } = await library.visit(carol, { scope: 'openid profile' });
    const reply = await userinfo(it_.gateway, access_token, how);
    expect(reply.status).toBe(200);
    expect(reply.json()).toMatchObject({ sub: expect.any(String), preferred_username: 'carol', name: 'Carol Reader' });
  });

  it('refuses no token and a wrong one with a challenge (RFC 6750 section 3)', async () => {
    const none = await new Client().get(`${it_.gateway.url}/userinfo`);
    expect(none.status).toBe(401);
    expect(none.headers['www-authenticate']).toMatch(/^Bearer realm=/);
    const wrong = await userinfo(it_.gateway, 'wrong');
    expect(wrong.status).toBe(401);
    expect(wrong.headers['www-authenticate']).toMatch(/^Bearer .*error="invalid_token"/);
  });
});

describe('claims by scope and by request', () => {
  const scopes: [name: string, scope: string, claims: Record<string, unknown>][] = [
    [
      'oidcc-scope-profile',
      'openid profile',
      { name: 'Carol Reader', preferred_username: 'carol', updated_at: expect.any(Number) },
    ],
    ['oidcc-scope-email', 'openid email', { email: 'carol@example.org' }],
    ['groups', 'openid groups', { groups: ['students', 'readers'] }],
    [
      'oidcc-scope-all',
      'openid profile email groups',
      {
        name: 'Carol Reader',
        preferred_username: 'carol',
        updated_at: expect.any(Number),
        email: 'carol@example.org',
        groups: ['students', 'readers'],
      },
    ],
    ['unknown here, ignored', 'openid unknown', {}],
  ];

  it.each(scopes)('%s', async (_name, scope, expected) => {
    const { access_token } = await library.visit(carol, { scope });
    const { sub, acr, amr, auth_time, ...rest } = (await userinfo(it_.gateway, access_token, 'get')).json() as Record<
      string,
      unknown
    >;
    expect(rest).toEqual(expected);
    expect(sub).toBeTypeOf('string');
  });

  it('gives no scope that the application is not registered for', async () => {
    const minimal = await RelyingParty.of(it_.gateway, 'minimal', {
      redirectUri: 'http://127.0.0.1:9/minimal/callback',
    });
    const flow = await minimal.begin({ scope: 'openid profile email' });
    const reply = await carol.client.open(flow.url);
    expect(answerOf(reply)).toMatchObject({ error: 'invalid_scope', state: flow.state });
  });

  it('oidcc-claims-essential: single claims, in the ID token and at userinfo', async () => {
    const claims = JSON.stringify({
      userinfo: { name: { essential: true } },
      id_token: { email: null, auth_time: { essential: true } },
    });
    const tokens = await library.visit(carol, { claims });
    expect(tokens.claims()).toMatchObject({ email: 'carol@example.org', auth_time: expect.any(Number) });
    expect(tokens.claims()).not.toHaveProperty('name');
    const info = await fetchUserInfo(library.config, tokens.access_token, tokens.claims()?.sub ?? '');
    expect(info.name).toBe('Carol Reader');
    expect(info).not.toHaveProperty('email');
  });

  it.each([
    ['not JSON', '{'],
    ['no object', '"x"'],
    ['an array', '[]'],
  ])('refuses a claims parameter that is %s', async (_what, claims) => {
    const flow = await library.begin({ claims });
    expect(answerOf(await carol.client.open(flow.url))).toMatchObject({ error: 'invalid_request', state: flow.state });
  });
});

describe('authorization requests', () => {
  it('oidcc-response-type-missing', async () => {
    const { url, state } = await library.begin();
    url.searchParams.delete('response_type');
    expect(answerOf(await carol.client.open(url))).toMatchObject({ error: 'invalid_request', state });
  });

  it('oidcc-ensure-request-without-nonce-succeeds-for-code-flow', async () => {
    const flow = await library.begin();
    flow.url.searchParams.delete('nonce');
    const { location } = await carol.client.open(flow.url);
    expect(location?.searchParams.get('code')).toBeTruthy();
  });

  const harmless: [string, Parameters][] = [
    ['oidcc-display-page', { display: 'page' }],
    ['oidcc-display-popup', { display: 'popup' }],
    ['oidcc-ensure-request-with-unknown-parameter-succeeds', { extra: 'foobar' }],
    ['oidcc-ui-locales', { ui_locales: 'se fr' }],
    ['oidcc-claims-locales', { claims_locales: 'se' }],
    ['oidcc-ensure-request-with-acr-values-succeeds', { acr_values: '1 2' }],
    ['oidcc-ensure-request-with-valid-pkce-succeeds', {}],
  ];
  it.each(harmless)('%s', async (_name, parameters) => {
    expect((await library.visit(carol, parameters)).claims()?.sub).toBeTypeOf('string');
  });

  it.each(harmless)('oidcc-formpost-basic, as %s', async (_name, parameters) => {
    const flow = await library.begin({ ...parameters, response_mode: 'form_post' });
    const { action, fields } = form((await carol.client.open(flow.url)).body);
    expect(action).toBe(library.redirectUri);
    const answer = new URL(`${action}?${new URLSearchParams(fields)}`);
    expect((await library.exchange(flow, answer)).claims()?.sub).toBeTypeOf('string');
  });

  it('oidcc-ensure-post-request-succeeds: from another site, where the cookie comes back by a redirect', async () => {
    const flow = await library.begin();
    const reply = await carol.client.post(`${it_.gateway.url}/authorize`, flow.url.searchParams, {
      from: 'http://127.0.0.1:9',
    });
    expect(reply.status).toBe(303);
    const back = await carol.client.follow(reply);
    expect((await library.exchange(flow, back.location)).claims()?.sub).toBeTypeOf('string');
  });

  it('a first sign-in through a POST', async () => {
    const alice = new Person(it_.gateway, 'alice');
    const flow = await library.begin();
    const reply = await alice.client.post(`${it_.gateway.url}/authorize`, flow.url.searchParams, {
      from: 'http://127.0.0.1:9',
    });
    const back = await alice.through(await alice.client.follow(reply));
    expect((await library.exchange(flow, back.location)).claims()?.amr).toEqual(['pwd']);
  });

  it('oidcc-redirect-uri-query-OK', async () => {
    const query = await RelyingParty.of(it_.gateway, 'query', {
      redirectUri: 'http://127.0.0.1:9/query/callback?tenant=1',
    });
    const flow = await query.begin();
    const { location } = await carol.client.open(flow.url);
    expect(location?.searchParams.get('tenant')).toBe('1');
    expect(location?.searchParams.get('code')).toBeTruthy();
  });

  it('oidcc-alternate-happy-flow: the second client in the same session, by POST, without a state', async () => {
    const post = await RelyingParty.of(it_.gateway, 'post', {
      authentication: ClientSecretPost(secretOf('post')),
      metadata: { id_token_signed_response_alg: 'ES256' },
      redirectUri: 'http://127.0.0.1:9/post/callback',
    });
    const first = await library.visit(carol);
    const flow = await post.begin();
    flow.url.searchParams.delete('state');
    const asked = await carol.client.post(`${it_.gateway.url}/authorize`, flow.url.searchParams);
    const { location } = await carol.client.follow(asked);
    expect([...(location?.searchParams.keys() ?? [])].sort()).toEqual(['code', 'iss']);
    const { authorizationCodeGrant } = await import('openid-client');
    const checks = { pkceCodeVerifier: flow.verifier, expectedNonce: flow.nonce };
    const tokens = await authorizationCodeGrant(post.config, location as URL, checks);
    expect(tokens.claims()).toMatchObject({ sub: first.claims()?.sub, aud: 'post' });
  });

  it('response_mode=form_post: our own page, under our CSP, submits the answer', async () => {
    const flow = await library.begin({ response_mode: 'form_post', state: `"><script>alert('1')</script>&amp;` });
    const page = await carol.client.open(flow.url);
    expect(page.status).toBe(200);
    expect(page.body).not.toMatch(/<script(?![^>]*\bsrc=)/);
    expect(page.headers['content-security-policy']).toMatch(/form-action 'self' http:$/);
    const answer = form(page.body);
    expect(answer).toMatchObject({ action: library.redirectUri, method: 'POST' });
    expect(answer.fields).toMatchObject({ state: `"><script>alert('1')</script>&amp;`, iss: it_.gateway.url });
    const body = new URLSearchParams(answer.fields);
    const request = new Request(library.redirectUri, { method: 'POST', body });
    const { authorizationCodeGrant } = await import('openid-client');
    const tokens = await authorizationCodeGrant(library.config, request, {
      pkceCodeVerifier: flow.verifier,
      expectedState: `"><script>alert('1')</script>&amp;`,
      expectedNonce: flow.nonce,
    });
    expect(tokens.claims()?.sub).toBeTypeOf('string');
  });

  it('response_mode=form_post: an error too', async () => {
    const flow = await library.begin({ response_mode: 'form_post', prompt: 'none' });
    const page = await new Client().open(flow.url);
    expect(form(page.body)).toMatchObject({
      action: library.redirectUri,
      fields: { error: 'login_required', state: flow.state, iss: it_.gateway.url },
    });
  });
});
