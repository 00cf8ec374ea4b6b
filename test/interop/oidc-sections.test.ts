import { exportJWK, generateKeyPair } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { application, gatewayOfFile, REPORTS, rules } from '../support/oidc-gateway.ts';
import { call, Person, RelyingParty } from '../support/relying-party.ts';

/**
 * What `docs/reference/oidc.md` says of each specification's sections, as the discovery document has it and, for what
 * isn't there, as somebody finds who asks for it all the same.
 */

const key = await exportJWK((await generateKeyPair('ES256')).publicKey);
const it_ = gatewayOfFile({
  applications: {
    signed: application('signed', {
      signedResponses: true,
      requireSignedRequestObject: true,
      jwks: { keys: [{ ...key, alg: 'ES256', kid: 'sections' }] },
    }),
    reports: application('reports', { grants: ['token_exchange', 'client_credentials'], redirectUris: [] }),
    tv: application('tv', { grants: ['device_code'], redirectUris: [] }),
  },
  doors: { oidc: { resources: { [REPORTS]: { scopes: ['read'], applications: ['library'], introspectedBy: [] } } } },
  policy: { rules: rules('signed', 'reports', 'tv') },
});

let metadata: Record<string, unknown>;
beforeAll(async () => {
  metadata = (await (await fetch(`${it_.gateway.url}/.well-known/openid-configuration`)).json()) as typeof metadata;
});

describe('what is there', () => {
  const rows: [string, string, unknown][] = [
    ['Core 3.1: the code flow, and none', 'response_types_supported', ['code', 'none']],
    [
      'Multiple Response Types, Form Post, JARM',
      'response_modes_supported',
      expect.arrayContaining(['query', 'fragment', 'form_post', 'jwt']),
    ],
    ['Core 5.5', 'claims_parameter_supported', true],
    ['Core 6.1', 'request_parameter_supported', true],
    ['Core 8', 'subject_types_supported', expect.arrayContaining(['public', 'pairwise'])],
    ['RP-Initiated Logout', 'end_session_endpoint', expect.any(String)],
    ['Back-Channel Logout', 'backchannel_logout_session_supported', true],
    ['RFC 7636: S256 alone', 'code_challenge_methods_supported', ['S256']],
    ['RFC 8628', 'device_authorization_endpoint', expect.any(String)],
    ['RFC 9126', 'pushed_authorization_request_endpoint', expect.any(String)],
    ['RFC 9207', 'authorization_response_iss_parameter_supported', true],
    ['RFC 9449', 'dpop_signing_alg_values_supported', expect.arrayContaining(['ES256', 'EdDSA'])],
  ];
  it.each(rows)('%s', (_, name, expected) => {
    expect(metadata[name]).toEqual(expected);
  });

  it('RFC 8414: the same document at its own address', async () => {
    const other = await fetch(`${it_.gateway.url}/.well-known/oauth-authorization-server`);
    expect(await other.json()).toEqual(metadata);
  });
});

describe('what is not there', () => {
  it('is in no document', () => {
    const names = Object.keys(metadata);
    // Core 10.2, 5.3.2; Session Management; RFC 8414 2.1; RFC 9396; CIBA 7.1.
    expect(
      names.filter((name) =>
        /encryption|^userinfo_signing|^check_session|^signed_metadata|^authorization_details/.test(name),
      ),
    ).toEqual([]);
    expect(metadata.request_uri_parameter_supported ?? true).toBe(false);
    expect(metadata.backchannel_user_code_parameter_supported ?? false).toBe(false);
    // Core 9: no secret that signs; RFC 6749 4.2, 4.3.
    expect(metadata.token_endpoint_auth_methods_supported).not.toContain('client_secret_jwt');
    for (const grant of ['implicit', 'password', 'urn:ietf:params:oauth:grant-type:jwt-bearer'])
      expect(metadata.grant_types_supported).not.toContain(grant);
    // Core 7, 5.6.
    expect(metadata.claim_types_supported).toEqual(['normal']);
  });

  it.each(['/.well-known/webfinger?resource=acct:a@b.example', '/session/check'])('at %s is nothing', async (path) => {
    expect((await fetch(`${it_.gateway.url}${path}`)).status).toBe(404);
  });

  it.each(['password', 'urn:ietf:params:oauth:grant-type:jwt-bearer', 'urn:ietf:params:oauth:grant-type:saml2-bearer'])(
    'is no grant: %s',
    async (grant_type) => {
      const { status, body } = await call(
        it_.gateway,
        '/token',
        { grant_type, username: 'alice', password: 'x' },
        'library',
      );
      expect([status, JSON.parse(body).error]).toEqual([400, 'unsupported_grant_type']);
    },
  );

  it('RFC 6750 2.3: a token in the address opens nothing', async () => {
    const library = await RelyingParty.of(it_.gateway, 'library');
    const { access_token } = await new Person(it_.gateway, 'alice').signIn(library);
    const at = `${it_.gateway.url}/userinfo`;
    expect((await fetch(at, { headers: { authorization: `Bearer ${access_token}` } })).status).toBe(200);
    const form = { method: 'POST', body: new URLSearchParams({ access_token }) };
    expect((await fetch(at, form)).status).toBe(200);
    expect((await fetch(`${at}?access_token=${access_token}`)).status).toBe(400);
  });

  it.each([
    ['Core 3.2, 3.3', { response_type: 'id_token token' }, 'unsupported_response_type'],
    ['Core 6.2', { request_uri: 'https://evil.example/request' }, 'request_uri_not_supported'],
    ['RFC 7636 plain', { code_challenge_method: 'plain' }, 'invalid_request'],
  ])('%s is refused', async (_, change: Record<string, string>, expected) => {
    const library = await RelyingParty.of(it_.gateway, 'library');
    const { url } = await library.begin(change);
    const answer = await fetch(url, { redirect: 'manual' });
    const to = new URL(answer.headers.get('location') ?? url);
    // By the response type asked for it would be in the fragment.
    const error = to.searchParams.get('error') ?? new URLSearchParams(to.hash.slice(1)).get('error');
    expect(error ?? (await answer.text())).toContain(expected);
  });

  it.each([
    ['display', 'popup'],
    ['claims_locales', 'zh-Hant'],
    ['authorization_details', '[{"type":"x"}]'],
  ])('%s changes nothing', async (name, value) => {
    const library = await RelyingParty.of(it_.gateway, 'library');
    const tokens = await new Person(it_.gateway, 'alice').signIn(library, { [name]: value });
    expect(tokens.access_token).toBeDefined();
    expect(tokens).not.toHaveProperty('authorization_details');
  });
});
