import type { Application } from '../../core/application.ts';
import type { Asking } from '../../core/door.ts';
import type { OidcApplication, OidcSettings } from './application.ts';
import { PRESENTS } from './backchannel/presents.ts';
import { type Demands, demandsOf, FAPI_ALGORITHMS, FAPI_AUTHENTICATION, isCertified } from './demands.ts';

type Fault = (path: string, message: string) => void;

/** Faults that the schema can't see. */
export function checkApplications(
  applications: readonly (Application & { settings: OidcApplication })[],
  settings?: Pick<OidcSettings, 'resources' | 'certificateAuthorities'>,
) {
  const faults: { application: string; path: string; message: string }[] = [];
  for (const { id: application, settings: own, consent } of applications) {
    const fault: Fault = (path, message) => faults.push({ application, path, message });
    const demands = demandsOf(own);
    checkAuthentication(own, demands, fault);
    checkCertificates(own, demands, fault, settings?.certificateAuthorities);
    checkGrants(own, demands, fault);
    checkBackchannel(own, demands, fault);
    if (own.grants.includes('token_exchange') && consent === 'ask')
      fault('grants', 'token_exchange asks nobody, which consent: ask forbids');
    checkTokens(own, demands, fault);
    checkLogout(own, fault);
    if (demands.fapi) checkFapi(own, demands, fault);
    for (const [indicator, { programs }] of Object.entries(settings?.resources ?? {})) {
      if (programs[application] && !own.grants.includes('client_credentials'))
        fault('grants', `must have client_credentials, since ${indicator} gives it scopes without a person`);
    }
    for (const [indicator, { algorithm, applications: may }] of Object.entries(settings?.resources ?? {})) {
      if (!demands.fapi || !may.includes(application) || FAPI_ALGORITHMS.includes(algorithm)) continue;
      fault('profile', `fapi2 gets no token signed by ${algorithm}, as ${indicator} wants it: set its algorithm`);
    }
  }
  return faults;
}

function checkAuthentication(own: OidcApplication, { authentication: method }: Demands, fault: Fault): void {
  if (method.startsWith('client_secret') && !own.clientSecret) fault('clientSecret', `is needed for ${method}`);
  const keys = own.jwks !== undefined || own.jwksUri !== undefined;
  if (own.jwks && own.jwksUri) fault('jwksUri', 'and jwks exclude each other');
  if (method === 'private_key_jwt' && !keys) fault('jwks', 'or jwksUri is needed for private_key_jwt');
  if (own.requireSignedRequestObject && !keys)
    fault('requireSignedRequestObject', 'needs jwks or jwksUri, with the keys that sign');
  if (own.assertionAudience === 'token-endpoint' && method !== 'private_key_jwt')
    fault('assertionAudience', 'is for private_key_jwt: nothing else has an audience');
  if (own.corsOrigins.length > 0 && method !== 'none') {
    fault('corsOrigins', 'is for public applications: one with a secret or a key in a browser would give it away');
  }
  if (own.dangerouslySilentNative && own.applicationType !== 'native') {
    fault('dangerouslySilentNative', 'is for applications with applicationType: native');
  }
  if (own.dangerouslyWithoutPkce && method === 'none') {
    fault('dangerouslyWithoutPkce', 'a public client must use PKCE (RFC 9700 section 2.1.1)');
  }
}

function checkCertificates(
  own: OidcApplication,
  { authentication }: Demands,
  fault: Fault,
  authorities?: string,
): void {
  const names = Object.keys(own.tlsClientAuth ?? {}).length;
  if (authentication === 'tls_client_auth') {
    if (names !== 1) fault('tlsClientAuth', 'needs exactly one name of its certificate');
    if (authorities === undefined) fault('authentication', 'tls_client_auth needs doors.oidc.certificateAuthorities');
  } else if (own.tlsClientAuth) fault('tlsClientAuth', 'is for authentication: tls_client_auth');
  if (authentication === 'self_signed_tls_client_auth' && !own.jwks && !own.jwksUri)
    fault('jwks', 'or jwksUri is needed for self_signed_tls_client_auth: keys with its certificates in x5c');
}

function checkGrants(own: OidcApplication, { authentication, fapi, senderConstraint }: Demands, fault: Fault): void {
  const has = (grant: OidcApplication['grants'][number]) => own.grants.includes(grant);
  if (own.registration && !has('authorization_code'))
    fault('registration', 'is for authorization_code: nothing else can be registered');
  if (own.registration && fapi) fault('registration', 'cannot be with fapi2: those are configured one by one');
  if (own.registration && own.senderConstraint === 'mtls')
    fault('registration', 'cannot be with mtls: certificates are configured');
  if (has('authorization_code') && own.redirectUris.length === 0 && !own.registration)
    fault('redirectUris', 'needs at least one address for authorization_code');
  if (!has('authorization_code') && own.redirectUris.length > 0)
    fault('redirectUris', 'is for grants with authorization_code');
  if (has('client_credentials') && authentication === 'none')
    fault('grants', 'client_credentials needs a secret, keys or a certificate: anybody could ask in its name');
  if (!has('authorization_code') && !has('device_code') && !has('ciba') && own.reauthenticate)
    fault('reauthenticate', 'gives refresh tokens, which only authorization_code, device_code and ciba have');
  if (has('token_exchange') && authentication === 'none')
    fault('grants', 'token_exchange needs a secret, keys or a certificate: anybody could ask in its name');
  // Section 5.3.2.1 there has authorization requests pushed, and nothing in their place.
  if (fapi && has('device_code')) fault('grants', 'device_code is no part of fapi2');
  if (has('device_code') && authentication === 'none' && own.subject === 'pairwise' && senderConstraint === undefined)
    fault('subject', 'pairwise needs an application that authenticates by a key, for device_code');
}

/** OpenID CIBA Core 1.0 section 4. */
function checkBackchannel(own: OidcApplication, { authentication, fapi }: Demands, fault: Fault): void {
  const { backchannelTokenDeliveryMode: mode, backchannelClientNotificationEndpoint: endpoint } = own;
  if (!own.grants.includes('ciba')) {
    if (endpoint ?? mode === 'ping') fault('backchannelTokenDeliveryMode', 'is for grants with ciba');
    return;
  }
  if (authentication === 'none')
    fault('grants', 'ciba needs a secret, keys or a certificate: anybody could have people asked');
  // FAPI-CIBA is a profile of FAPI 1.0.
  if (fapi) fault('grants', 'ciba is no part of fapi2');
  if (mode === 'ping' && endpoint === undefined)
    fault('backchannelClientNotificationEndpoint', 'is needed where backchannelTokenDeliveryMode is ping');
  if (mode === 'poll' && endpoint)
    fault('backchannelClientNotificationEndpoint', 'is for backchannelTokenDeliveryMode: ping');
}

function checkTokens(own: OidcApplication, { senderConstraint }: Demands, fault: Fault): void {
  // Its subjects go by its redirect URIs' host (OpenID Connect Core section 8.1).
  const hosts = new Set(own.redirectUris.map((uri) => new URL(uri).host));
  if (own.subject === 'pairwise' && hosts.size > 1) {
    fault('redirectUris', 'must all be of one host where subject is pairwise');
  }
  if (!own.scopes.includes('openid')) fault('scopes', 'must include openid');
  if (own.scopes.includes('offline_access') && !own.reauthenticate) {
    fault('scopes', 'offline_access needs reauthenticate, the absolute life of its refresh tokens');
  }
  if (own.dpopNonce && senderConstraint !== 'dpop') fault('dpopNonce', 'is for senderConstraint: dpop');
}

/** OpenID Connect Front-Channel Logout 1.0 section 2. */
function checkLogout(
  { frontchannelLogoutUri: uri, backchannelLogoutUri, redirectUris }: OidcApplication,
  fault: Fault,
) {
  if (uri === undefined) return;
  const { origin, hash } = new URL(uri);
  if (hash !== '' || !redirectUris.some((it) => new URL(it).origin === origin))
    fault('frontchannelLogoutUri', 'must be of the same origin as a redirect URI, without fragment');
  if (backchannelLogoutUri)
    fault(
      'frontchannelLogoutUri',
      'is for applications that know nothing better: backchannelLogoutUri reaches it surely',
    );
}

/** Those that must show a certificate as they connect. */
export function certified(applications: readonly (Application & { settings: OidcApplication })[]): string[] {
  return applications.filter(({ settings }) => isCertified(demandsOf(settings))).map(({ id }) => id);
}

/** CIBA: an application shows a number, or nothing. */
export function asks(applications: readonly (Application & { settings: OidcApplication })[]): Asking[] {
  const asking = applications.filter(({ settings }) => settings.grants.includes('ciba'));
  return asking.map(({ id }) => ({ application: id, presents: PRESENTS }));
}

/** FAPI 2.0 Security Profile sections 5.3.2 and 5.3.3, as far as settings could depart from them. */
function checkFapi(own: OidcApplication, { authentication, algorithm }: Demands, fault: Fault): void {
  if (!FAPI_AUTHENTICATION.includes(authentication))
    fault('authentication', `must be one of ${FAPI_AUTHENTICATION.join(', ')} for fapi2`);
  if (!FAPI_ALGORITHMS.includes(algorithm))
    fault('idTokenAlgorithm', `must be one of ${FAPI_ALGORITHMS.join(', ')} for fapi2`);
  if (own.assertionAudience !== 'issuer') fault('assertionAudience', 'must be issuer for fapi2');
  if (own.dangerouslyWithoutPkce) fault('dangerouslyWithoutPkce', 'cannot be with fapi2, which requires PKCE');
  if (own.applicationType !== 'native' && own.redirectUris.some((uri) => uri.startsWith('http:')))
    fault('redirectUris', 'must be https for fapi2 (http on loopback for a native application alone)');
}
