import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildAuthorizationUrlWithPAR,
  type ClientAuth,
  type ClientMetadata,
  ClientSecretBasic,
  type Configuration,
  calculatePKCECodeChallenge,
  discovery,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import { onTestFinished, vi } from 'vitest';
import { Client, type ClientOptions, type Reply } from './client.ts';
import { type Gateway, PersonAtBrowser, type Place, SECRETS } from './gateway.ts';

export type Parameters = Readonly<Record<string, string>>;

/** One authorization request, and what the relying party keeps to check its answer with. */
export interface Flow {
  url: URL;
  verifier: string;
  state: string;
  nonce: string;
  maxAge?: number;
  /** Resource indicator, which the token request names again (RFC 8707 section 2.2). */
  resource?: string;
}

export interface RelyingPartyOptions {
  authentication?: ClientAuth;
  metadata?: Partial<ClientMetadata>;
  redirectUri?: string;
}

/** A relying party by openid-client that listens nowhere: the browser stops before it leaves the gateway. */
export class RelyingParty {
  readonly config: Configuration;
  readonly id: string;
  readonly redirectUri: string;

  constructor(config: Configuration, id: string, redirectUri: string) {
    this.config = config;
    this.id = id;
    this.redirectUri = redirectUri;
  }

  /** A confidential client of the demo's, unless `options` say otherwise. */
  static async of(
    gateway: Pick<Place, 'url' | 'relyingParty'>,
    id: string,
    options: RelyingPartyOptions = {},
  ): Promise<RelyingParty> {
    const secret = SECRETS[id as keyof typeof SECRETS] ?? secretOf(id);
    const config = await discovery(
      new URL(gateway.url),
      id,
      options.metadata ?? {},
      options.authentication ?? ClientSecretBasic(secret),
      { execute: [allowInsecureRequests] },
    );
    return new RelyingParty(config, id, options.redirectUri ?? `${gateway.relyingParty}/${id}/callback`);
  }

  /** An authorization request with PKCE, state and nonce; `par` pushes it first. */
  async begin(parameters: Parameters = {}, { par = false } = {}): Promise<Flow> {
    const flow = { verifier: randomPKCECodeVerifier(), state: randomState(), nonce: randomNonce() };
    const build = par ? buildAuthorizationUrlWithPAR : buildAuthorizationUrl;
    const url = await build(this.config, {
      scope: 'openid',
      redirect_uri: this.redirectUri,
      state: flow.state,
      nonce: flow.nonce,
      code_challenge: await calculatePKCECodeChallenge(flow.verifier),
      code_challenge_method: 'S256',
      ...parameters,
    });
    const { max_age, resource } = parameters;
    return { ...flow, url, ...(max_age ? { maxAge: Number(max_age) } : {}), ...(resource ? { resource } : {}) };
  }

  /** Exchanges the code; openid-client checks state, iss, nonce, max_age and the ID token. */
  exchange(flow: Flow, callback: URL | undefined) {
    if (callback === undefined) throw new Error('the browser did not come back');
    const { verifier, state, nonce, maxAge, resource } = flow;
    const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
    return authorizationCodeGrant(
      this.config,
      callback,
      { ...checks, ...(maxAge === undefined ? {} : { maxAge }) },
      resource === undefined ? undefined : { resource },
    );
  }

  /** A whole visit of a browser that has a session already. */
  async visit(person: Person, parameters: Parameters = {}) {
    const flow = await this.begin(parameters);
    const reply = await person.client.open(flow.url);
    if (!person.isBack(reply)) throw new Error(`asked: ${reply.text.slice(0, 200)}`);
    return this.exchange(flow, reply.location);
  }
}

/** Secret of a further application of a test. */
export const secretOf = (id: string): string => `${id}-secret-of-the-tests-0123456789`;

/** A browser that never leaves the gateway: the last reply's `location` is where it would go. */
export class HomeClient extends Client {
  readonly #origin: string;

  constructor(gateway: Pick<Gateway, 'url'>, options?: ClientOptions) {
    super(options);
    this.#origin = gateway.url;
  }

  override follow(reply: Reply, stop: (next: URL) => boolean = () => false): Promise<Reply> {
    return super.follow(reply, (next) => next.origin !== this.#origin || stop(next));
  }
}

/** A person whose browser stops at the door of the relying party. */
export class Person extends PersonAtBrowser {
  readonly username: string;

  constructor(gateway: Gateway, username: string, client: Client = new HomeClient(gateway)) {
    super(gateway, client);
    this.username = username;
  }

  isBack(reply: Reply): boolean {
    return reply.location !== undefined && reply.location.origin !== this.gateway.url;
  }

  /** Whatever is asked is answered, until the browser goes back to the application. */
  async through(page: Reply): Promise<Reply> {
    let last = page;
    for (let steps = 0; !this.isBack(last); steps += 1) {
      if (steps === 8) throw new Error(`asked for too much: ${last.text.slice(0, 300)}`);
      if (last.body.includes('otpauth:')) last = await this.enrol(last);
      else if (last.body.includes('name="password"')) last = await this.type(last);
      else if (last.body.includes('name="code"')) last = await this.code(last, this.nextCode());
      else if (last.body.includes('name="remember"')) last = await this.remember(last, 'no');
      else if (last.body.includes('name="lost"')) last = await this.answer(last, { lost: 'no' });
      else throw new Error(`can't go on (${last.status}): ${last.text.slice(0, 300)}`);
    }
    return last;
  }

  /** Signs in at an application and exchanges the code. */
  async signIn(rp: RelyingParty, parameters: Parameters = {}, options: { par?: boolean } = {}) {
    const flow = await rp.begin(parameters, options);
    const back = await this.through(await this.client.open(flow.url));
    return rp.exchange(flow, back.location);
  }

  /** As `signIn`, but answers the callback address alone. */
  async callback(url: URL | string): Promise<URL> {
    const { location } = await this.through(await this.client.open(url));
    if (location === undefined) throw new Error('the browser did not come back');
    return location;
  }

  type(page: Reply): Promise<Reply> {
    return page.body.includes('name="username"')
      ? this.password(page, this.username)
      : this.answer(page, PASSWORD_ONLY);
  }

  /** A code that wasn't used yet: time moves on by one step. */
  nextCode(): string {
    advance(30_000);
    return this.codeAt();
  }
}

const PASSWORD_ONLY = { password: 'correct horse battery staple' };

let ahead = 0;

/** Moves the clock of this whole process, the gateway's and oidc-provider's too; back again after the test file. */
export function advance(milliseconds: number): void {
  if (!vi.isMockFunction(Date.now)) {
    // Another file of this process may have moved it before.
    ahead = 0;
    vi.spyOn(Date, 'now').mockImplementation(() => Math.floor(performance.timeOrigin + performance.now()) + ahead);
  }
  ahead += milliseconds;
}

/** Moves the clock for one test alone. */
export function advanceHere(milliseconds: number): void {
  advance(milliseconds);
  onTestFinished(() => {
    ahead -= milliseconds;
  });
}

/** Parameters of a redirect back. */
export const answerOf = (reply: { location?: URL }): Record<string, string> =>
  Object.fromEntries(reply.location?.searchParams ?? []);

const SERVER_SIDE = {
  ...{ origin: undefined, accept: 'application/json', 'user-agent': 'a server' },
  ...{ 'sec-fetch-site': undefined, 'sec-fetch-mode': undefined, 'sec-fetch-dest': undefined },
};

/** Calls an endpoint as a server does, beside openid-client and its checks; by Basic if `id` is given. */
export function call(
  gateway: Pick<Gateway, 'url'>,
  path: string,
  fields: Parameters | URLSearchParams | string,
  id?: string,
) {
  const secret = SECRETS[id as keyof typeof SECRETS] ?? secretOf(id ?? '');
  const basic = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
  const client = new Client({ headers: { ...SERVER_SIDE, ...(id ? { authorization: basic } : {}) } });
  const type = typeof fields === 'string' ? { headers: { 'content-type': 'application/x-www-form-urlencoded' } } : {};
  return client.post(`${gateway.url}${path}`, fields, type);
}

/** Asks the userinfo endpoint, with the token where `how` says. */
export function userinfo(
  gateway: Pick<Gateway, 'url'>,
  token: string,
  how: 'get' | 'post-header' | 'post-body' | 'query' = 'get',
) {
  const inHeader = how === 'get' || how === 'post-header' ? { authorization: `Bearer ${token}` } : {};
  const client = new Client({ headers: { ...SERVER_SIDE, ...inHeader } });
  const url = `${gateway.url}/userinfo`;
  if (how === 'query') return client.get(`${url}?${new URLSearchParams({ access_token: token })}`);
  return how === 'get' ? client.get(url) : client.post(url, how === 'post-body' ? { access_token: token } : {});
}
