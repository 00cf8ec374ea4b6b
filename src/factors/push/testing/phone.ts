import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { codeOf, stepAt } from '../codes.ts';
import type { Jwk, Subscription } from '../schemas.ts';
import { type Json, type Purpose, signedText, VERSION } from '../wire.ts';

/** What a call was answered. */
export interface Answered {
  status: number;
  json: Record<string, unknown>;
}

/** A request as the service tells of it. */
export interface Seen {
  id: string;
  application: unknown;
  username: string;
  browser: string;
  system: string;
  address?: string;
  place?: string;
  shown?: { text?: string };
  at: number;
  expires: number;
}

export interface PhoneOptions {
  name?: string;
  subscription?: Subscription | null;
  /** Carries a call to the service; by default over the network. */
  call?: (url: string, body: unknown) => Promise<Answered>;
  /** The phone's own clock. */
  now?: () => number;
  /** Version of what it signs, as of an app that wasn't opened for long. */
  wire?: 1 | 2;
}

type Fields = { readonly [name: string]: Json };

async function overNetwork(url: string, body: unknown): Promise<Answered> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, json: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
}

/** The app on a phone, without its screens: it holds one account, and signs as the app does. */
export class Phone {
  readonly name: string;
  readonly key: KeyObject;
  readonly jwk: Jwk;
  subscription: Subscription | null;
  issuer = '';
  device = '';
  /** Secret of its codes. */
  secret = '';
  wire: 1 | 2;
  readonly #call: NonNullable<PhoneOptions['call']>;
  readonly #now: () => number;

  constructor(options: PhoneOptions = {}) {
    const { name = 'My phone', subscription = null, call = overNetwork, now = Date.now, wire = VERSION } = options;
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
    this.name = name;
    this.key = privateKey;
    this.jwk = { kty: 'EC', crv: 'P-256', x, y };
    this.subscription = subscription;
    this.wire = wire;
    this.#call = call;
    this.#now = now;
  }

  /** A body as it is signed and sent. */
  signed(purpose: Purpose, given: Fields, issuer = this.issuer): Fields & { signature: string } {
    const fields = this.wire === VERSION ? { v: VERSION, ...given } : given;
    const text = Buffer.from(signedText(purpose, issuer, fields) ?? '');
    const signature = sign('sha256', text, { key: this.key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
    return { ...fields, signature };
  }

  /** Any call, with what is to be changed in its body. */
  call(path: string, body: object): Promise<Answered> {
    return this.#call(`${this.issuer}/authenticator/api/${path}`, body);
  }

  /** Opens the link of an enrolment. */
  async register(uri: string, changes: object = {}): Promise<Answered> {
    const { issuer, token } = invitationIn(uri);
    this.issuer = issuer;
    const body = this.signed('register', {
      token,
      key: { ...this.jwk },
      subscription: this.subscription,
      name: this.name,
    });
    const answered = await this.call('register', { ...body, ...changes });
    if (answered.status === 201) {
      this.device = String(answered.json.device);
      this.secret = String((answered.json.codes as { secret?: unknown }).secret);
    }
    return answered;
  }

  pending(changes: { at?: number; nonce?: string; device?: string } = {}): Promise<Answered> {
    const { at = this.#now(), nonce = newNonce(), device = this.device } = changes;
    return this.call('pending', this.signed('pending', { device, at, nonce }));
  }

  /** The request that waits; throws where there is none, or more than one. */
  async request(): Promise<Seen> {
    const { status, json } = await this.pending();
    const [request, ...others] = (json.requests ?? []) as Seen[];
    if (request === undefined || others.length > 0)
      throw new Error(`no single request: ${status} ${JSON.stringify(json)}`);
    return request;
  }

  answer(request: string, decision: 'approve' | 'cancel' | 'not-me', number = ''): Promise<Answered> {
    const { device } = this;
    return this.call('answer', this.signed('answer', { device, request, decision, number }));
  }

  /** Types a number into the request that waits. */
  async approve(number: string): Promise<Answered> {
    return this.answer((await this.request()).id, 'approve', number);
  }

  async decline(decision: 'cancel' | 'not-me'): Promise<Answered> {
    return this.answer((await this.request()).id, decision);
  }

  subscribe(subscription: Subscription | null): Promise<Answered> {
    const { device } = this;
    const [at, nonce] = [this.#now(), newNonce()];
    return this.call('subscription', this.signed('subscription', { device, at, nonce, subscription }));
  }

  /** What it shows without a network. */
  code(offset = 0): string {
    return codeOf(this.secret, stepAt(this.#now() + offset));
  }
}

export const newNonce = (): string => randomBytes(16).toString('base64url');

/** What the QR code of an enrolment carries. */
export function invitationIn(uri: string): { issuer: string; token: string } {
  const [, encoded = ''] = /#enrol=([\w-]+)/.exec(uri) ?? [];
  return JSON.parse(Buffer.from(encoded, 'base64url').toString()) as { issuer: string; token: string };
}

/** The link that an enrolment's page gives. */
export function invitationOn(page: { body: string }): string {
  const [, uri] = /href="([^"]+#enrol=[^"]+)"/.exec(page.body) ?? [];
  if (uri === undefined) throw new Error('no invitation on this page');
  return uri.replaceAll('&amp;', '&');
}

/** The number that a sign-in's page shows. */
export function numberOn(page: { body: string }): string | undefined {
  return /class="number"[^>]*><bdi>(\d+)<\/bdi>/.exec(page.body)?.[1];
}

/** Where a page that waits listens, and asks. */
export function waitingOn(page: { body: string; url: URL }): { events: URL; state: URL } {
  const [, events, state] = /data-events="([^"]+)" data-state="([^"]+)"/.exec(page.body) ?? [];
  if (events === undefined || state === undefined) throw new Error('this page waits for nothing');
  const at = (path: string) => new URL(path.replaceAll('&amp;', '&'), page.url);
  return { events: at(events), state: at(state) };
}
