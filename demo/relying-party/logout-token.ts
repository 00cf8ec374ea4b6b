import { createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Configuration } from 'openid-client';
import { ApplicationError } from '../shared/error.ts';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const ALGORITHMS = ['RS256', 'ES256'];

export type LogoutTokens = (config: Configuration, token: unknown) => Promise<{ sid?: string; sub?: string }>;

/**
 * Checks logout tokens as OpenID Connect Back-Channel Logout 1.0, section 2.6, has it, `typ` included:
 * an ID token must not pass for one. A token counts once. Throws ApplicationError (400).
 */
export function createLogoutTokens(): LogoutTokens {
  const keys = new Map<string, JWTVerifyGetKey>();
  const seen = new Map<string, number>();

  async function verify(config: Configuration, token: string) {
    const { issuer, jwks_uri } = config.serverMetadata();
    if (!jwks_uri) throw refused('the issuer publishes no keys');
    const keySet = keys.get(jwks_uri) ?? createRemoteJWKSet(new URL(jwks_uri));
    keys.set(jwks_uri, keySet);
    const { payload } = await jwtVerify(token, keySet, {
      issuer,
      audience: config.clientMetadata().client_id,
      algorithms: ALGORITHMS,
      typ: 'logout+jwt',
      requiredClaims: ['iat', 'exp', 'jti', 'events'],
      clockTolerance: 10,
    });
    return payload;
  }

  function once(jti: string, expires: number): void {
    const now = Date.now() / 1000;
    for (const [known, until] of seen) if (until < now) seen.delete(known);
    if (seen.has(jti)) throw refused('this logout token was used before');
    seen.set(jti, expires + 10);
  }

  return async (config, token) => {
    if (typeof token !== 'string') throw refused('logout_token is missing');
    const payload = await verify(config, token).catch((error: unknown) => {
      if (error instanceof errors.JOSEError) throw refused(error.message, error);
      throw error;
    });
    const { sub, sid, events, nonce, jti = '', exp = 0 } = payload;
    if (nonce !== undefined) throw refused('a logout token has no nonce');
    if (!isObject(events) || !isObject(events[EVENT])) throw refused('the event is not a back-channel logout');
    if (sid !== undefined && typeof sid !== 'string') throw refused('sid must be a string');
    if (!sub && !sid) throw refused('neither sub nor sid');
    once(jti, exp);
    return { ...(sub ? { sub } : {}), ...(sid ? { sid } : {}) };
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refused(description: string, cause?: unknown): ApplicationError {
  return new ApplicationError(400, 'invalid_request', description, { cause });
}
