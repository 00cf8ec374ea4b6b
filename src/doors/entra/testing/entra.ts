import { randomBytes, randomUUID, X509Certificate } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLocalJWKSet, exportJWK, generateKeyPair, type JWK, jwtVerify, SignJWT } from 'jose';

export const TENANT = '9122040d-6c67-4c5b-b112-36a304b66dad';
export const OTHER_TENANT = '0e2a1d4c-6c67-4c5b-b112-36a304b66dae';
export const APPLICATION = '00001111-aaaa-2222-bbbb-3333cccc4444';
const CLIENT = 'sallyport-for-entra';
const METHODS = ['face', 'fido', 'fpt', 'hwk', 'iris', 'otp', 'pop', 'retina', 'sc', 'sms', 'swk', 'tel', 'vbm'];

/** How a hint, or the request around it, differs from what Entra sends. */
export interface Asking {
  oid: string;
  sub?: string;
  claims?: Record<string, unknown>;
  acr?: readonly string[];
  amr?: readonly string[];
  /** Signs in the place of the tenant's. */
  key?: Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];
  kid?: string;
  fields?: Record<string, string | undefined>;
}

/** What Entra makes of an answer: the methods that it counts, or why it is an error there. */
export type Judged = { acr: string; amr: string } | { error: string };

/** A double of Entra, as far as its External MFA goes: it reads our documents, sends people, and judges answers. */
export interface Entra {
  readonly authority: string;
  /** `applications.<id>.entra`. */
  settings(more?: object): object;
  /** Fields of the form that a browser posts to us, with what to hold the answer against. */
  ask(asking: Asking): Promise<Record<string, string>>;
  /** Address of its own page, whose button posts that form to us, as a browser comes. */
  sends(issuer: string, asking: Asking): Promise<string>;
  /** What came back, in order. */
  readonly judged: Judged[];
  /** Reads discovery and keys as Entra does, and keeps them: throws what Entra would complain of. */
  discover(issuer: string): Promise<{ issuer: string; keys: JWK[] }>;
  close(): Promise<void>;
}

interface Waiting {
  sub: string;
  nonce: string;
  acr: readonly string[];
  amr: readonly string[];
}

export async function startEntra(now: () => number = Date.now): Promise<Entra> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  const waiting = new Map<string, Waiting>();
  const judged: Judged[] = [];
  const sent: { to: string; fields: Record<string, string> }[] = [];
  let authority = '';
  let trusted: { issuer: string; keys: JWK[] } | undefined;

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { pathname } = new URL(req.url ?? '/', authority);
    if (pathname === `/${TENANT}/discovery/v2.0/keys`) {
      const jwk = {
        ...(await exportJWK(publicKey)),
        kid: 'entra-1',
        use: 'sig',
        issuer: `${authority}/{tenantid}/v2.0`,
      };
      res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: [jwk] }));
    } else if (pathname === '/common/federation/externalauthprovider' && req.method === 'POST') {
      const chunks: Buffer[] = [];
      for await (const chunk of req) chunks.push(chunk as Buffer);
      const verdict = await judge(new URLSearchParams(Buffer.concat(chunks).toString()));
      judged.push(verdict);
      res
        .writeHead(200, { 'content-type': 'text/html' })
        .end(`<p>${'error' in verdict ? verdict.error : 'Signed in'}</p>`);
    } else if (pathname.startsWith('/common/verify/') && req.method === 'GET') {
      const form = sent[Number(pathname.slice('/common/verify/'.length))];
      res.writeHead(form ? 200 : 404, { 'content-type': 'text/html' }).end(form && page(form));
    } else {
      res.writeHead(404).end();
    }
  }

  /** The checks that Entra's documentation lists, one after the other. */
  async function judge(fields: URLSearchParams): Promise<Judged> {
    const asked = waiting.get(fields.get('state') ?? '');
    waiting.delete(fields.get('state') ?? '');
    if (asked === undefined) return { error: 'no request with this state' };
    const error = fields.get('error');
    if (error !== null) return { error };
    const token = fields.get('id_token');
    if (token === null || trusted === undefined) return { error: 'no id_token, or nothing was discovered' };
    try {
      const { payload } = await jwtVerify(token, createLocalJWKSet({ keys: trusted.keys }), {
        ...{ algorithms: ['RS256'], issuer: trusted.issuer, audience: CLIENT, subject: asked.sub },
        ...{ requiredClaims: ['exp', 'iat'], currentDate: new Date(now()) },
      });
      const { acr, amr, nonce } = payload;
      if (nonce !== asked.nonce) return { error: 'nonce' };
      if (typeof acr !== 'string' || !asked.acr.includes(acr)) return { error: 'acr' };
      if (!Array.isArray(amr) || amr.length !== 1) return { error: 'AADSTS50130: amr is no array of one' };
      const [method] = amr as unknown[];
      if (typeof method !== 'string' || !METHODS.includes(method)) return { error: 'AADSTS50130: unknown amr' };
      return asked.amr.includes(method) ? { acr, amr: method } : { error: 'amr that was not asked for' };
    } catch (error) {
      return { error: `IDSTS50012: ${String(error)}` };
    }
  }

  async function ask({
    oid,
    sub = randomUUID(),
    claims = {},
    key = privateKey,
    kid = 'entra-1',
    fields = {},
    ...wanted
  }: Asking): Promise<Record<string, string>> {
    const { acr = ['possessionorinherence'], amr = METHODS } = wanted;
    const issued = Math.floor(now() / 1000);
    const names = { oid, sub, tid: TENANT, preferred_username: 'ada@university.example' };
    const all = {
      iss: `${authority}/${TENANT}/v2.0`,
      aud: APPLICATION,
      iat: issued,
      nbf: issued,
      exp: issued - 1,
      ...names,
    };
    const hint = await new SignJWT({ ...all, ...claims })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid })
      .sign(key);
    const [state, nonce] = [randomBytes(24).toString('base64url'), randomUUID()];
    waiting.set(state, { sub, nonce, acr, amr });
    const whole: Record<string, string | undefined> = {
      ...{ scope: 'openid', response_type: 'Id_token', response_mode: 'form_post', client_id: CLIENT },
      ...{ redirect_uri: `${authority}/common/federation/externalauthprovider`, nonce, state, id_token_hint: hint },
      claims: JSON.stringify({
        id_token: { amr: { essential: true, values: amr }, acr: { essential: true, values: acr } },
      }),
      'client-request-id': randomUUID(),
      ...fields,
    };
    return Object.fromEntries(
      Object.entries(whole).filter((field): field is [string, string] => field[1] !== undefined),
    );
  }

  const server = createServer((req, res) => void answer(req, res));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  authority = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    authority,
    judged,
    settings: (more = {}) => ({
      ...{ tenant: TENANT, applicationId: APPLICATION, clientId: CLIENT, cloud: authority },
      ...more,
    }),
    ask,
    async sends(issuer, asking) {
      sent.push({ to: `${issuer}/authorize`, fields: await ask(asking) });
      return `${authority}/common/verify/${sent.length - 1}`;
    },
    async discover(issuer) {
      const found = await fetch(`${issuer}/.well-known/openid-configuration`);
      if (found.headers.get('content-length') === null) throw new Error('no Content-Length');
      const read = (await found.json()) as Record<string, unknown>;
      if (read.issuer !== issuer) throw new Error('issuer differs from the discovery address');
      if (!URL.canParse(String(read.authorization_endpoint))) throw new Error('no authorization_endpoint');
      const wanted = {
        response_types_supported: 'id_token',
        response_modes_supported: 'form_post',
        scopes_supported: 'openid',
      };
      const more = {
        subject_types_supported: 'public',
        id_token_signing_alg_values_supported: 'RS256',
        claim_types_supported: 'normal',
      };
      for (const [name, value] of Object.entries({ ...wanted, ...more })) {
        if (!(read[name] as string[] | undefined)?.includes(value)) throw new Error(`${name} lacks ${value}`);
      }
      if (!Array.isArray(read.claims_supported)) throw new Error('no claims_supported');
      const { keys } = (await (await fetch(String(read.jwks_uri))).json()) as { keys: (JWK & { x5c?: string[] })[] };
      for (const { kty, use, x5c, n } of keys) {
        if (kty !== 'RSA' || use !== 'sig' || x5c?.[0] === undefined)
          throw new Error('a key without x5c, or of another kind');
        const certified = new X509Certificate(Buffer.from(x5c[0], 'base64')).publicKey.export({ format: 'jwk' });
        if (certified.n !== n) throw new Error('x5c is of another key');
      }
      trusted = { issuer, keys };
      return trusted;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** As far as a person needs it: it goes on by a button. */
function page({ to, fields }: { to: string; fields: Record<string, string> }): string {
  const attribute = (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  const inputs = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${attribute(value)}">`,
  );
  return `<!doctype html><title>Entra</title><h1>Verify your identity</h1><form method="post" action="${to}">
${inputs.join('\n')}<button>Use another method</button></form>`;
}
