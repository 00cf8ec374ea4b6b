import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify } from 'jose';
import type { DirectoryPorts } from '../../core/directory.ts';
import type { Returned } from '../../core/redirect.ts';
import type { EndedThere, NotVerified } from '../../core/upstream.ts';
import { keyOf } from './claims.ts';
import type { ReadClient } from './client.ts';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
/** How old a message may be, and how far its clock may be off, seconds. */
const AGE = 300;
const SKEW = 60;
const LONGEST_SID = 200;

interface Whose {
  issuer: string;
  clientId: string;
  /** The claim that people are known by. */
  subject: string;
}

const refused = (reason: string): NotVerified => ({ outcome: 'refused', why: 'unbelievable', reason });

/** Logout tokens (OpenID Connect Back-Channel Logout 1.0 section 2.6). */
export function createHearing(
  { issuer, clientId, subject }: Whose,
  { now, fetch }: Pick<DirectoryPorts, 'now' | 'fetch'>,
  client: ReadClient,
): (returned: Returned) => Promise<EndedThere | NotVerified> {
  let keys: { at: string; set: ReturnType<typeof createRemoteJWKSet> } | undefined;

  async function keysAt(address: string) {
    if (keys?.at !== address) {
      const set = createRemoteJWKSet(new URL(address), {
        [customFetch]: (url, init) => fetch(url, init as RequestInit),
      });
      keys = { at: address, set };
    }
    return keys.set;
  }

  async function payloadOf(token: string): Promise<JWTPayload> {
    const { jwks_uri: address } = (await client()).serverMetadata();
    if (address === undefined) throw new errors.JWTInvalid('the provider publishes no keys');
    const options = {
      issuer,
      audience: clientId,
      maxTokenAge: AGE,
      clockTolerance: SKEW,
      currentDate: new Date(now()),
    };
    const { payload } = await jwtVerify(token, await keysAt(address), { ...options, requiredClaims: ['jti', 'iat'] });
    return payload;
  }

  return async ({ fields }) => {
    const { logout_token: token } = fields;
    if (token === undefined) return refused('no logout token');
    let payload: JWTPayload;
    try {
      payload = await payloadOf(token);
    } catch (error) {
      return refused(error instanceof errors.JOSEError ? error.code : 'the provider can’t be asked for its keys');
    }
    const { events, jti, sid, nonce } = payload;
    const isLogout = typeof events === 'object' && events !== null && EVENT in events;
    // With a nonce it is an ID token, which must not pass for this.
    if (!isLogout || nonce !== undefined || jti === undefined) return refused('no logout token');
    const who = payload[subject];
    if (typeof who !== 'string' && typeof sid !== 'string') return refused('says neither whose nor which');
    return {
      ...(typeof who === 'string' ? { key: keyOf(issuer, subject, who) } : {}),
      ...(typeof sid === 'string' ? { session: sid } : {}),
      id: jti,
    };
  };
}

/**
 * OpenID Connect Front-Channel Logout 1.0: a GET in a frame of anybody's page, which nobody has signed. It counts by the
 * session's name alone, which the provider made up and only it and this gateway know; whoever else says it has to guess.
 */
export function heardInFront({ issuer }: Pick<Whose, 'issuer'>) {
  return ({ iss, sid }: Returned['fields']): EndedThere | NotVerified => {
    if (iss !== issuer) return refused('of another issuer');
    // Shorter ones could be guessed.
    if (sid === undefined || sid.length < 16 || sid.length > LONGEST_SID) return refused('names no session');
    return { session: sid };
  };
}
