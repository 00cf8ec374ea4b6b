import { createHash, randomBytes } from 'node:crypto';
import type { Reply } from '../client.ts';
import { SECRETS } from '../configuration.ts';
import { CookieJar } from '../cookies.ts';
import { GivenUp, isLost, type LoadBrowser, type Site } from './browser.ts';
import type { Ledger } from './ledger.ts';
import { App, asksCode, asksPassword, asksToEnrol, asksToRemember, type Person } from './person.ts';

/** The application that they sign in to; its rule asks for two factors. */
const APPLICATION = 'courses';
/** Answers that one sign-in takes at most, wrong ones and those asked for again included. */
const STEPS = 30;

/** An authorization request, and what its code is exchanged with. */
interface Request {
  url: string;
  verifier: string;
}

function requestOf({ url, relyingParty }: Site): Request {
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    ...{ client_id: APPLICATION, response_type: 'code', scope: 'openid offline_access' },
    redirect_uri: `${relyingParty}/${APPLICATION}/callback`,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    ...{ code_challenge_method: 'S256', state: 's' },
  });
  return { url: `${url}/authorize?${query}`, verifier };
}

export interface SignedIn {
  browser: LoadBrowser;
  refreshToken: string | undefined;
}

/** What somebody does at a browser without script: each step is one that an application or a person really takes. */
export function createActs(site: Site, ledger: Ledger) {
  async function answer(browser: LoadBrowser, page: Reply, person: Person): Promise<Reply> {
    const { account } = person;
    const press = (fields: Record<string, string>) => browser.press(page, fields);
    if (asksPassword(page)) {
      browser.sent.password = true;
      const asksName = page.body.includes('name="username"');
      return press({ ...(asksName && { username: person.username }), password: person.password });
    }
    if (asksToEnrol(page)) {
      if (account.enrolled > 0) ledger.breach(`${person.username} is asked to enrol, and has already`);
      const app = new App(page);
      browser.sent.code = true;
      const next = await press({ code: app.next() ?? '' });
      // The page has moved on: it was enrolled.
      if (asksToRemember(next) || browser.isBack(next)) {
        account.enrolled += 1;
        person.app = app;
      }
      return next;
    }
    if (asksCode(page)) {
      const code = person.app?.next();
      if (code === undefined) throw new GivenUp('no code that is good yet');
      browser.sent.code = true;
      return press({ code });
    }
    if (asksToRemember(page)) {
      const next = await press({ remember: 'yes' });
      if (browser.isBack(next)) account.remembered += 1;
      return next;
    }
    if (page.body.includes('value="allow"')) return browser.press(page, { consent: 'allow' });
    throw new GivenUp(`can't go on: ${page.status} ${page.url.pathname} ${page.text.slice(0, 200)}`);
  }

  /** From the application to the application, through whatever is asked. */
  async function through(person: Person, browser: LoadBrowser, request: Request): Promise<string> {
    let page = await browser.load(request.url);
    for (let steps = 0; !browser.isBack(page); steps += 1) {
      if (steps === STEPS) throw new GivenUp(`asked for too much: ${page.text.slice(0, 200)}`);
      page = await answer(browser, page, person);
    }
    return codeOf(page);
  }

  function codeOf({ location }: Reply): string {
    const code = location?.searchParams.get('code');
    if (code) return code;
    const error = location?.searchParams.get('error');
    // What the protocol says where something is away (RFC 6749 section 4.1.2.1).
    if (error !== 'temporarily_unavailable') ledger.breach(`the application was told ${location?.search}`);
    throw new GivenUp(`no code: ${error}`);
  }

  const basic = `Basic ${Buffer.from(`${APPLICATION}:${SECRETS[APPLICATION]}`).toString('base64')}`;
  const token = (browser: LoadBrowser, fields: Record<string, string>): Promise<Reply> =>
    browser.post(`${site.url}/token`, fields, {
      headers: { authorization: basic, accept: 'application/json', origin: undefined, cookie: undefined },
    });
  const exchange = (browser: LoadBrowser, code: string, verifier: string): Promise<Reply> =>
    token(browser, {
      ...{ grant_type: 'authorization_code', code, code_verifier: verifier },
      redirect_uri: `${site.relyingParty}/${APPLICATION}/callback`,
    });

  /** Exchanges a code at all nodes at once, as somebody would who had seen it; one of them may succeed. */
  async function redeem(person: Person, browser: LoadBrowser, code: string, verifier: string, at: number) {
    const replies = await Promise.all(Array.from({ length: at }, () => exchange(browser, code, verifier)));
    const good = replies.filter(({ status }) => status === 200);
    if (good.length > 1) ledger.breach(`a code of ${person.username} was exchanged ${good.length} times`);
    for (const reply of replies) judgeToken(reply, person);
    const [first] = good;
    if (first === undefined) return undefined;
    ledger.ended.push({ what: 'code', username: person.username, token: code, verifier });
    const tokens = first.json() as { id_token: string; refresh_token?: string };
    judgeEvidence(person, browser, tokens.id_token);
    // Whoever tries a code twice loses what the first try got (RFC 6749 section 4.1.2).
    return at > 1 ? undefined : tokens.refresh_token;
  }

  function judgeToken(reply: Reply, { username }: Person): void {
    if (reply.status === 200 || isLost(reply)) return;
    const { error } = reply.json() as { error?: string };
    if (error !== 'invalid_grant') ledger.breach(`the token endpoint told ${username}'s application ${error}`);
  }

  function judgeEvidence({ username }: Person, { sent }: LoadBrowser, idToken: string): void {
    const [, payload = ''] = idToken.split('.');
    const { amr = [] } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { amr?: string[] };
    // What a remembered device stands for is no method of this sign-in.
    const missing = ['pwd', 'mfa', ...(sent.code ? ['otp'] : [])].filter((method) => !amr.includes(method));
    if (missing.length > 0) ledger.breach(`${username} was let in without ${missing.join()}: ${amr.join()}`);
    if (!sent.password) ledger.breach(`${username} was let in and gave no password`);
  }

  async function signIn(person: Person, options: { jar?: CookieJar; exchanges?: number } = {}): Promise<SignedIn> {
    const began = Date.now();
    const browser = person.browser(options.jar);
    const again = person.account.enrolled > 0;
    const request = requestOf(site);
    const code = await through(person, browser, request);
    const isRemembered = options.jar !== undefined;
    if (!browser.sent.code && !isRemembered) ledger.breach(`${person.username} was let in without a code`);
    const refreshToken = await redeem(person, browser, code, request.verifier, options.exchanges ?? 1);
    ledger.signIns.push({ began, ended: Date.now(), again });
    return { browser, refreshToken };
  }

  return {
    signIn,
    requestOf: () => requestOf(site),
    exchange,

    /** The page that lists what is theirs, with the ids of their methods; undefined where it would ask them first. */
    async methods(browser: LoadBrowser): Promise<{ page: Reply; ids: string[] } | undefined> {
      const page = await browser.load(`${site.url}/account`);
      if (page.url.pathname !== '/account') return undefined;
      const found = page.body.matchAll(/\/account\/methods\/([\w-]{22})\/rename/g);
      return { page, ids: [...new Set([...found].map(([, id]) => id as string))] };
    },

    /** Another app beside the first; its id once the account page shows it. */
    async add(person: Person, browser: LoadBrowser): Promise<{ id: string; app: App } | undefined> {
      const before = await this.methods(browser);
      const page = await browser.load(`${site.url}/account/methods/add/totp`);
      if (before === undefined || !asksToEnrol(page)) return undefined;
      for (const id of before.ids) person.account.shown.add(id);
      const app = new App(page);
      await browser.press(page, { code: app.next() ?? '' });
      const after = await this.methods(browser);
      const id = after?.ids.find((one) => !before.ids.includes(one));
      if (id === undefined) return undefined;
      person.account.shown.add(id);
      person.account.enrolled += 1;
      return { id, app };
    },

    async remove(person: Person, browser: LoadBrowser, { id, app }: { id: string; app: App }): Promise<boolean> {
      const { account } = person;
      const path = `/account/methods/${id}/remove`;
      const page = await browser.load(`${site.url}${path}`);
      if (page.url.pathname !== path) return false;
      account.inDoubt.add(id);
      await browser.press(page, {});
      const left = await this.methods(browser);
      if (left === undefined || left.ids.includes(id)) return false;
      account.inDoubt.delete(id);
      account.removed.add(id);
      ledger.ended.push({ what: 'authenticator', username: person.username, codeAt: app.codeAt });
      return true;
    },

    async refresh(person: Person, browser: LoadBrowser, refreshToken: string): Promise<void> {
      const reply = await token(browser, { grant_type: 'refresh_token', refresh_token: refreshToken });
      judgeToken(reply, person);
      if (!isLost(reply) && reply.status !== 200) ledger.breach(`a refresh of ${person.username} got ${reply.body}`);
    },

    /** Everything of theirs ends: sessions, what applications hold, and devices. */
    async signOutEverywhere(person: Person, { browser, refreshToken }: SignedIn): Promise<boolean> {
      const path = '/account/sign-out-everywhere';
      const others = person.copyOf(browser);
      const page = await browser.load(`${site.url}${path}`);
      if (page.url.pathname !== path) return false;
      const sent = await browser.submit(page, {}, { action: path });
      if (isLost(sent) || sent.status >= 400) return false;
      const { username } = person;
      person.account.signedOutEverywhere += 1;
      ledger.ended.push({ what: 'session', username, jar: others.jar });
      const device = new CookieJar(Date.now, others.jar.all());
      device.restart();
      ledger.ended.push({ what: 'device', username, jar: device });
      if (refreshToken) ledger.ended.push({ what: 'refresh token', username, token: refreshToken });
      return true;
    },

    token,
    answer,
  };
}

export type Acts = ReturnType<typeof createActs>;
