import type { KeyAlgorithm } from '../../core/keyring.ts';
import type { OidcApplication, OidcSettings } from './application.ts';

/** What FAPI 2.0 Security Profile section 5.4.1 lets sign anything. */
export const FAPI_ALGORITHMS: readonly string[] = ['PS256', 'ES256', 'EdDSA'];

/** Ways in which a client authenticates that FAPI 2.0 Security Profile section 5.3.3.1 allows. */
export const FAPI_AUTHENTICATION: readonly string[] = [
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
];

export type Authentication = NonNullable<OidcApplication['authentication']>;

/** What an application's settings come to, with what its profile adds. */
export interface Demands {
  fapi: boolean;
  authentication: Authentication;
  /** Signs what it gets. */
  algorithm: KeyAlgorithm;
  /** How its tokens are bound, where they must be. */
  senderConstraint: OidcApplication['senderConstraint'];
  dpopNonce: boolean;
  /** Authorization requests are pushed first. */
  pushed: boolean;
}

export function demandsOf(settings: Partial<OidcApplication>): Demands {
  const fapi = settings.profile === 'fapi2';
  const senderConstraint = settings.senderConstraint ?? (fapi ? 'dpop' : undefined);
  return {
    fapi,
    authentication: authenticationOf(settings),
    algorithm: settings.idTokenAlgorithm ?? (fapi ? 'PS256' : 'RS256'),
    senderConstraint,
    dpopNonce: settings.dpopNonce ?? (fapi && senderConstraint === 'dpop'),
    pushed: fapi || settings.requirePushedAuthorizationRequests === true,
  };
}

/** Methods by which a client authenticates (OpenID Connect Core section 9), from what it was given. */
function authenticationOf(settings: Partial<OidcApplication>): Authentication {
  if (settings.authentication) return settings.authentication;
  if (settings.clientSecret) return 'client_secret_basic';
  return settings.jwks || settings.jwksUri ? 'private_key_jwt' : 'none';
}

/** Whether it has to show a certificate as it connects. */
export function isCertified({ authentication, senderConstraint }: Demands): boolean {
  return authentication.endsWith('tls_client_auth') || senderConstraint === 'mtls';
}

/** Those that every installation has keys of, and those that somebody is given. */
export function algorithmsOf(
  { resources }: Pick<OidcSettings, 'resources'>,
  applications: readonly Partial<OidcApplication>[],
): KeyAlgorithm[] {
  const wanted = applications.map((it) => demandsOf(it).algorithm);
  const ofResources = Object.values(resources).map(({ algorithm }) => algorithm);
  return [...new Set<KeyAlgorithm>(['RS256', 'ES256', ...wanted, ...ofResources])];
}

/** What at least one application makes use of: nothing else is served, or told of in discovery. */
export function usedBy(applications: readonly Partial<OidcApplication>[]) {
  const any = (question: (it: Partial<OidcApplication>) => unknown) => applications.some((it) => Boolean(question(it)));
  return {
    clientCredentials: any(({ grants }) => grants?.includes('client_credentials')),
    deviceFlow: any(({ grants }) => grants?.includes('device_code')),
    ciba: any(({ grants }) => grants?.includes('ciba')),
    tokenExchange: any(({ grants }) => grants?.includes('token_exchange')),
    registration: any(({ registration }) => registration),
    requestObjects: any(({ jwks, jwksUri, registration }) => jwks ?? jwksUri ?? registration),
    certificates: any((it) => isCertified(demandsOf(it))),
    signedResponses: any(({ signedResponses }) => signedResponses),
  };
}
