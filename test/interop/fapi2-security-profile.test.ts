import { decodeJwt } from 'jose';
import * as oauth from 'oauth4webapi';
import { allowInsecureRequests, discovery, getDPoPHandle, PrivateKeyJwt, refreshTokenGrant } from 'openid-client';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Departure, fapiApplication, holdKey, KeyHolder, now, redirectOf, send } from '../support/key-holder.ts';
import { API, gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import { advanceHere, Person, RelyingParty } from '../support/relying-party.ts';

/** FAPI 2.0 Security Profile, one test for each module of the conformance suite, named after it. */
const [key, bound, rsa] = [await holdKey(), await holdKey(), await holdKey('RS256')];
const fapi = (id: string, more = {}) => fapiApplication(id, [key.jwk, { ...rsa.jwk, kid: 'rsa' }], more);
const it_ = gatewayOfFile({
  applications: {
    bank: fapi('bank'),
    second: fapi('second'),
    plain: fapi('plain', { dpopNonce: false, idTokenAlgorithm: 'EdDSA' }),
  },
  doors: { oidc: { resources: { [API]: { scopes: ['read'], applications: ['bank'], algorithm: 'PS256' } } } },
  policy: { rules: rules('bank', 'second', 'plain') },
});

let alice: Person;
let bank: KeyHolder;
let second: KeyHolder;
/** Without nonces, so that the time of a proof counts. */
let plain: KeyHolder;

beforeAll(async () => {
  const holder = (id: string) => new KeyHolder(it_.gateway.url, id, key, bound);
  [bank, second, plain] = [holder('bank'), holder('second'), holder('plain')];
  alice = new Person(it_.gateway, 'alice');
  await bank.code(alice);
});

describe('by whole libraries', () => {
  it('openid-client: PAR, PKCE, DPoP with a nonce, and a refresh that rotates nothing', async () => {
    const authentication = PrivateKeyJwt({ key: key.privateKey, kid: 'one' });
    const rp = await RelyingParty.of(it_.gateway, 'bank', {
      ...{ authentication, redirectUri: redirectOf('bank') },
      metadata: { id_token_signed_response_alg: 'PS256', dpop_bound_access_tokens: true },
    });
    const DPoP = getDPoPHandle(rp.config, { privateKey: bound.privateKey, publicKey: bound.publicKey });
    const flow = await rp.begin({ scope: 'openid email' }, { par: true });
    const { authorizationCodeGrant } = await import('openid-client');
    const checks = { pkceCodeVerifier: flow.verifier, expectedState: flow.state, expectedNonce: flow.nonce };
    const callback = await alice.callback(flow.url);
    const tokens = await authorizationCodeGrant(rp.config, callback, checks, undefined, { DPoP });
    expect(tokens.token_type).toBe('dpop');
    const refreshed = await refreshTokenGrant(rp.config, tokens.refresh_token ?? '', undefined, { DPoP });
    expect(refreshed.refresh_token).toBe(tokens.refresh_token);
  });

  it('oauth4webapi: the issuer that answers is compared, and the assertion is for the issuer', async () => {
    const issuer = new URL(it_.gateway.url);
    const insecure = { [oauth.allowInsecureRequests]: true } as const;
    const found = await oauth.discoveryRequest(issuer, insecure);
    const as = await oauth.processDiscoveryResponse(issuer, found);
    const client: oauth.Client = { client_id: 'plain' };
    const clientAuth = oauth.PrivateKeyJwt({ key: key.privateKey, kid: 'one' });
    const DPoP = oauth.DPoP(client, { privateKey: bound.privateKey, publicKey: bound.publicKey });
    const verifier = oauth.generateRandomCodeVerifier();
    const parameters = new URLSearchParams({
      ...{ response_type: 'code', redirect_uri: redirectOf('plain'), scope: 'openid', state: 's', nonce: 'n' },
      ...{ code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' },
    });
    const pushed = await oauth.pushedAuthorizationRequest(as, client, clientAuth, parameters, { DPoP, ...insecure });
    const { request_uri } = await oauth.processPushedAuthorizationResponse(as, client, pushed);
    const callback = await alice.callback(plain.authorize(request_uri));
    const answer = oauth.validateAuthResponse(as, client, callback, 's');
    const answered = await oauth.authorizationCodeGrantRequest(
      ...([as, client, clientAuth, answer, redirectOf('plain'), verifier] as const),
      { DPoP, ...insecure },
    );
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, answered, { expectedNonce: 'n' });
    const resource = new URL(`${issuer.origin}/userinfo`);
    const reply = await oauth.protectedResourceRequest(tokens.access_token, 'GET', resource, undefined, undefined, {
      ...{ DPoP, ...insecure },
    });
    expect(await reply.json()).toMatchObject({ sub: oauth.getValidatedIdTokenClaims(tokens)?.sub });
  });
});

describe('what succeeds', () => {
  it('fapi2-security-profile-final-discovery-end-point-verification', async () => {
    const config = await discovery(new URL(it_.gateway.url), 'bank', {}, undefined, {
      execute: [allowInsecureRequests],
    });
    expect(config.serverMetadata()).toMatchObject({
      ...{ authorization_response_iss_parameter_supported: true, code_challenge_methods_supported: ['S256'] },
      token_endpoint_auth_methods_supported: expect.arrayContaining(['private_key_jwt']),
      token_endpoint_auth_signing_alg_values_supported: expect.arrayContaining(['PS256', 'ES256', 'EdDSA']),
      id_token_signing_alg_values_supported: expect.arrayContaining(['PS256', 'ES256', 'EdDSA']),
      dpop_signing_alg_values_supported: expect.arrayContaining(['ES256']),
    });
    const { keys } = (await send(`${it_.gateway.url}/jwks`)).json as { keys: { kid: string; alg: string }[] };
    expect(keys.map(({ alg }) => alg).sort()).toEqual(['ES256', 'EdDSA', 'PS256', 'RS256']);
  });

  it('happy-flow, and refresh-token', async () => {
    const answer = await bank.callback(alice);
    expect(answer.get('iss')).toBe(it_.gateway.url);
    const { status, json } = await bank.redeem(answer.get('code') ?? '');
    expect([status, json.token_type]).toEqual([200, 'DPoP']);
    expect((await bank.userinfo(json.access_token)).status).toBe(200);
    const refreshed = await bank.refresh(json.refresh_token);
    expect(refreshed.json.refresh_token).toBe(json.refresh_token);
    expect((await bank.userinfo(refreshed.json.access_token)).status).toBe(200);
    // The module goes on with the second client, and this one does with another key: neither has anything of it.
    expect((await second.refresh(json.refresh_token)).json.error).toBe('invalid_grant');
    const other = await bank.refresh(json.refresh_token, { proofKey: await holdKey() });
    expect([other.status, other.json.token_type]).toEqual([200, 'DPoP']);
    expect((await bank.userinfo(other.json.access_token)).status).toBe(401);
    expect((await bank.refresh(json.refresh_token)).status).toBe(200);
  });

  it('test-claims-parameter-identity-claims: what was asked for is told', async () => {
    const claims = '{"id_token":{"auth_time":{"essential":true}},"userinfo":{"preferred_username":{"essential":true}}}';
    const { json } = await bank.redeem(await bank.code(alice, { fields: { claims } }));
    expect(decodeJwt(String(json.id_token))).toMatchObject({ auth_time: expect.any(Number) });
    expect((await bank.userinfo(json.access_token)).json).toMatchObject({ preferred_username: 'alice' });
  });

  it('user-rejects-authentication', async () => {
    const stranger = new Person(it_.gateway, 'bob');
    const { json } = await bank.push();
    const page = await stranger.client.open(bank.authorize(json.request_uri));
    const back = await stranger.client.submit(page, {}, { action: 'cancel' });
    const end = await stranger.client.follow(back, ({ origin }) => origin !== it_.gateway.url);
    expect(end.location?.searchParams.get('error')).toBe('access_denied');
  });

  it.each<[string, Departure]>([
    ['ensure-authorization-request-without-state-success', { fields: { state: undefined } }],
    ['ensure-authorization-request-without-nonce-success', { fields: { nonce: undefined } }],
    ['ensure-authorization-request-with-64-char-nonce-success', { fields: { nonce: 'n'.repeat(64) } }],
    ['ensure-authorization-request-with-long-nonce', { fields: { nonce: 'n'.repeat(384) } }],
    ['ensure-authorization-request-with-long-state', { fields: { state: 's'.repeat(384) } }],
    ['ensure-other-scope-order-succeeds', { fields: { scope: 'email openid' } }],
    ['par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted', { assertion: { nbf: now() + 8 } }],
    ['ensure-dpopproof-at-par-endpoint-binding-success', { withoutProof: false }],
    ['par-without-duplicate-parameters', {}],
  ])('%s', async (_module, how) => {
    const answer = await bank.callback(alice, how);
    expect((await bank.redeem(answer.get('code') ?? '')).status).toBe(200);
    if (how.fields && 'state' in how.fields) expect(answer.get('state') ?? undefined).toBe(how.fields.state);
  });

  it('ensure-dpop-auth-code-binding-success', async () => {
    const code = await bank.code(alice, { fields: { dpop_jkt: await bank.thumbprint() } });
    expect((await bank.redeem(code)).status).toBe(200);
  });

  it.each([
    ['ensure-dpopproof-with-iat-10seconds-before-succeeds', -10],
    ['ensure-dpopproof-with-iat-10seconds-after-succeeds', 10],
  ])('%s', async (_module, offset) => {
    expect((await plain.redeem(await plain.code(alice), { proof: { iat: now() + offset } })).status).toBe(200);
  });

  it('check-dpop-proof-nbf-exp: a proof that says when it is good is held to it', async () => {
    const good = { nbf: now() - 10, exp: now() + 60 };
    expect((await plain.redeem(await plain.code(alice), { proof: good })).status).toBe(200);
    const spent = await plain.redeem(await plain.code(alice), { proof: { exp: now() - 60 } });
    expect(spent.json.error).toBe('invalid_dpop_proof');
  });

  it('access-token-type-header-case-sensitivity', async () => {
    const { json } = await bank.redeem(await bank.code(alice));
    for (const scheme of ['DPoP', 'dpop', 'DPOP']) {
      expect((await bank.userinfo(json.access_token, { scheme })).status).toBe(200);
    }
  });

  it('par-ensure-reused-request-uri-prior-to-auth-completion-succeeds', async () => {
    const { json } = await bank.push();
    await new Person(it_.gateway, 'bob').client.open(bank.authorize(json.request_uri));
    expect((await alice.callback(bank.authorize(json.request_uri))).searchParams.get('code')).toBeTruthy();
  });
});

describe('a DPoP nonce (RFC 9449 section 8)', () => {
  it('is asked for, given, and nothing but one of ours will do', async () => {
    const fields = { grant_type: 'refresh_token', refresh_token: 'x' };
    const without = await bank.call('/token', fields, { proof: { nonce: undefined } }, false);
    expect([without.status, without.json.error]).toEqual([400, 'use_dpop_nonce']);
    expect(without.headers.get('dpop-nonce')).toMatch(/^[\w-]{43}$/);
    const invented = await bank.call('/token', fields, { proof: { nonce: 'x'.repeat(43) } }, false);
    expect(invented.json.error).toBe('use_dpop_nonce');
  });

  it('is asked for at userinfo as well (section 9), of whoever must have one', async () => {
    const { json } = await bank.redeem(await bank.code(alice));
    const without = await bank.userinfo(json.access_token, { proof: { nonce: undefined } });
    expect([without.status, without.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringMatching(/^DPoP .*error="use_dpop_nonce"/),
    ]);
    const nonce = without.headers.get('dpop-nonce');
    expect((await bank.userinfo(json.access_token, { proof: { nonce } })).status).toBe(200);
    const other = await plain.redeem(await plain.code(alice), { proof: { nonce: undefined } });
    expect((await plain.userinfo(other.json.access_token, { proof: { nonce: undefined } })).status).toBe(200);
  });

  it('is no longer good after some minutes', async () => {
    const code = await bank.code(alice);
    const { nonce } = bank;
    advanceHere(50_000);
    expect((await bank.redeem(code, { proof: { nonce } })).status).toBe(200);
    advanceHere(300_000);
    const late = await bank.call(
      '/token',
      { grant_type: 'refresh_token', refresh_token: 'x' },
      { proof: { nonce } },
      false,
    );
    expect(late.json.error).toBe('use_dpop_nonce');
  });
});

describe('access tokens for a resource', () => {
  it('are signed by an algorithm of the profile, and say which key they are bound to', async () => {
    bank.more = { resource: API, scope: 'openid read' };
    const { json } = await bank.redeem(await bank.code(alice), { fields: { resource: API } });
    bank.more = {};
    const [header, payload] = String(json.access_token).split('.');
    expect(JSON.parse(Buffer.from(header ?? '', 'base64url').toString())).toMatchObject({
      alg: 'PS256',
      typ: 'at+jwt',
    });
    expect(JSON.parse(Buffer.from(payload ?? '', 'base64url').toString())).toMatchObject({
      cnf: { jkt: await bank.thumbprint() },
    });
  });
});
