import { createHash } from 'node:crypto';
import type { Keyring } from '../../core/keyring.ts';
import { METHODS } from './request.ts';

/** What Entra reads before it sends anybody, all of it required (external method provider reference). */
export function discoveryOf(issuer: string) {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    jwks_uri: `${issuer}/jwks`,
    scopes_supported: ['openid'],
    response_types_supported: ['id_token'],
    response_modes_supported: ['form_post'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    claim_types_supported: ['normal'],
    claims_supported: ['iss', 'sub', 'aud', 'exp', 'iat', 'nbf', 'nonce', 'acr', 'amr'],
    acr_values_supported: ['possessionorinherence', 'knowledgeorpossession', 'knowledgeorpossessionorinherence'],
    amr_values_supported: METHODS,
  };
}

/** Keys with a certificate each: without `x5c` Entra takes none. */
export function keySetOf(keys: Keyring) {
  return {
    keys: keys.published().map(({ id, publicKey, certificate = '' }) => ({
      ...publicKey.export({ format: 'jwk' }),
      ...{ kid: id, use: 'sig', alg: 'RS256', x5c: [certificate] },
      x5t: createHash('sha1').update(Buffer.from(certificate, 'base64')).digest('base64url'),
    })),
  };
}
