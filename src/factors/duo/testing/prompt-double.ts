import { createHmac, randomBytes } from 'node:crypto';
import { decodeJwt, jwtVerify, SignJWT } from 'jose';
import type { Reply } from './auth-double.ts';
import type { DuoState, PromptAnswer } from './duo-state.ts';

const invalid = (detail: string): Reply => ({
  status: 400,
  json: { stat: 'FAIL', code: 40002, message: 'invalid_client', message_detail: detail },
});
const refused = (error: string, description: string): Reply => ({
  status: 400,
  json: { error, error_description: description },
});

/** Somebody at the prompt. */
interface Visit {
  username: string;
  state: string;
  nonce?: string;
  back: string;
}

/** A token as whoever has the secret, or hasn't, would make it. */
async function tokenOf(claims: Record<string, unknown>, { algorithm, secret }: PromptAnswer, own: string) {
  const key = new TextEncoder().encode(secret ?? own);
  if (algorithm !== 'none') {
    return new SignJWT(claims).setProtectedHeader({ alg: algorithm, typ: 'JWT' }).sign(key);
  }
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`;
}

/** The Universal Prompt as it is documented: every JWT of ours is looked at in full, and each serves once. */
export function prompt(state: DuoState, origin: () => string) {
  const visits = new Map<string, Visit>();
  const codes = new Map<string, Visit & { answer: PromptAnswer }>();
  const used = new Set<string>();

  const verified = async (jwt: unknown, audience: string) => {
    if (typeof jwt !== 'string') throw new Error('is missing');
    const key = new TextEncoder().encode(state.clientSecret);
    const options = { algorithms: ['HS512'], issuer: state.clientId, audience, currentDate: new Date(state.now()) };
    const { payload } = await jwtVerify(jwt, key, { ...options, requiredClaims: ['exp'] });
    if (Number(payload.exp) - state.now() / 1000 > 305) throw new Error('lives too long');
    return payload;
  };

  async function asserted(fields: URLSearchParams, path: string): Promise<string | undefined> {
    try {
      const payload = await verified(fields.get('client_assertion'), `${origin()}${path}`);
      if (payload.sub !== state.clientId) return 'sub';
      if (typeof payload.jti !== 'string' || payload.jti.length < 16 || used.has(payload.jti)) return 'jti';
      used.add(payload.jti);
      return undefined;
    } catch (error) {
      return String(error);
    }
  }

  return {
    async health(fields: URLSearchParams): Promise<Reply> {
      if (state.health === 'ill') {
        return { status: 503, json: { stat: 'FAIL', code: 50300, message: 'Service unavailable' } };
      }
      if (state.health === 'busy') {
        return { status: 429, json: { stat: 'FAIL', code: 42901, message: 'Too Many Requests' } };
      }
      if (fields.get('client_id') !== state.clientId) return invalid('Failed to verify client id.');
      const fault = await asserted(fields, '/oauth/v1/health_check');
      if (fault !== undefined) return invalid(`Failed to verify signature. ${fault}`);
      return { status: 200, json: { stat: 'OK', response: { timestamp: Math.floor(state.now() / 1000) } } };
    },

    /** The name of the visit, or why there is none. */
    async authorize(query: URLSearchParams): Promise<{ visit: string } | { fault: string }> {
      try {
        const request = await verified(query.get('request'), origin());
        const { scope, response_type: type, client_id: client, redirect_uri: back } = request;
        const { duo_uname: username, state: kept, nonce, use_duo_code_attribute: attribute } = request;
        for (const name of ['scope', 'response_type', 'client_id', 'redirect_uri']) {
          if (query.get(name) !== request[name]) return { fault: `${name} differs from the request` };
        }
        if (scope !== 'openid' || type !== 'code' || client !== state.clientId || attribute !== true) {
          return { fault: 'scope, response_type, client_id or use_duo_code_attribute' };
        }
        if (typeof username !== 'string' || username === '') return { fault: 'duo_uname' };
        if (typeof kept !== 'string' || kept.length < 22 || kept.length > 1024) return { fault: 'state' };
        if (typeof back !== 'string' || !URL.canParse(back)) return { fault: 'redirect_uri' };
        const id = randomBytes(16).toString('hex');
        visits.set(id, { username, state: kept, back, ...(typeof nonce === 'string' ? { nonce } : {}) });
        return { visit: id };
      } catch (error) {
        return { fault: `request: ${String(error)}` };
      }
    },

    /** Somebody has answered there: where their browser goes. */
    answered(id: string): string | undefined {
      const visit = visits.get(id);
      visits.delete(id);
      if (visit === undefined) return undefined;
      const { answer } = state;
      const back = new URL(visit.back);
      back.searchParams.set('state', answer.state ?? visit.state);
      if (answer.error !== undefined) {
        back.searchParams.set('error', answer.error);
        back.searchParams.set('error_description', 'The login was unsuccessful');
        return back.href;
      }
      const code = randomBytes(24).toString('hex');
      codes.set(code, { ...visit, answer });
      back.searchParams.set('duo_code', code);
      return back.href;
    },

    async token(fields: URLSearchParams): Promise<Reply> {
      if (fields.get('grant_type') !== 'authorization_code') return refused('unsupported_grant_type', 'grant_type');
      if (fields.get('client_assertion_type') !== 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer') {
        return refused('invalid_request', 'client_assertion_type');
      }
      const fault = await asserted(fields, '/oauth/v1/token');
      if (fault !== undefined) return refused('invalid_client', `Failed to verify signature. ${fault}`);
      const code = fields.get('code') ?? '';
      const visit = codes.get(code);
      codes.delete(code);
      if (visit === undefined) return refused('invalid_grant', 'The provided authorization grant is invalid');
      if (fields.get('redirect_uri') !== visit.back) return refused('invalid_grant', 'redirect_uri');
      const issued = Math.floor(state.now() / 1000);
      const { factor, reason, result, context, claims } = visit.answer;
      const all = {
        ...{ iss: `${origin()}/oauth/v1/token`, aud: state.clientId, sub: visit.username },
        ...{
          preferred_username: visit.username,
          nonce: visit.nonce,
          iat: issued,
          exp: issued + 3600,
          auth_time: issued,
        },
        auth_result: { result, status: result, status_msg: 'Login Successful' },
        auth_context: {
          ...{ result: result === 'allow' ? 'success' : 'denied', reason, factor, event_type: 'authentication' },
          application: { key: state.clientId, name: 'Web SDK' },
          txid: createHmac('sha256', code).digest('hex'),
          user: { key: 'DU0000000000000000', name: visit.username, groups: [] },
          ...context,
        },
        ...claims,
      };
      const id_token = await tokenOf(all, visit.answer, state.clientSecret);
      return { status: 200, json: { id_token, access_token: code, expires_in: 3600, token_type: 'Bearer' } };
    },

    /** What a token says, for tests that look. */
    decode: decodeJwt,
  };
}
