import type { BrowserContext, BrowserContextOptions, CDPSession, Page, Worker } from 'playwright-core';
import type { PushService, Subscriber } from '../../src/factors/push/testing/push-service.ts';
import { axe, launch, watch } from '../support/chromium.ts';

const SCREEN = { width: 390, height: 844 };
const NARROW = 320;

/**
 * What stands in for the browser's own push manager, which a browser without its maker's servers hasn't: it asks the
 * test for a subscription, by the registration's scope.
 */
const MANAGER = `
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (it) => it.charCodeAt(0));
  const text = (key) => btoa(String.fromCharCode(...new Uint8Array(key))).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  const made = (scope, it) => it && {
    endpoint: it.subscription.endpoint,
    options: { applicationServerKey: bytes(it.key).buffer, userVisibleOnly: true },
    toJSON: () => it.subscription,
    unsubscribe: () => phoneUnsubscribes(scope).then(() => true),
  };
  if (isSecureContext) Object.defineProperty(ServiceWorkerRegistration.prototype, 'pushManager', {
    get() {
      const { scope } = this;
      return {
        getSubscription: async () => made(scope, await phoneSubscription(scope)),
        subscribe: async ({ applicationServerKey }) => {
          if (await phoneIsUnanswered()) return new Promise(() => undefined);
          return made(scope, await phoneSubscribes(scope, text(applicationServerKey)));
        },
      };
    },
  });
`;

interface Held {
  key: string;
  subscriber: Subscriber;
}

export interface PhoneOptions extends BrowserContextOptions {
  /** Where the app stands: `<origin>/authenticator/`. */
  app: string;
  push: PushService;
  /** Whether it allows notifications; undefined leaves it to the browser, which refuses. */
  notifications?: boolean;
  /** Its push service never answers, as behind a firewall that drops what it doesn't know. */
  unanswered?: boolean;
}

/** Where messages go, by the app's own record: whether it has told its services. */
const HEARD = `new Promise((resolve) => {
  indexedDB.open('sallyport-authenticator').onsuccess = ({ target: { result } }) => {
    result.transaction('accounts').objectStore('accounts').getAll().onsuccess = ({ target }) => {
      result.close();
      resolve(target.result.length > 0 && target.result.every(({ endpoint }) => endpoint !== ''));
    };
  };
})`;

/** Somebody's phone: Chromium with the app, and its service worker, which gets its messages by the DevTools protocol. */
export class Phone {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly app: string;
  readonly #devTools: CDPSession;
  readonly #registrations = new Map<string, string>();
  readonly #held = new Map<string, Held>();
  readonly #watched: { readonly problems: readonly string[] };
  readonly #push: PushService;
  /** Whether the push service keeps silent. */
  unanswered: boolean;

  private constructor(context: BrowserContext, page: Page, devTools: CDPSession, options: PhoneOptions) {
    const { app, push, unanswered = false } = options;
    this.unanswered = unanswered;
    this.context = context;
    this.page = page;
    this.app = app;
    this.#devTools = devTools;
    this.#push = push;
    this.#watched = watch(page);
  }

  static async take({ notifications = true, ...options }: PhoneOptions): Promise<Phone> {
    const { app, push, unanswered, ...browser } = options;
    const context = await (await launch()).newContext({
      viewport: SCREEN,
      isMobile: true,
      hasTouch: true,
      locale: 'en-GB',
      colorScheme: 'light',
      reducedMotion: 'reduce',
      ...browser,
    });
    const granted = notifications ? ['notifications', 'clipboard-read', 'clipboard-write'] : [];
    await context.grantPermissions(granted, { origin: new URL(app).origin });
    const page = await context.newPage();
    const phone = new Phone(context, page, await context.newCDPSession(page), options);
    await phone.#connect();
    return phone;
  }

  async #connect(): Promise<void> {
    const told = (scope: string) => {
      const held = this.#held.get(scope);
      return held && { key: held.key, subscription: held.subscriber.subscription };
    };
    await this.context.exposeFunction('phoneSubscription', told);
    await this.context.exposeFunction('phoneIsUnanswered', () => this.unanswered);
    await this.context.exposeFunction('phoneSubscribes', (scope: string, key: string) => {
      this.#held.set(scope, { key, subscriber: this.#push.subscribe(key) });
      return told(scope);
    });
    await this.context.exposeFunction('phoneUnsubscribes', (scope: string) => {
      this.#held.get(scope)?.subscriber.answer(410);
      this.#held.delete(scope);
    });
    await this.context.addInitScript(MANAGER);
    this.#devTools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      for (const { registrationId, scopeURL } of registrations) this.#registrations.set(scopeURL, registrationId);
    });
    await this.#devTools.send('ServiceWorker.enable');
  }

  async open(address = this.app): Promise<void> {
    await this.page.goto(address);
    await this.page.locator('h1').waitFor();
  }

  /** What messages go to that come by a registration: the app's own, unless another scope is given. */
  subscriber(scope = this.app): Subscriber {
    const held = this.#held.get(scope);
    if (held === undefined) throw new Error(`no subscription at ${scope}`);
    return held.subscriber;
  }

  get scopes(): string[] {
    return [...this.#held.keys()];
  }

  /** Waits for the next message at the push service, and hands it to the service worker, as the browser would. */
  async receive(scope = this.app): Promise<string> {
    const { body } = await this.subscriber(scope).next();
    await this.deliver(body, scope);
    return body;
  }

  async deliver(data: string, scope = this.app): Promise<void> {
    const registrationId = this.#registrations.get(scope);
    if (registrationId === undefined) throw new Error(`no registration at ${scope}`);
    await this.#devTools.send('ServiceWorker.deliverPushMessage', {
      origin: new URL(this.app).origin,
      registrationId,
      data,
    });
  }

  /** Lets an event happen in the service worker, and waits until it has been dealt with. `properties`: script. */
  async happens(type: string, properties: string): Promise<void> {
    const [running] = this.context.serviceWorkers();
    const worker: Worker = running ?? (await this.context.waitForEvent('serviceworker'));
    // An event that no browser made can't be waited for: what it would wait for is.
    await worker.evaluate(`(async () => {
      const event = Object.assign(new ExtendableEvent('${type}'), await (${properties}));
      const dealt = new Promise((resolve) => Object.defineProperty(event, 'waitUntil', { value: resolve }));
      dispatchEvent(event);
      await dealt;
    })()`);
  }

  /** Taps the notification that is shown. Only a real tap may bring the window to the front: that is left out. */
  async tap(): Promise<void> {
    await this.happens(
      'notificationclick',
      `registration.getNotifications().then(([notification]) => {
        WindowClient.prototype.focus = async () => undefined;
        return { notification };
      })`,
    );
  }

  /** Notifications that are shown now. */
  async notifications(scope = this.app): Promise<{ title: string; body: string; tag: string }[]> {
    return this.page.evaluate(`
      navigator.serviceWorker.getRegistration(${JSON.stringify(scope)})
        .then((registration) => registration.getNotifications())
        .then((shown) => shown.map(({ title, body, tag }) => ({ title, body, tag })))`);
  }

  heading(): Promise<string> {
    return this.page.getByRole('heading', { level: 1 }).innerText();
  }

  async shows(heading: string | RegExp): Promise<void> {
    await this.page.getByRole('heading', { level: 1, name: heading }).waitFor();
  }

  press(name: string | RegExp): Promise<void> {
    return this.page.getByRole('button', { name, exact: typeof name === 'string' }).click();
  }

  follow(name: string | RegExp): Promise<void> {
    return this.page.getByRole('link', { name, exact: typeof name === 'string' }).click();
  }

  /** Follows the link that a code holds, and adds the account under this name. */
  async add(invitation: string, name: string): Promise<void> {
    await this.open(invitation);
    await this.page.getByLabel('What shall this device be called?').fill(name);
    await this.press('Continue');
    await this.shows('One last step');
  }

  /** Waits until its services know where messages go. */
  async heard(): Promise<void> {
    const end = Date.now() + 20_000;
    while (!(await this.page.evaluate<boolean>(HEARD))) {
      if (Date.now() > end) throw new Error('its services were told nothing');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async approve(number: string): Promise<void> {
    await this.page.getByLabel('Number on the sign-in page').fill(number);
    await this.press('Sign in');
  }

  /** What is wrong with the screen: axe in light and dark, more or less than one h1, and scrolling to the side. */
  async faults(): Promise<string[]> {
    const { page } = this;
    const found = (await axe(page)).map((fault) => `light: ${fault}`);
    await page.emulateMedia({ colorScheme: 'dark' });
    found.push(...(await axe(page, 'color-contrast')).map((fault) => `dark: ${fault}`));
    await page.emulateMedia({ colorScheme: 'light' });
    const headings = await page.locator('h1').count();
    if (headings !== 1) found.push(`${headings} h1`);
    await page.setViewportSize({ width: NARROW, height: SCREEN.height });
    const width = await page.evaluate<number>('document.documentElement.scrollWidth');
    if (width > NARROW) found.push(`narrow: the screen is ${width} px wide`);
    await page.setViewportSize(SCREEN);
    return found.map((fault) => `${page.url()}: ${fault}`);
  }

  complaints(): readonly string[] {
    return this.#watched.problems;
  }

  leave(): Promise<void> {
    return this.context.close();
  }
}
