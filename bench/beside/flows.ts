import { createHash } from 'node:crypto';
import { Agent, request } from 'node:http';
import { codeOf, encodeSecret, stepAt } from '../../src/factors/totp/otp.ts';
import { Client, type ClientOptions, type Reply } from '../../test/support/client.ts';
import { SECRETS } from '../../test/support/configuration.ts';
import { form } from '../../test/support/forms.ts';
import { PASSWORD, PersonAtBrowser } from '../../test/support/gateway.ts';
import { samlFlows } from './saml.ts';
import { CODE_SECRET, CODERS, CROWD, type Server } from './servers.ts';

const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk-0123456789';
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');

/** Once; `no more`: nobody is left for whom it could be done now. */
export type Flow = () => Promise<unknown>;
export type Ask = typeof ask;

/** A browser that never leaves the server. */
class AtHome extends Client {
  readonly #url: string;
  constructor(url: string, options?: ClientOptions) {
    super(options);
    this.#url = url;
  }
  override follow(reply: Reply): Promise<Reply> {
    return super.follow(reply, (next) => next.origin !== this.#url);
  }
}

type Application = 'library' | 'courses' | 'payroll';

interface Answer {
  status: number;
  location: string;
  body: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

function ask(url: string, headers: Record<string, string>, body?: string): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const type = body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
  const sent = request(url, { agent, method: body === undefined ? 'GET' : 'POST', headers: { ...type, ...headers } });
  sent.on('response', (res) => {
    let text = '';
    res.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    res.on('end', () => resolve({ status: res.statusCode ?? 0, location: res.headers.location ?? '', body: text }));
  });
  sent.on('error', reject);
  sent.end(body);
  return promise;
}

/** What is measured at a server, each to its end or it throws. `site`: where nobody listens, for the answers. */
export async function flowsOf(server: Server, site: string): Promise<Record<string, Flow>> {
  const { url } = server;
  const basic = (id: Application) => ({
    authorization: `Basic ${Buffer.from(`${id}:${SECRETS[id]}`).toString('base64')}`,
  });
  const back = (id: string) => `${site}/${id}/callback`;
  const begin = (id: string) =>
    `${url}/authorize?${new URLSearchParams({
      ...{ client_id: id, response_type: 'code', scope: 'openid profile email', state: 's', redirect_uri: back(id) },
      ...{ code_challenge: CHALLENGE, code_challenge_method: 'S256' },
    })}`;
  async function redeem(id: Application, location: string): Promise<Record<string, string>> {
    const code = new URL(location).searchParams.get('code');
    if (code === null) throw new Error(`no code: ${location}`);
    const fields = { grant_type: 'authorization_code', code, redirect_uri: back(id), code_verifier: VERIFIER };
    const { status, body } = await ask(`${url}/token`, basic(id), new URLSearchParams(fields).toString());
    if (status !== 200) throw new Error(`no token: ${status} ${body}`);
    return JSON.parse(body) as Record<string, string>;
  }
  async function signIn(client: Client = new AtHome(url), username = 'alice') {
    const page = await client.open(begin('library'));
    const { action, fields } = form(page.body);
    const sent = await client.post(new URL(action, page.url), { ...fields, username, password: PASSWORD });
    const last = await client.follow(sent);
    if (last.location === undefined) throw new Error(`not signed in: ${last.status} ${last.text.slice(0, 120)}`);
    return { client, tokens: await redeem('library', last.location.href) };
  }
  const cookieOf = ({ jar }: Client) =>
    jar
      .for(new URL(url))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
  const visit =
    (id: Application, cookie: string): Flow =>
    async () => {
      const { location, status } = await ask(begin(id), { cookie });
      if (!location.startsWith(site)) throw new Error(`asked: ${status} ${location}`);
      await redeem(id, location);
    };
  const expect200 = async (answer: Promise<Answer>) => {
    const { status, body } = await answer;
    if (status !== 200) throw new Error(`${status} ${body}`);
  };

  let turn = 0;
  const { client, tokens } = await signIn();
  const { access_token: token = '', refresh_token: refresh = '' } = tokens;
  const flows: Record<string, Flow> = {
    'SSO return visit': visit('library', cookieOf(client)),
    'full sign-in, password': async () => {
      turn = (turn + 1) % CROWD;
      await signIn(new AtHome(url), `person${turn}`);
    },
    refresh: () =>
      expect200(
        ask(
          `${url}/token`,
          basic('library'),
          new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refresh }).toString(),
        ),
      ),
    userinfo: () => expect200(ask(`${url}/userinfo`, { authorization: `Bearer ${token}` })),
    introspection: () =>
      expect200(ask(`${url}/introspect`, basic('library'), new URLSearchParams({ token }).toString())),
    discovery: () => expect200(ask(`${url}/.well-known/openid-configuration`, {})),
  };
  if (server.name === 'bare') return flows;
  const place = { url, relyingParty: site, serviceProvider: site, now: Date.now };
  const coders = createCoders();
  async function withCode(): Promise<'no more' | undefined> {
    const coder = coders();
    if (coder === undefined) return 'no more';
    const browser = new PersonAtBrowser(place, new AtHome(url));
    const asked = await browser.password(await browser.client.open(begin('payroll')), coder.name);
    const last = await browser.code(asked, coder.code);
    if (last.location === undefined) throw new Error(`not signed in: ${last.status} ${last.text.slice(0, 120)}`);
    await redeem('payroll', last.location.href);
    return undefined;
  }
  // A browser of its own: a step-up gives its session another cookie.
  const { client: strong } = await signIn();
  const person = new PersonAtBrowser(place, strong);
  const enrolling = await person.answer(await strong.open(begin('courses')), { password: PASSWORD });
  // Tokens were imported, so that it is asked what shows the codes.
  const app = await person.answer(enrolling, { choice: 'app' });
  await person.remember(await person.enrol(app), 'yes');
  // The second factor is remembered on this browser; another session of it has the password alone.
  const jar = strong.jar.copy();
  jar.delete('sallyport_session');
  const remembered = (await signIn(new AtHome(url, { jar }))).client;
  return {
    ...flows,
    'full sign-in, password and TOTP': withCode,
    'SSO, second factor in the session': visit('courses', cookieOf(strong)),
    'SSO, remembered device': visit('courses', cookieOf(remembered)),
    ...samlFlows(url, cookieOf(client), ask),
  };
}

/** People whose code of now hasn't been used yet, one at each call; undefined where there is none until the next step. */
function createCoders(): () => { name: string; code: string } | undefined {
  const used = new Map<number, number>();
  const key = { secret: encodeSecret(Buffer.from(CODE_SECRET, 'hex')), algorithm: 'SHA1', digits: 6 } as const;
  return () => {
    const step = stepAt(30, Date.now());
    const at = Array.from({ length: CODERS }, (_, index) => index).find((index) => (used.get(index) ?? 0) < step);
    if (at === undefined) return undefined;
    used.set(at, step);
    return { name: `coder${at}`, code: codeOf(key, step) };
  };
}
