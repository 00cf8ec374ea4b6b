import { describe, expect, it } from 'vitest';
import { selfSigned } from '../../../test/support/certificate.ts';
import { oidcApplication, oidcSettings } from './application.ts';
import { checkApplications } from './checks.ts';

const REGISTRATION = { registration: { hosts: ['*.lab.example.org'] } };
const PROGRAM = { grants: ['client_credentials'], redirectUris: [], clientSecret: 'x'.repeat(22) };
const CERTIFIED = { authentication: 'tls_client_auth', tlsClientAuth: { sanDns: 'app.example.org' } };
const { cert } = await selfSigned('authority');
const JWKS = { keys: [{ kty: 'EC' }] };
const URIS = { redirectUris: ['https://app.example.org/callback'] };

function faultsOf(own: Record<string, unknown>, settings: Record<string, unknown> = {}): string[] {
  const application = { id: 'app', name: 'App', door: 'oidc', consent: 'ask', internal: false } as const;
  const parsed = oidcApplication.parse({ ...URIS, ...own });
  const faults = checkApplications([{ ...application, settings: parsed }], oidcSettings.parse(settings));
  return faults.map(({ path }) => path);
}

describe('what settings of an application contradict', () => {
  it.each<[string, Record<string, unknown>, string[]]>([
    ['fapi2 with keys', { profile: 'fapi2', jwks: JWKS }, []],
    ['fapi2 with a secret', { profile: 'fapi2', clientSecret: 'x'.repeat(22) }, ['authentication']],
    ['fapi2 without anything', { profile: 'fapi2' }, ['authentication']],
    ['fapi2 signed by RS256', { profile: 'fapi2', jwks: JWKS, idTokenAlgorithm: 'RS256' }, ['idTokenAlgorithm']],
    [
      'fapi2 and another audience',
      { profile: 'fapi2', jwks: JWKS, assertionAudience: 'token-endpoint' },
      ['assertionAudience'],
    ],
    ['fapi2 without PKCE', { profile: 'fapi2', jwks: JWKS, dangerouslyWithoutPkce: true }, ['dangerouslyWithoutPkce']],
    ['fapi2 at http', { profile: 'fapi2', jwks: JWKS, redirectUris: ['http://127.0.0.1/cb'] }, ['redirectUris']],
    ['keys in two places', { jwks: JWKS, jwksUri: 'https://app.example.org/jwks' }, ['jwksUri']],
    ['signed requests without keys', { requireSignedRequestObject: true }, ['requireSignedRequestObject']],
    ['an audience of no assertion', { assertionAudience: 'token-endpoint' }, ['assertionAudience']],
    ['fapi2 by certificate', { ...CERTIFIED, profile: 'fapi2', senderConstraint: 'mtls' }, []],
    ['a certificate without a name', { ...CERTIFIED, tlsClientAuth: undefined }, ['tlsClientAuth']],
    ['a certificate with two names', { ...CERTIFIED, tlsClientAuth: { sanDns: 'a', sanIp: '::1' } }, ['tlsClientAuth']],
    ['a name of no certificate', { tlsClientAuth: { sanDns: 'a' } }, ['tlsClientAuth']],
    ['its own certificate, which nobody knows', { authentication: 'self_signed_tls_client_auth' }, ['jwks']],
    ['registration below it', { ...REGISTRATION, redirectUris: [] }, []],
    ['registration below a program', { ...REGISTRATION, ...PROGRAM }, ['registration']],
    ['registration below fapi2', { ...REGISTRATION, profile: 'fapi2', jwks: JWKS }, ['registration']],
    ['no address, and no registration', { redirectUris: [] }, ['redirectUris']],
    ['a program that anybody can be', { ...PROGRAM, clientSecret: undefined }, ['grants']],
    ['a program with refresh tokens', { ...PROGRAM, reauthenticate: '1d' }, ['reauthenticate']],
    ['a nonce of no proof', { dpopNonce: true }, ['dpopNonce']],
    ['a nonce of a proof', { dpopNonce: true, senderConstraint: 'dpop' }, []],
  ])('%s', (_what, own, faults) => {
    expect(faultsOf(own, { certificateAuthorities: cert })).toEqual(faults);
  });

  it('a certificate that nobody could vouch for', () => {
    expect(faultsOf(CERTIFIED)).toEqual(['authentication']);
  });

  it('fapi2 and a resource whose tokens RS256 signs', () => {
    const resources = { 'https://api.example.org/': { scopes: ['read'], applications: ['app'] } };
    expect(faultsOf({ profile: 'fapi2', jwks: JWKS }, { resources })).toEqual(['profile']);
    expect(faultsOf({ jwks: JWKS }, { resources })).toEqual([]);
  });
});
