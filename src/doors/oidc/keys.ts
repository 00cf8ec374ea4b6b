import type { JWK } from 'oidc-provider';
import type { KeyAlgorithm, KeyringOptions, SigningKey } from '../../core/keyring.ts';
import type { OidcSettings } from './application.ts';

const DAY = 86_400_000;

/**
 * Applications cache the JWK Set: a day is how long they may before a new key signs, and how long the old one
 * stays at least. Longer where what it signed lives longer: tokens, and ID tokens that come back as a hint as
 * long as the session (OpenID Connect RP-Initiated Logout 1.0 section 2). Milliseconds.
 */
export function keyringOptions(
  { lifetimes, resources }: OidcSettings,
  session: number,
  algorithms: readonly KeyAlgorithm[],
): KeyringOptions {
  const lives = Object.values(resources).map(({ lifetime }) => lifetime);
  const keeps = Math.max(DAY, session, lifetimes.idToken, lifetimes.accessToken, ...lives);
  return { algorithms, ahead: DAY, keeps };
}

/** The private keys as a JWK Set (RFC 7517), in their order: oidc-provider signs with the first that fits. */
export function jwksOf(published: readonly SigningKey[]): { keys: JWK[] } {
  const keys = published.map(({ id, algorithm, privateKey }) => ({
    // The published types want the members of each kind of key, which Node's type leaves open.
    ...(privateKey.export({ format: 'jwk' }) as JWK),
    kid: id,
    alg: algorithm,
    use: 'sig' as const,
  }));
  return { keys };
}
