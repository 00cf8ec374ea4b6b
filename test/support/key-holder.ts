import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { application } from './oidc-gateway.ts';
import type { Person } from './relying-party.ts';

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

type Claims = Readonly<Record<string, unknown>>;
type Fields = Readonly<Record<string, string | undefined>>;

/** A private key, with its public half as a client publishes it. */
export interface HeldKey {
  alg: string;
  kid: string;
  privateKey: CryptoKey;
  publicKey: CryptoKey;
  jwk: JWK;
}

export async function holdKey(alg = 'ES256', kid = 'one'): Promise<HeldKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { alg, kid, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

/** How one call departs from what is right. */
export interface Departure {
  /** Parameters changed, or left out. */
  fields?: Fields;
  /** Claims of the client assertion. */
  assertion?: Claims;
  assertionKey?: HeldKey;
  withoutAssertion?: boolean;
  /** Claims of the DPoP proof. */
  proof?: Claims;
  proofKey?: HeldKey;
  withoutProof?: boolean;
  headers?: Readonly<Record<string, string>>;
}

/** An answer, as a program reads it. */
export interface Answer {
  status: number;
  headers: Headers;
  json: Record<string, unknown>;
  text: string;
}

/** Where a key holder is answered; nobody listens there. */
export const redirectOf = (id: string): string => `https://${id}.example.org/callback`;

/** An application with `profile: fapi2` that has these public keys. */
export function fapiApplication(id: string, keys: readonly JWK[], more: Readonly<Record<string, unknown>> = {}) {
  return application(id, {
    ...{ profile: 'fapi2', clientSecret: undefined, jwks: { keys }, redirectUris: [redirectOf(id)] },
    ...{ reauthenticate: '2d', scopes: ['openid', 'profile', 'email', 'offline_access'] },
    ...more,
  });
}

export const now = (): number => Math.floor(Date.now() / 1000);

/** A client with a key of its own, beside all libraries: it sends whatever it is told to. */
export class KeyHolder {
  readonly url: string;
  readonly id: string;
  readonly key: HeldKey;
  readonly bound: HeldKey;
  readonly redirectUri: string;
  readonly verifier = 'a-verifier-of-the-tests-that-is-long-enough-0123456789';
  /** What the gateway gave last (RFC 9449 section 8). */
  nonce: string | undefined;
  /** What each pushed request has besides. */
  more: Fields = {};

  constructor(url: string, id: string, key: HeldKey, bound: HeldKey, redirectUri = redirectOf(id)) {
    this.url = url;
    this.id = id;
    this.key = key;
    this.bound = bound;
    this.redirectUri = redirectUri;
  }

  sign(claims: Claims, key = this.key, header: Claims = {}): Promise<string> {
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header })
      .sign(key.privateKey);
  }

  assertion(change: Claims = {}, key = this.key): Promise<string> {
    const own = { iss: this.id, sub: this.id, aud: this.url, jti: crypto.randomUUID(), iat: now(), exp: now() + 60 };
    return this.sign({ ...own, ...change }, key);
  }

  async proof(method: string, path: string, change: Claims = {}, key = this.bound): Promise<string> {
    const nonce = this.nonce === undefined ? {} : { nonce: this.nonce };
    const own = { htm: method, htu: `${this.url}${path}`, jti: crypto.randomUUID(), iat: now(), ...nonce };
    const { kid: _, use: __, alg: ___, ...jwk } = key.jwk;
    return new SignJWT({ ...own, ...change })
      .setProtectedHeader({ alg: key.alg, typ: 'dpop+jwt', jwk })
      .sign(key.privateKey);
  }

  thumbprint(): Promise<string> {
    return calculateJwkThumbprint(this.bound.jwk);
  }

  /** Calls an endpoint as this client; once more where a nonce is asked for. */
  async call(path: string, fields: Fields, how: Departure = {}, again = true): Promise<Answer> {
    const assertion = how.withoutAssertion
      ? {}
      : {
          client_assertion_type: ASSERTION_TYPE,
          client_assertion: await this.assertion(how.assertion, how.assertionKey ?? this.key),
        };
    const all = { client_id: this.id, ...assertion, ...fields, ...how.fields };
    const sent = Object.entries(all).filter((it): it is [string, string] => it[1] !== undefined);
    const proof = how.withoutProof
      ? {}
      : { dpop: await this.proof('POST', path, how.proof, how.proofKey ?? this.bound) };
    const answer = await send(`${this.url}${path}`, {
      method: 'POST',
      body: new URLSearchParams(sent),
      headers: { ...proof, ...how.headers } as Record<string, string>,
    });
    this.nonce = answer.headers.get('dpop-nonce') ?? this.nonce;
    const asks = answer.json.error === 'use_dpop_nonce';
    return asks && again ? this.call(path, fields, how, false) : answer;
  }

  /** Parameters of an authorization request. */
  async request(): Promise<Record<string, string>> {
    const digest = await crypto.subtle.digest('SHA-256', Buffer.from(this.verifier));
    return {
      response_type: 'code',
      scope: 'openid',
      redirect_uri: this.redirectUri,
      state: 'a-state',
      nonce: 'a-nonce',
      code_challenge: Buffer.from(digest).toString('base64url'),
      code_challenge_method: 'S256',
      ...(this.more as Record<string, string>),
    };
  }

  /** Pushes an authorization request (RFC 9126); without proof of the key, which comes with the code. */
  async push(how: Departure = {}): Promise<Answer> {
    return this.call('/par', await this.request(), { withoutProof: true, ...how });
  }

  authorize(requestUri: unknown, more: Fields = {}): string {
    const fields = { client_id: this.id, request_uri: String(requestUri), ...more };
    const sent = Object.entries(fields).filter((it): it is [string, string] => it[1] !== undefined);
    return `${this.url}/authorize?${new URLSearchParams(sent)}`;
  }

  /** Where the browser is sent back to, of somebody who signs in, or is signed in. */
  async callback(person: Person, how: Departure = {}): Promise<URLSearchParams> {
    const { json } = await this.push(how);
    return (await person.callback(this.authorize(json.request_uri))).searchParams;
  }

  async code(person: Person, how: Departure = {}): Promise<string> {
    return (await this.callback(person, how)).get('code') ?? '';
  }

  redeem(code: string, how: Departure = {}): Promise<Answer> {
    const fields = {
      grant_type: 'authorization_code',
      code,
      redirect_uri: this.redirectUri,
      code_verifier: this.verifier,
    };
    return this.call('/token', fields, how);
  }

  refresh(token: unknown, how: Departure = {}): Promise<Answer> {
    return this.call('/token', { grant_type: 'refresh_token', refresh_token: String(token) }, how);
  }

  /** Userinfo, with the token as bound to the key; the scheme as it is given. */
  async userinfo(
    token: unknown,
    { scheme = 'DPoP', key = this.bound, proof = {} }: UserinfoOptions = {},
  ): Promise<Answer> {
    const digest = await crypto.subtle.digest('SHA-256', Buffer.from(String(token)));
    const ath = Buffer.from(digest).toString('base64url');
    const dpop = await this.proof('GET', '/userinfo', { ath, ...proof }, key);
    return send(`${this.url}/userinfo`, { headers: { authorization: `${scheme} ${token}`, dpop } });
  }
}

interface UserinfoOptions {
  scheme?: string;
  key?: HeldKey;
  proof?: Claims;
}

export async function send(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, { redirect: 'manual', ...init });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : {} };
}
