import { beforeAll, describe, expect, it } from 'vitest';
import { type Departure, fapiApplication, type HeldKey, holdKey, KeyHolder, now, send } from '../support/key-holder.ts';
import { application, gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import { advanceHere, Person } from '../support/relying-party.ts';

/** What FAPI 2.0 Security Profile refuses, one test for each module of the conformance suite, named after it. */
const [key, stranger, bound, thief] = await Promise.all([holdKey(), holdKey(), holdKey(), holdKey()]);
const rsa = await holdKey('RS256', 'rsa');
const keys = [key.jwk, rsa.jwk];
const it_ = gatewayOfFile({
  applications: {
    bank: fapiApplication('bank', keys),
    second: fapiApplication('second', keys),
    plain: fapiApplication('plain', keys, { dpopNonce: false }),
    ordinary: application('ordinary', { clientSecret: undefined, jwks: { keys } }),
    httpd: application('httpd', { clientSecret: undefined, jwks: { keys }, assertionAudience: 'token-endpoint' }),
  },
  policy: { rules: rules('bank', 'second', 'plain', 'ordinary', 'httpd') },
});

let alice: Person;
let bank: KeyHolder;
let second: KeyHolder;
let plain: KeyHolder;

const holder = (id: string, redirectUri?: string) => new KeyHolder(it_.gateway.url, id, key, bound, redirectUri);
const site = (id: string) => `http://127.0.0.1:9/${id}/callback`;

beforeAll(async () => {
  [bank, second, plain] = [holder('bank'), holder('second'), holder('plain')];
  alice = new Person(it_.gateway, 'alice');
  await bank.code(alice);
});

async function expectPushRefused(how: Departure, client = bank) {
  const { status, json } = await client.push(how);
  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(500);
  expect(json).not.toHaveProperty('request_uri');
  return json.error;
}

async function expectTokenRefused(how: Departure, client = bank, code?: string) {
  const { status, json } = await client.redeem(code ?? (await client.code(alice)), how);
  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(500);
  expect(json).not.toHaveProperty('access_token');
  return json.error;
}

describe('a pushed request that is refused', () => {
  it.each<[string, Departure]>([
    ['ensure-request-object-without-redirect-uri-fails', { fields: { redirect_uri: undefined } }],
    ['ensure-redirect-uri-in-authorization-request', { fields: { redirect_uri: undefined } }],
    ['ensure-registered-redirect-uri', { fields: { redirect_uri: 'https://bank.example.org/other' } }],
    // Section 5.3.2.2 there would let it pass in a pushed request; ours is registered, or refused.
    ['plain-fapi-tolerate-unregistered-redirect-uri', { fields: { redirect_uri: 'https://elsewhere.example/cb' } }],
    ['ensure-response-type-code-idtoken-fails', { fields: { response_type: 'code id_token' } }],
    ['ensure-response-type-token-fails', { fields: { response_type: 'token' } }],
    ['par-ensure-pkce-required', { fields: { code_challenge: undefined, code_challenge_method: undefined } }],
    ['par-plain-pkce-rejected', { fields: { code_challenge_method: 'plain' } }],
    ['par-authorization-request-containing-request_uri-form-param', { fields: { request_uri: 'urn:x' } }],
    ['ensure-mismatched-dpop-jkt-fails', { withoutProof: false, fields: { dpop_jkt: 'x'.repeat(43) } }],
  ])('%s', async (_module, how) => {
    expect(await expectPushRefused(how)).toMatch(
      /^(invalid_request|unsupported_response_type|unauthorized_client|request_uri_not_supported|invalid_redirect_uri)/,
    );
  });

  it.each<[string, Departure]>([
    ['ensure-client-assertion-with-exp-is-5-minutes-in-past-fails', { assertion: { exp: now() - 300 } }],
    ['ensure-client-assertion-with-wrong-aud-fails', { assertion: { aud: 'https://evil.example' } }],
    ['ensure-client-assertion-with-no-sub-fails', { assertion: { sub: undefined } }],
    ['ensure-client-assertion-in-token-endpoint (par)', { withoutAssertion: true }],
    ['ensure-signed-client-assertion-with-RS256-fails', { assertionKey: rsa }],
    ['a key that nobody published', { assertionKey: stranger }],
    ['par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails', { assertion: { nbf: now() + 90 } }],
    ['par-test-array-as-audience-fails', { assertion: { aud: ['ISSUER', 'https://other.example'] } }],
    ['par-test-array-as-audience-fails (of one)', { assertion: { aud: ['ISSUER'] } }],
    ['par-test-par-endpoint-url-as-audience-fails', { assertion: { aud: 'ISSUER/par' } }],
    ['par-test-token-endpoint-url-as-audience-fails', { assertion: { aud: 'ISSUER/token' } }],
    ['an assertion that would have to be remembered for years', { assertion: { exp: now() + 99_999_999 } }],
  ])('%s', async (_module, how) => {
    const text = JSON.stringify(how.assertion ?? {}).replaceAll('ISSUER', it_.gateway.url);
    const error = await expectPushRefused({ ...how, assertion: { ...how.assertion, ...JSON.parse(text) } });
    expect(error).toMatch(/^invalid_(client|request)$/);
  });

  it('par-attempt-invalid-http-method', async () => {
    expect((await send(`${it_.gateway.url}/par`)).status).toBe(405);
    expect((await send(`${it_.gateway.url}/par`, { method: 'PUT' })).status).toBe(405);
  });
});

describe('at the authorization endpoint', () => {
  const answer = async (url: string) => {
    const { status, location } = await alice.client.open(url);
    expect(location?.searchParams.get('code') ?? null).toBeNull();
    return { status, error: location?.searchParams.get('error') };
  };

  it('ensure-unsigned-authorization-request-without-using-par-fails', async () => {
    const { error } = await answer(
      `${it_.gateway.url}/authorize?${new URLSearchParams({ client_id: 'bank', ...(await bank.request()) })}`,
    );
    expect(error).toBe('invalid_request');
  });

  it('par-attempt-to-use-request_uri-for-different-client', async () => {
    const { json } = await bank.push();
    expect(await answer(second.authorize(json.request_uri))).toMatchObject({ status: 400 });
  });

  it('par-attempt-reuse-request_uri', async () => {
    const { json } = await bank.push();
    await alice.callback(bank.authorize(json.request_uri));
    expect(await answer(bank.authorize(json.request_uri))).toMatchObject({ status: 400 });
  });

  it('par-attempt-to-use-expired-request_uri', async () => {
    const { json } = await bank.push();
    advanceHere(90_000);
    expect(await answer(bank.authorize(json.request_uri))).toMatchObject({ status: 400 });
  });

  it('state-only-outside-request-object-not-used', async () => {
    const { json } = await bank.push({ fields: { state: undefined } });
    const back = await alice.callback(bank.authorize(json.request_uri, { state: 'smuggled', scope: 'openid email' }));
    expect(back.searchParams.get('state')).toBeNull();
    const { json: tokens } = await bank.redeem(back.searchParams.get('code') ?? '');
    expect(tokens.scope).toBe('openid');
  });
});

describe('at the token endpoint', () => {
  it('ensure-holder-of-key-required', async () => {
    expect(await expectTokenRefused({ withoutProof: true })).toMatch(/^invalid_(grant|request|dpop_proof)$/);
  });

  it.each<[string, Departure, RegExp]>([
    ['ensure-client-assertion-in-token-endpoint', { withoutAssertion: true }, /invalid_(client|request)/],
    [
      'ensure-client-id-in-token-endpoint',
      { assertion: { iss: 'second', sub: 'second' } },
      /invalid_(client|request|grant)/,
    ],
    ['ensure-signed-client-assertion-with-RS256-fails', { assertionKey: rsa }, /invalid_client/],
    ['ensure-pkce-code-verifier-required', { fields: { code_verifier: undefined } }, /invalid_(grant|request)/],
    ['incorrect-pkce-code-verifier-rejected', { fields: { code_verifier: 'x'.repeat(43) } }, /invalid_grant/],
    ['dpop-negative-tests: of another method', { proof: { htm: 'GET' } }, /invalid_dpop_proof/],
    [
      'dpop-negative-tests: for another address',
      { proof: { htu: 'https://evil.example/token' } },
      /invalid_dpop_proof/,
    ],
    ['dpop-negative-tests: without htu', { proof: { htu: undefined } }, /invalid_dpop_proof/],
    ['dpop-negative-tests: without jti', { proof: { jti: undefined } }, /invalid_dpop_proof/],
    ['dpop-negative-tests: without iat', { proof: { iat: undefined } }, /invalid_dpop_proof/],
    ['dpop-negative-tests: signed by RS256', { proofKey: rsa }, /invalid_dpop_proof/],
    ['dpop-negative-tests: two proofs', { headers: { dpop: 'a, b' } }, /invalid_dpop_proof/],
  ])('%s', async (_module, how, error) => {
    expect(await expectTokenRefused(how)).toMatch(error);
  });

  it('dpop-negative-tests: a proof of long ago, or of the future', async () => {
    for (const iat of [now() - 600, now() + 600]) {
      expect(await expectTokenRefused({ proof: { iat, nonce: undefined } }, plain)).toMatch(
        /use_dpop_nonce|invalid_dpop_proof/,
      );
    }
  });

  it('dpop-negative-tests: a key that another one signs in the place of', async () => {
    const forged: HeldKey = { ...bound, privateKey: thief.privateKey };
    expect(await expectTokenRefused({ proofKey: forged })).toBe('invalid_dpop_proof');
  });

  it('ensure-token-endpoint-fails-with-mismatched-dpop-jkt', async () => {
    const code = await bank.code(alice, { fields: { dpop_jkt: await bank.thumbprint() } });
    expect(await expectTokenRefused({ proofKey: thief }, bank, code)).toBe('invalid_grant');
  });

  it('ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt', async () => {
    const code = await bank.code(alice, { withoutProof: false });
    expect(await expectTokenRefused({ proofKey: thief }, bank, code)).toBe('invalid_grant');
  });

  it('ensure-authorization-code-is-bound-to-client', async () => {
    expect(await expectTokenRefused({}, second, await bank.code(alice))).toBe('invalid_grant');
  });

  it('attempt-reuse-authorization-code-after-one-second', async () => {
    const code = await bank.code(alice);
    const { json } = await bank.redeem(code);
    advanceHere(1_000);
    expect(await expectTokenRefused({}, bank, code)).toBe('invalid_grant');
    expect((await bank.userinfo(json.access_token)).status).toBe(401);
  });

  it('ensure-token-endpoint-fails-with-expired-auth-code', async () => {
    const code = await bank.code(alice);
    advanceHere(61_000);
    expect(await expectTokenRefused({}, bank, code)).toBe('invalid_grant');
  });

  it('a proof and an assertion count once, of 20 who send them at once', async () => {
    const jti = crypto.randomUUID();
    const how = { assertion: { jti }, proof: { jti } };
    const answers = await Promise.all(Array.from({ length: 20 }, () => bank.refresh('x', how)));
    expect(
      answers.filter(({ json }) => json.error === 'invalid_client' || json.error === 'invalid_request').length,
    ).toBeGreaterThanOrEqual(19);
  });
});

describe('a bound token in other hands', () => {
  it('is worth nothing without the key, or as a bearer token', async () => {
    const { json } = await bank.redeem(await bank.code(alice));
    expect((await bank.userinfo(json.access_token, { key: thief })).status).toBe(401);
    const bearer = await send(`${it_.gateway.url}/userinfo`, {
      headers: { authorization: `Bearer ${json.access_token}` },
    });
    expect(bearer.status).toBe(401);
    expect((await bank.userinfo(json.access_token, { proof: { ath: 'x'.repeat(43) } })).status).toBe(401);
    expect((await bank.userinfo(json.access_token)).status).toBe(200);
  });
});

describe('client assertions of other applications', () => {
  const push = (id: string, aud: unknown) => holder(id, site(id)).push({ assertion: { aud } });

  it('are for the issuer alone, unless the application may name the token endpoint', async () => {
    const { url } = it_.gateway;
    for (const aud of [url, [url]]) expect((await push('ordinary', aud)).status).toBe(201);
    for (const aud of [`${url}/token`, `${url}/par`, [url, `${url}/token`], [url, 'https://other.example']])
      expect((await push('ordinary', aud)).json.error).toBe('invalid_client');
    for (const aud of [url, `${url}/token`, [url, `${url}/token`]]) expect((await push('httpd', aud)).status).toBe(201);
    for (const aud of [`${url}/par`, [url, 'https://other.example']])
      expect((await push('httpd', aud)).json.error).toBe('invalid_client');
  });
});
