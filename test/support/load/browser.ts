import { setTimeout as pause } from 'node:timers/promises';
import { Client, type Reply, type RequestInit } from '../client.ts';
import type { CookieJar } from '../cookies.ts';
import { forms } from '../forms.ts';
import type { Ledger } from './ledger.ts';

/** What people are to a gateway: where it is, and where applications are. */
export interface Site {
  /** The issuer. */
  url: string;
  relyingParty: string;
}

/** Between two tries of somebody whose page says that it tries again by itself, milliseconds. */
const AGAIN_AFTER = 250;
/** A page that doesn't come for so long won't, milliseconds. */
const PATIENCE = 60_000;

/** Somebody gave up, or has to begin anew: nothing is known of what came of their last request. */
export class GivenUp extends Error {}

/** A browser that never leaves the gateway, and loads a page again where it was told to. */
export class LoadBrowser extends Client {
  readonly #site: Site;
  readonly #ledger: Ledger;
  /** What was sent from here that was right, so that more than that must not be let in. */
  readonly sent = { password: false, code: false };

  constructor(site: Site, ledger: Ledger, jar?: CookieJar) {
    super(jar ? { jar } : {});
    this.#site = site;
    this.#ledger = ledger;
  }

  /** Whether the gateway sends the browser back to the application. */
  isBack({ location }: Reply): boolean {
    return location !== undefined && location.origin !== this.#site.url;
  }

  override follow(reply: Reply, stop: (next: URL) => boolean = () => false): Promise<Reply> {
    return super.follow(reply, (next) => next.origin !== this.#site.url || stop(next));
  }

  /** Once; where there is no answer, or none that says anything, status 0. */
  override async send(url: string | URL, init: RequestInit = {}): Promise<Reply> {
    const began = performance.now();
    const reply = await super.send(url, init).catch((): Reply => nothing(new URL(url)));
    const { answers } = this.#ledger;
    answers.set(reply.status, (answers.get(reply.status) ?? 0) + 1);
    this.#ledger.slowest = Math.max(this.#ledger.slowest, performance.now() - began);
    if (reply.status >= 500) this.#judge(reply);
    return reply;
  }

  /** Loads a page until there is one, as a browser does with the page that tries again. */
  async load(url: string | URL): Promise<Reply> {
    let at = new URL(url);
    for (const deadline = Date.now() + PATIENCE; ; await pause(AGAIN_AFTER)) {
      const reply = await this.follow(await this.get(at));
      if (!isLost(reply)) return reply;
      // The page that says so leads back to itself, which may be another one than was asked for.
      at = reply.url;
      if (Date.now() > deadline) throw new GivenUp(`no page at ${at.pathname}: ${reply.status}`);
    }
  }

  /** Sends a form once, and loads the page that it came from where nothing is known of it. */
  async press(page: Reply, fields: Record<string, string>, action = page.url.pathname): Promise<Reply> {
    const own = forms(page.body).find((form) => form.method === 'POST' && form.action === action);
    if (own === undefined) throw new GivenUp(`no form ${action} on this page: ${page.text.slice(0, 200)}`);
    const sent = await this.post(new URL(action, page.url), { ...own.fields, ...fields });
    if (this.isBack(sent)) return sent;
    if (sent.location) return this.load(sent.location);
    return isLost(sent) ? this.load(page.url) : sent;
  }

  /** The only thing that may be wrong is that something is away, and then people are told what to do. */
  #judge({ url, status, headers, body }: Reply): void {
    const where = `${status} at ${url.pathname.replace(/[\w-]{20,}/g, '…')}`;
    const isPage = headers['content-type']?.startsWith('text/html');
    if (status !== 503 && status !== 502) this.#ledger.breach(`${where}: ${body.slice(0, 300)}`);
    if (status !== 503) return;
    if (headers['retry-after'] === undefined) this.#ledger.breach(`${where}, without Retry-After`);
    if (isPage && !body.includes('tries again by itself')) this.#ledger.breach(`${where}, a page without a way on`);
  }
}

/** The proxy found no node, the node no store, or nobody answered. */
export const isLost = ({ status }: Reply): boolean => status === 0 || status === 429 || status >= 500;

function nothing(url: URL): Reply {
  const json = () => ({});
  return { url, status: 0, headers: {}, setCookies: [], body: '', text: '', json };
}
