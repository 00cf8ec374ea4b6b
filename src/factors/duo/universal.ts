import { createSecretKey } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import type { FactorPorts } from '../../core/factor-ports.ts';
import { originOf, type Settings } from './settings.ts';
import { type Shown, worthOf } from './worth.ts';

/** Life of what we sign for Duo, seconds. */
const LIFE = 300;
/** How far Duo's clock may be off, seconds. */
const SKEW = 60;
/** How old an answer may be, seconds: it was made after the person had left for Duo. */
const OLDEST = 15 * 60;
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const LONGEST = 65_536;

const health = z.object({ stat: z.literal('OK'), response: z.object({ timestamp: z.number() }) });
const token = z.object({ id_token: z.string().max(LONGEST), token_type: z.string().optional() });
const refusal = z.object({ error: z.string().max(100) });

/** What an answer says, of its claims that are looked at. */
const claims = z.object({
  preferred_username: z.string(),
  nonce: z.string(),
  iat: z.number(),
  auth_result: z.object({ result: z.string(), status: z.string().optional() }),
  auth_context: z.object({
    result: z.string().optional(),
    factor: z.string(),
    reason: z.string().nullish(),
    application: z.object({ key: z.string() }),
  }),
});

/** For which answer somebody has left. */
export interface Expected {
  username: string;
  nonce: string;
  /** Where Duo sends the browser back to. */
  back: string;
}

/** `unavailable`: Duo doesn't answer; otherwise it did, and it isn't an answer to believe. */
export type Read = { shown: Shown } | { refused: string; unavailable?: true };

/**
 * Duo's Universal Prompt: OpenID Connect with tokens under the client secret (HS512). Its own library looks neither at
 * the result, nor at the factor, nor at the application.
 */
export function createUniversal(settings: Settings, ports: Pick<FactorPorts, 'fetch' | 'now' | 'random' | 'log'>) {
  const { web } = settings;
  if (web === undefined) throw new Error('there is no prompt without a client');
  const { clientId, clientSecret } = web;
  const { fetch, now, random, log } = ports;
  const origin = originOf(settings);
  const key = createSecretKey(Buffer.from(clientSecret));
  const at = (path: string): string => `${origin}/oauth/v1/${path}`;
  const seconds = (): number => Math.floor(now() / 1000);

  function signed(claims: Record<string, unknown>): Promise<string> {
    const issued = seconds();
    return new SignJWT({ ...claims, iss: clientId, iat: issued, exp: issued + LIFE })
      .setProtectedHeader({ alg: 'HS512', typ: 'JWT' })
      .sign(key);
  }

  const assertion = (audience: string): Promise<string> =>
    signed({ sub: clientId, aud: audience, jti: Buffer.from(random(24)).toString('base64url') });

  /** JSON, and whether the answer was a good one; nothing where there is none. */
  async function post(path: string, fields: Record<string, string>): Promise<{ ok: boolean; json: unknown }> {
    try {
      const answered = await fetch(at(path), { method: 'POST', body: new URLSearchParams(fields) });
      const text = await answered.text();
      return { ok: answered.ok, json: text.length > LONGEST ? undefined : (JSON.parse(text) as unknown) };
    } catch (error) {
      log.warn({ path, reason: error instanceof Error ? error.name : 'unknown' }, 'Duo doesn’t answer');
      return { ok: false, json: undefined };
    }
  }

  async function claimsOf(idToken: string): Promise<z.output<typeof claims> | string> {
    try {
      const { payload } = await jwtVerify(idToken, key, {
        algorithms: ['HS512'],
        issuer: at('token'),
        audience: clientId,
        requiredClaims: ['exp', 'iat', 'nonce', 'preferred_username'],
        clockTolerance: SKEW,
        currentDate: new Date(now()),
      });
      const read = claims.safeParse(payload);
      return read.success ? read.data : 'claims are missing';
    } catch (error) {
      return error instanceof errors.JOSEError ? error.code : 'unreadable';
    }
  }

  /** All that has to hold of an answer besides its signature, a line each. */
  function faultOf(said: z.output<typeof claims>, { username, nonce }: Expected): string | undefined {
    const { auth_result: result, auth_context: context, iat } = said;
    // To the byte: a name that is only like it is another person.
    if (said.preferred_username !== username) return 'another person';
    if (said.nonce !== nonce) return 'another sign-in';
    if (context.application.key !== clientId) return 'another application';
    if (result.result !== 'allow') return `result: ${result.result.slice(0, 40)}`;
    if (context.result !== undefined && context.result !== 'success') return `result: ${context.result.slice(0, 40)}`;
    if (Math.abs(seconds() - iat) > OLDEST) return 'another time';
    return undefined;
  }

  return {
    /** Whether Duo takes us in now: asked before anybody is sent there. */
    async healthy(): Promise<boolean> {
      const fields = { client_id: clientId, client_assertion: await assertion(at('health_check')) };
      const { ok, json } = await post('health_check', fields);
      return ok && health.safeParse(json).success;
    },

    /** Where to send the browser. */
    async address({ username, nonce, back }: Expected, state: string): Promise<string> {
      const asked = { response_type: 'code', client_id: clientId, redirect_uri: back, scope: 'openid', state, nonce };
      const request = await signed({ ...asked, aud: origin, duo_uname: username, use_duo_code_attribute: true });
      const { scope, response_type, client_id, redirect_uri } = asked;
      return `${at('authorize')}?${new URLSearchParams({ scope, response_type, client_id, redirect_uri, request })}`;
    },

    /** Exchanges what the browser brought, once, and looks at all of the answer. */
    async read(code: string, expected: Expected): Promise<Read> {
      const { ok, json } = await post('token', {
        ...{ grant_type: 'authorization_code', code, redirect_uri: expected.back, client_id: clientId },
        ...{ client_assertion_type: ASSERTION, client_assertion: await assertion(at('token')) },
      });
      const given = token.safeParse(json);
      if (!ok || !given.success) {
        const refused = refusal.safeParse(json);
        return refused.success
          ? { refused: `token: ${refused.data.error}` }
          : { refused: 'token: no answer', unavailable: true };
      }
      const said = await claimsOf(given.data.id_token);
      if (typeof said === 'string') return { refused: `token: ${said}` };
      const fault = faultOf(said, expected);
      const { factor, reason } = said.auth_context;
      return fault === undefined ? worthOf(settings, factor, reason ?? undefined) : { refused: fault };
    },
  };
}

export type Universal = ReturnType<typeof createUniversal>;
