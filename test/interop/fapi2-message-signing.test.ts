import { createRemoteJWKSet, jwtVerify, UnsecuredJWT } from 'jose';
import * as client from 'openid-client';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Departure, fapiApplication, holdKey, KeyHolder, now, redirectOf, send } from '../support/key-holder.ts';
import { API, application, gatewayOfFile, REPORTS, rules } from '../support/oidc-gateway.ts';
import { answerOf, call, Person, RelyingParty } from '../support/relying-party.ts';

/** FAPI 2.0 Message Signing: signed requests (RFC 9101), responses (JARM) and introspection (RFC 9701). */
const [key, stranger, bound] = await Promise.all([holdKey(), holdKey(), holdKey()]);
const rsa = await holdKey('RS256', 'rsa');
const keys = [key.jwk, rsa.jwk];
const signing = { requireSignedRequestObject: true, signedResponses: true };
const it_ = gatewayOfFile({
  applications: {
    bank: fapiApplication('bank', keys, { ...signing, idTokenAlgorithm: 'EdDSA' }),
    keyed: application('keyed', { clientSecret: undefined, jwks: { keys } }),
    reports: application('reports', { idTokenAlgorithm: 'ES256' }),
  },
  doors: {
    oidc: {
      resources: {
        [REPORTS]: { scopes: ['read'], applications: ['library'], format: 'opaque', introspectedBy: ['reports'] },
        [API]: { scopes: ['read'], applications: ['library'] },
      },
    },
  },
  policy: { rules: rules('bank', 'keyed', 'reports') },
});

let alice: Person;
let bank: KeyHolder;

beforeAll(async () => {
  bank = new KeyHolder(it_.gateway.url, 'bank', key, bound);
  bank.more = { response_mode: 'jwt' };
  alice = new Person(it_.gateway, 'alice');
  await answer(await push());
});

const jwks = () => createRemoteJWKSet(new URL(`${it_.gateway.url}/jwks`));
type Claims = Record<string, unknown>;

async function requestObject(change: Claims = {}, by = key, header: Claims = {}): Promise<string> {
  const own = { ...(await bank.request()), client_id: 'bank', iss: 'bank', aud: it_.gateway.url };
  const claims = { ...own, nbf: now() - 1, exp: now() + 50, ...change };
  return bank.sign(claims, by, { typ: 'oauth-authz-req+jwt', ...header });
}

/** Pushes a request object, and nothing beside it but what `fields` says. */
async function push(change: Claims = {}, by = key, how: Departure = {}) {
  const request = await requestObject(change, by);
  return bank.call('/par', { request }, { withoutProof: true, ...how });
}

/** What the signed response says. */
async function answer({ json }: { json: Record<string, unknown> }): Promise<Claims> {
  const back = await alice.callback(bank.authorize(json.request_uri));
  expect([...back.searchParams.keys()]).toEqual(['response']);
  const options = { issuer: it_.gateway.url, audience: 'bank', algorithms: ['EdDSA'] };
  return (await jwtVerify(back.searchParams.get('response') ?? '', jwks(), options)).payload;
}

describe('signed requests and responses', () => {
  it('openid-client: JAR pushed, JARM back', async () => {
    const rp = await RelyingParty.of(it_.gateway, 'bank', {
      authentication: client.PrivateKeyJwt({ key: key.privateKey, kid: 'one' }),
      redirectUri: redirectOf('bank'),
      metadata: {
        ...{ id_token_signed_response_alg: 'EdDSA', authorization_signed_response_alg: 'EdDSA' },
        dpop_bound_access_tokens: true,
      },
    });
    client.useJwtResponseMode(rp.config);
    const DPoP = client.getDPoPHandle(rp.config, { privateKey: bound.privateKey, publicKey: bound.publicKey });
    const verifier = client.randomPKCECodeVerifier();
    const parameters = {
      ...{ redirect_uri: redirectOf('bank'), scope: 'openid', state: 'one' },
      ...{ code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' },
    };
    const jar = await client.buildAuthorizationUrlWithJAR(rp.config, parameters, { key: key.privateKey, kid: 'one' });
    const url = await client.buildAuthorizationUrlWithPAR(rp.config, jar.searchParams);
    const callback = await alice.callback(url);
    const checks = { pkceCodeVerifier: verifier, expectedState: 'one', idTokenExpected: true };
    const tokens = await client.authorizationCodeGrant(rp.config, callback, checks, undefined, { DPoP });
    expect(tokens.claims()?.sub).toBeTruthy();
  });

  it('a code, its state and its issuer, for the client alone and for two minutes', async () => {
    const said = await answer(await push());
    expect(said).toMatchObject({ iss: it_.gateway.url, aud: 'bank', state: 'a-state', code: expect.any(String) });
    expect(Number(said.exp) - now()).toBeLessThanOrEqual(120);
    expect((await bank.redeem(String(said.code))).status).toBe(200);
  });

  it('errors are signed too', async () => {
    const nobody = new Person(it_.gateway, 'bob');
    const { json } = await push({ prompt: 'none' });
    const { location } = await nobody.client.open(bank.authorize(json.request_uri));
    const { payload } = await jwtVerify(location?.searchParams.get('response') ?? '', jwks(), { audience: 'bank' });
    expect(payload).toMatchObject({ error: 'login_required', state: 'a-state' });
  });

  it.each<[string, Claims]>([
    ['ensure-request-object-with-multiple-aud-succeeds', { aud: ['https://other.example', 'ISSUER'] }],
    ['ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted', { nbf: now() + 8, exp: now() + 60 }],
  ])('fapi2-security-profile-final-%s', async (_module, change) => {
    const said = JSON.parse(JSON.stringify(change).replace('ISSUER', it_.gateway.url));
    expect((await push(said)).status).toBe(201);
  });

  it.each([
    ['ensure-different-nonce-inside-and-outside-request-object', 'nonce'],
    ['ensure-different-state-inside-and-outside-request-object', 'state'],
    ['and a scope', 'scope'],
  ])('%s: what is inside counts', async (_module, name) => {
    const outside = { [name]: name === 'scope' ? 'openid email' : 'outside' };
    const said = await answer(await push({}, key, { fields: outside }));
    expect(said.state).toBe('a-state');
    const { json } = await bank.redeem(String(said.code));
    expect(json.scope).toBe('openid');
    const [, claims = ''] = String(json.id_token).split('.');
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString()).nonce).toBe('a-nonce');
  });

  it('state-only-outside-request-object-not-used', async () => {
    const said = await answer(await push({ state: undefined }, key, { fields: { state: 'outside' } }));
    expect(said).not.toHaveProperty('state');
  });
});

describe('request objects that are refused', () => {
  it.each<[string, Claims]>([
    ['ensure-request-object-without-exp-fails', { exp: undefined }],
    ['ensure-request-object-without-nbf-fails', { nbf: undefined }],
    ['ensure-request-object-without-redirect-uri-fails', { redirect_uri: undefined }],
    ['ensure-expired-request-object-fails', { exp: now() - 60, nbf: now() - 90 }],
    ['ensure-request-object-with-bad-aud-fails', { aud: 'https://evil.example' }],
    ['ensure-request-object-with-exp-over-60-fails', { exp: now() + 3_700 }],
    ['ensure-request-object-with-nbf-over-60-fails', { nbf: now() - 3_700 }],
    ['of another issuer', { iss: 'library' }],
    ['of another client', { client_id: 'library' }],
    ['that would be a client assertion as well (RFC 9101 section 10.8)', { sub: 'bank', jti: 'x' }],
    ['par-authorization-request-containing-request_uri', { request_uri: 'https://evil.example/' }],
    ['with another one in it', { request: 'x' }],
    ['that ends beyond all numbers', { exp: 'never' }],
  ])('fapi2-security-profile-final-%s', async (_module, change) => {
    const { status, json } = await push(change);
    expect([400, 401]).toContain(status);
    expect(json.error).toMatch(/^invalid_request(_object)?$/);
  });

  it('ensure-signed-request-object-with-RS256-fails', async () => {
    expect((await push({}, rsa)).json.error).toBe('invalid_request_object');
  });

  it('ensure-matching-key-in-authorization-request, ensure-request-object-with-invalid-signature-fails', async () => {
    expect((await push({}, stranger)).json.error).toBe('invalid_request_object');
    const request = `${(await requestObject()).slice(0, -8)}AAAAAAAA`;
    expect((await bank.call('/par', { request }, { withoutProof: true })).json.error).toBe('invalid_request_object');
  });

  it('ensure-request-object-signature-algorithm-is-not-none', async () => {
    const request = new UnsecuredJWT({ ...(await bank.request()), client_id: 'bank', nbf: now(), exp: now() + 50 })
      .setIssuer('bank')
      .setAudience(it_.gateway.url)
      .encode();
    expect((await bank.call('/par', { request }, { withoutProof: true })).json.error).toBe('invalid_request_object');
  });

  it('ensure-unsigned-request-at-par-endpoint-fails', async () => {
    expect((await bank.push()).json.error).toBe('invalid_request');
  });

  it('a request object is no client assertion', async () => {
    const client_assertion = await requestObject({ sub: 'bank', jti: 'one' });
    const { json } = await bank.call(
      '/par',
      { client_assertion, request: await requestObject() },
      { withoutProof: true },
    );
    expect(json.error).toBe('invalid_client');
  });

  it('an ordinary response mode is refused, signed or not asked for', async () => {
    for (const response_mode of ['query', 'form_post', undefined]) {
      const { json } = await push({ response_mode });
      expect(json).not.toHaveProperty('request_uri');
    }
  });
});

describe('what else a request object may not do', () => {
  const keyed = () => new KeyHolder(it_.gateway.url, 'keyed', key, bound, 'http://127.0.0.1:9/keyed/callback');
  const objectOf = async (change: Claims) => {
    const own = keyed();
    const claims = { ...(await own.request()), client_id: 'keyed', iss: 'keyed', aud: it_.gateway.url };
    return own.sign({ ...claims, exp: now() + 60, ...change });
  };
  const begin = async (change: Claims) => {
    const query = new URLSearchParams({ client_id: 'keyed', request: await objectOf(change) });
    return alice.client.open(`${it_.gateway.url}/authorize?${query}`);
  };

  it('what is beside it in the address is not believed', async () => {
    const query = new URLSearchParams({
      client_id: 'keyed',
      request: await objectOf({}),
      max_age: '0',
      scope: 'openid email',
    });
    const reply = await alice.client.open(`${it_.gateway.url}/authorize?${query}`);
    expect(answerOf(reply)).toHaveProperty('code');
  });

  it('oidcc-ensure-request-object-with-redirect-uri: it may stand there alone, and is compared exactly', async () => {
    expect(answerOf(await begin({}))).toHaveProperty('code');
    const reply = await begin({ redirect_uri: 'https://evil.example/' });
    expect([reply.status, reply.location]).toEqual([400, undefined]);
  });
});

describe('signed introspection (RFC 9701)', () => {
  const ask = async (id: string, token: string, accept: string) => {
    const body = new URLSearchParams({ token });
    const secret = Buffer.from(`${id}:${id}-secret-of-the-tests-0123456789`).toString('base64');
    return send(`${it_.gateway.url}/introspect`, {
      method: 'POST',
      body,
      headers: { accept, authorization: `Basic ${secret}` },
    });
  };
  const SIGNED = 'application/token-introspection+jwt';

  it('oauth4webapi reads it, addressed to who asked, and nobody else is told anything', async () => {
    const library = await RelyingParty.of(it_.gateway, 'library');
    const { access_token } = await new Person(it_.gateway, 'alice').signIn(library, {
      resource: REPORTS,
      scope: 'openid read',
    });
    const reports = await RelyingParty.of(it_.gateway, 'reports', {
      metadata: { introspection_signed_response_alg: 'ES256' },
    });
    expect(await client.tokenIntrospection(reports.config, access_token)).toMatchObject({
      active: true,
      scope: 'read',
    });

    const signed = await ask('reports', access_token, SIGNED);
    expect(signed.headers.get('content-type')).toContain(SIGNED);
    const options = {
      issuer: it_.gateway.url,
      audience: 'reports',
      typ: 'token-introspection+jwt',
      algorithms: ['ES256'],
    };
    const { payload } = await jwtVerify(signed.text, jwks(), options);
    expect(payload.token_introspection).toMatchObject({ active: true, client_id: 'library' });
    expect(payload).not.toHaveProperty('sub');

    const unsigned = await ask('reports', access_token, 'application/json');
    expect(unsigned.json).toMatchObject({ active: true });
    const others = await ask('courses', access_token, SIGNED);
    const said = (await jwtVerify(others.text, jwks(), { audience: 'courses' })).payload;
    expect(said.token_introspection).toEqual({ active: false });
    expect((await call(it_.gateway, '/introspect', { token: access_token })).status).toBe(400);
  });
});
