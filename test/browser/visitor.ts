import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { type Authenticator, createAuthenticator } from '../../src/factors/totp/double.ts';
import { axe, launch, watch } from '../support/chromium.ts';
import { type Gateway, PASSWORD, type Place } from '../support/gateway.ts';
import { isServiceProvider } from '../support/service-provider.ts';

export type Application = 'library' | 'courses' | 'payroll' | 'reading-room' | 'laboratory' | 'personnel';

/** The narrowest page that must need no scrolling to the side (WCAG 2.2, 1.4.10), CSS pixels. */
const NARROW = 320;
const WIDE = { width: 1280, height: 800 };

/** Where people are, whose clock can be moved. */
type Site = Place & Pick<Gateway, 'advance'>;

/** A person at a real browser, with a code app in their pocket. */
export class Visitor {
  readonly gateway: Site;
  readonly context: BrowserContext;
  page: Page;
  authenticator: Authenticator | undefined;
  readonly #watched: (readonly string[])[] = [];

  private constructor(gateway: Site, context: BrowserContext, page: Page) {
    this.gateway = gateway;
    this.context = context;
    this.page = page;
    this.#watched.push(watch(page).problems);
  }

  static async arrive(gateway: Site, options: BrowserContextOptions = {}): Promise<Visitor> {
    const browser = await launch();
    const context = await browser.newContext({
      locale: 'en-GB',
      colorScheme: 'light',
      reducedMotion: 'reduce',
      viewport: WIDE,
      ...options,
    });
    return new Visitor(gateway, context, await context.newPage());
  }

  /** The same person after closing the browser and opening it again: session cookies are gone. */
  async reopen(): Promise<Visitor> {
    const kept = (await this.context.cookies()).filter(({ expires }) => expires !== -1);
    await this.leave();
    const next = await Visitor.arrive(this.gateway);
    await next.context.addCookies(kept);
    next.authenticator = this.authenticator;
    return next;
  }

  /** Another tab; `page` is the new one from now on. */
  async tab(): Promise<Page> {
    const before = this.page;
    this.page = await this.context.newPage();
    this.#watched.push(watch(this.page).problems);
    return before;
  }

  async leave(): Promise<void> {
    await this.context.close();
  }

  /** Everything that went wrong in this browser so far. */
  complaints(): string[] {
    return this.#watched.flat();
  }

  /** Begins at a demo application, by its link. */
  async open(application: Application, query = ''): Promise<void> {
    if (query) await this.page.goto(`${this.home(application)}/login${query}`);
    else {
      await this.page.goto(this.home(application));
      const link = this.page.getByRole('link', { name: 'Sign in', exact: true });
      // Who is signed in there already is shown no such link.
      if (await link.count()) await link.click();
      else await this.page.goto(`${this.home(application)}/login`);
    }
  }

  /** Address of an application, by whichever door it comes. */
  home(application: Application): string {
    const { relyingParty, serviceProvider } = this.gateway;
    return `${isServiceProvider(application) ? serviceProvider : relyingParty}/${application}`;
  }

  /** What the page is about. */
  heading(): Promise<string> {
    return this.page.getByRole('heading', { level: 1 }).innerText();
  }

  press(name: string | RegExp): Promise<void> {
    return this.page.getByRole('button', { name, exact: typeof name === 'string' }).click();
  }

  async follow(name: string | RegExp): Promise<void> {
    await this.page.getByRole('link', { name, exact: typeof name === 'string' }).click();
  }

  /** Opens what can be done with a method, on the account page. */
  async openMenu(name: string | RegExp = /./): Promise<void> {
    await this.page.locator('.menu > summary').filter({ hasText: name }).first().click();
  }

  async password(username?: string): Promise<void> {
    if (username) await this.page.getByLabel('User name').fill(username);
    await this.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await this.press(username ? 'Sign in' : 'Continue');
  }

  /** Chooses the code app where something else could be set up as well. */
  async chooseApp(): Promise<void> {
    const choice = this.page.getByRole('button', { name: /Code app/ });
    await choice.or(this.page.locator('#key')).waitFor();
    if (await choice.isVisible()) await choice.click();
  }

  /** Types the key shown into the app, as one does without a camera, and the app's code into the page. */
  async enrol(): Promise<void> {
    await this.chooseApp();
    this.addKey(await this.page.locator('#key').innerText());
    await this.page.getByRole('textbox', { name: /^Code/ }).fill(this.codeNow());
    await this.press('Confirm');
  }

  addKey(shown: string): void {
    const secret = shown.replaceAll(/\s/g, '');
    this.authenticator = createAuthenticator(`otpauth://totp/Example:someone?secret=${secret}`);
  }

  codeNow(): string {
    if (this.authenticator === undefined) throw new Error('nothing enrolled');
    return this.authenticator.codeAt(this.gateway.now());
  }

  /** A code counts once: this is the next one. */
  nextCode(): string {
    this.gateway.advance(30_000);
    return this.codeNow();
  }

  async code(code = this.nextCode()): Promise<void> {
    await this.page.getByRole('textbox', { name: /^Code/ }).fill(code);
    await this.press('Continue');
  }

  /** A first sign-in that ends with a second factor set up and the device remembered or not. */
  async settle(username: string, remember: 'yes' | 'no' = 'yes'): Promise<void> {
    await this.open('courses');
    await this.password(username);
    await this.enrol();
    await this.press(remember === 'yes' ? 'Yes, this is my device' : 'No, other people use it');
    await this.page.waitForURL(`${this.gateway.relyingParty}/courses`);
  }

  /** The claims that an application holds of this person; nothing where they aren't signed in there. */
  async claims(application: Application): Promise<Record<string, unknown> | undefined> {
    return (await this.session(application))?.claims as Record<string, unknown> | undefined;
  }

  /** All that an application knows of this browser's sign-in; nothing where nobody is signed in there. */
  async session(application: Application): Promise<Record<string, unknown> | undefined> {
    const answer = await this.context.request.get(`${this.home(application)}/session.json`);
    return answer.status() === 200 ? await answer.json() : undefined;
  }

  /** What is wrong with this page as it stands: axe in light and dark, and scrolling to the side when narrow. */
  async faults(): Promise<string[]> {
    const { page } = this;
    const usual = page.viewportSize() ?? WIDE;
    const found = (await axe(page)).map((fault) => `light: ${fault}`);
    // Colours alone differ in the dark.
    await page.emulateMedia({ colorScheme: 'dark' });
    found.push(...(await axe(page, 'color-contrast')).map((fault) => `dark: ${fault}`));
    await page.setViewportSize({ width: NARROW, height: WIDE.height });
    const width = await page.evaluate<number>('document.documentElement.scrollWidth');
    if (width > NARROW) found.push(`narrow: the page is ${width} px wide`);
    await page.setViewportSize(usual);
    await page.emulateMedia({ colorScheme: 'light' });
    return found.map((fault) => `${page.url()}: ${fault}`);
  }
}
