import { type Authenticator, createAuthenticator } from '../../../src/factors/totp/double.ts';
import type { Reply } from '../client.ts';
import { CookieJar } from '../cookies.ts';
import { GivenUp, LoadBrowser, type Site } from './browser.ts';
import type { Account, Ledger } from './ledger.ts';

const STEP = 30_000;

/** An app that shows each code once: those of the last, the present and the next half minute are good. */
export class App {
  readonly #authenticator: Authenticator;
  #last = 0;

  constructor(page: Reply) {
    const uri = /href="(otpauth:[^"]+)"/.exec(page.body)?.[1];
    if (uri === undefined) throw new GivenUp(`no enrolment here: ${page.text.slice(0, 200)}`);
    this.#authenticator = createAuthenticator(uri.replaceAll('&amp;', '&'));
  }

  /** Undefined where the owner would have to wait. */
  next(): string | undefined {
    const present = Math.floor(Date.now() / STEP);
    const step = Math.max(this.#last + 1, present - 1);
    if (step > present + 1) return undefined;
    this.#last = step;
    return this.#authenticator.codeAt(step * STEP);
  }

  codeAt = (now: number): string => this.#authenticator.codeAt(now);
}

/** Somebody with a user name, a password and, once it is enrolled, an app. */
export class Person {
  readonly username: string;
  readonly password: string;
  readonly #site: Site;
  readonly #ledger: Ledger;
  app: App | undefined;

  constructor(site: Site, ledger: Ledger, who: { username: string; password: string }) {
    this.#site = site;
    this.#ledger = ledger;
    this.username = who.username;
    this.password = who.password;
  }

  get account(): Account {
    return this.#ledger.account(this.username);
  }

  browser(jar?: CookieJar): LoadBrowser {
    return new LoadBrowser(this.#site, this.#ledger, jar);
  }

  /** Another browser with the same cookies. */
  copyOf({ jar }: LoadBrowser): LoadBrowser {
    return this.browser(new CookieJar(Date.now, jar.all()));
  }
}

export const asksPassword = ({ body }: Reply): boolean => body.includes('name="password"');
export const asksToEnrol = ({ body }: Reply): boolean => body.includes('href="otpauth:');
export const asksCode = (page: Reply): boolean => page.body.includes('name="code"') && !asksToEnrol(page);
export const asksToRemember = ({ body }: Reply): boolean => body.includes('name="remember"');
