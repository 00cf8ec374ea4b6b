import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type PushService, startPushService } from '../../src/factors/push/testing/push-service.ts';
import { type Stage, type StagedRequest, startStage } from '../../src/factors/push/testing/stage.ts';
import { createAuthenticator } from '../../src/factors/totp/double.ts';
import { Phone, type PhoneOptions } from '../browser/phone.ts';
import { closeBrowser, JOURNEY } from '../browser/scene.ts';

afterAll(closeBrowser);

const REQUEST: StagedRequest = {
  id: 'request-1',
  application: { en: 'Library', 'zh-Hant': '圖書館' },
  username: 'ada',
  browser: 'Firefox',
  system: 'Windows',
  place: 'Cambridge, United Kingdom',
  address: '192.0.2.7',
  left: 60_000,
};
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1';
/** A phone that is told 404, 410 or 503, or has no network, is meant to show it: the browser's own line says no more. */
const EXPECTED = /^(?:status: (?:400|404|410|503)|failed: .*net::ERR_INTERNET_DISCONNECTED)/;

/** The app before a service on a stage, whose every answer the test chooses. */
describe('the authenticator', JOURNEY, () => {
  let push: PushService;
  let stage: Stage;
  let phones: Phone[] = [];

  beforeAll(async () => {
    push = await startPushService();
  });
  afterAll(() => push.close());
  beforeEach(async () => {
    stage = await startStage(
      { en: 'Northbridge University', 'zh-Hant': '北橋大學' },
      { username: 'ada', name: 'Ada Lovelace' },
    );
  });
  afterEach(async () => {
    const problems = phones.flatMap((phone) => phone.complaints()).filter((problem) => !EXPECTED.test(problem));
    for (const phone of phones) await phone.leave();
    phones = [];
    await stage.close();
    expect(problems).toEqual([]);
  });

  async function phone(options: Partial<PhoneOptions> = {}): Promise<Phone> {
    const taken = await Phone.take({ app: `${stage.origin}/authenticator/`, push, ...options });
    phones.push(taken);
    return taken;
  }

  async function enrolled(options: Partial<PhoneOptions> = {}): Promise<Phone> {
    const mine = await phone(options);
    await mine.add(stage.invitation(), 'My phone');
    await mine.follow('Done');
    // Confirmed, as the app has heard.
    await mine.page.locator('.code').waitFor();
    if (options.notifications !== false && !options.unanswered) await mine.heard();
    return mine;
  }

  const message = (request = REQUEST.id) => JSON.stringify({ v: 1, issuer: stage.origin, device: 'device-1', request });

  const answers = () => stage.received.filter(({ path }) => path === 'answer').map(({ body }) => body);

  async function asked(mine: Phone, more: Partial<StagedRequest> = {}): Promise<void> {
    stage.behaviour.requests = [{ ...REQUEST, ...more }];
    await mine.deliver(message(more.id));
    await mine.shows('Are you signing in to Library?');
  }

  it('is empty at first, and says how to add an account', async () => {
    const mine = await phone();
    await mine.open();
    expect(await mine.heading()).toBe('Approve your sign-ins here');
    expect(await mine.faults()).toEqual([]);
    await mine.follow('Add an account');
    await mine.shows('Add an account');
    expect(await mine.faults()).toEqual([]);
    await mine.page.getByLabel('Link').fill('https://example.org/#enrol=abc');
    await mine.press('Continue');
    expect(await mine.page.getByText('This isn’t a link for this app.').count()).toBe(1);
    expect(await mine.faults()).toEqual([]);
    await mine.page.getByLabel('Link').fill(stage.invitation());
    await mine.press('Continue');
    await mine.shows('Add your account at Northbridge University?');
    expect(await mine.faults()).toEqual([]);
    expect(mine.page.url()).toBe(mine.app);
  });

  it('adds an account with keys that no script can read', async () => {
    const mine = await enrolled();
    const [registered] = stage.received.filter(({ path }) => path === 'register');
    expect(registered?.body).toMatchObject({ name: 'My phone', subscription: null });
    const told = stage.received.find(({ path }) => path === 'subscription');
    expect(told?.body).toMatchObject({ subscription: mine.subscriber().subscription });
    const kept = await mine.page.evaluate<Record<string, unknown>>(`new Promise((resolve) => {
      indexedDB.open('sallyport-authenticator').onsuccess = ({ target: { result } }) => {
        const read = result.transaction(['accounts', 'settings']);
        const account = read.objectStore('accounts').getAll();
        const sealing = read.objectStore('settings').get('sealing');
        read.oncomplete = async () => {
          const [{ key, seed }] = account.result;
          const tried = await Promise.allSettled([
            crypto.subtle.exportKey('jwk', key), crypto.subtle.exportKey('raw', sealing.result),
          ]);
          resolve({
            extractable: [key.extractable, sealing.result.extractable],
            usages: [...key.usages, ...sealing.result.usages],
            exported: tried.map(({ status }) => status),
            seed: new TextDecoder('latin1').decode(seed.data),
          });
        };
      };
    })`);
    expect(kept).toMatchObject({
      extractable: [false, false],
      usages: ['sign', 'encrypt', 'decrypt'],
      exported: ['rejected', 'rejected'],
    });
    expect(kept.seed).not.toContain('12345678901234567890');
  });

  it('shows codes, copies them, and needs no network for them', async () => {
    const mine = await enrolled();
    const authenticator = createAuthenticator('otpauth://totp/a:b?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
    const shown = async () => (await mine.page.locator('.code').innerText()).replaceAll(/\s/g, '');
    const now = () => [authenticator.codeAt(Date.now() - 1000), authenticator.codeAt(Date.now())];
    expect(now()).toContain(await shown());
    expect(await mine.faults()).toEqual([]);
    await mine.press('Copy the code of ada');
    expect(now()).toContain(await mine.page.evaluate('navigator.clipboard.readText()'));
    await mine.page.evaluate('navigator.serviceWorker.ready');
    await mine.context.setOffline(true);
    await mine.page.reload();
    await mine.shows('Your accounts');
    expect(now()).toContain(await shown());
    await mine.page.getByText('No connection. Codes still work.').waitFor();
    expect(await mine.faults()).toEqual([]);
    await mine.press('Check for requests');
    await mine.page.getByText('Not every service could be reached.').waitFor();
    await mine.context.setOffline(false);
  });

  it('goes by the service’s clock where the phone’s is off', async () => {
    const mine = await enrolled();
    stage.behaviour.ahead = 3_600_000;
    stage.behaviour.requests = [REQUEST];
    await mine.press('Check for requests');
    await mine.follow('Open the request of Library');
    await mine.shows('Are you signing in to Library?');
    await mine.page.getByText(/^(?:60|5\d) seconds left$/).waitFor();
    await mine.follow('Accounts');
    await mine.shows('Your accounts');
    const authenticator = createAuthenticator('otpauth://totp/a:b?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
    const shown = (await mine.page.locator('.code').innerText()).replaceAll(/\s/g, '');
    const then = Date.now() + 3_600_000;
    expect([authenticator.codeAt(then - 3000), authenticator.codeAt(then)]).toContain(shown);
  });

  it('is told of a request without a word of it on the lock screen', async () => {
    const mine = await enrolled();
    stage.behaviour.requests = [REQUEST];
    await mine.deliver(message());
    await mine.shows('Are you signing in to Library?');
    expect(await mine.notifications()).toEqual([
      { title: 'Sign-in request', body: 'Northbridge University: open the app to answer.', tag: REQUEST.id },
    ]);
    const facts = await mine.page.locator('.facts').innerText();
    for (const fact of ['ada', 'Cambridge, United Kingdom', 'Firefox · Windows', '192.0.2.7'])
      expect(facts).toContain(fact);
    expect(await mine.faults()).toEqual([]);
    await mine.approve('');
    expect(await mine.page.getByText('Type the two digits').count()).toBe(1);
    expect(await mine.faults()).toEqual([]);
    await mine.approve('４２');
    await mine.shows('You’re signing in');
    expect(await mine.faults()).toEqual([]);
    expect(answers()).toEqual([expect.objectContaining({ request: REQUEST.id, decision: 'approve', number: '42' })]);
    expect(await mine.notifications()).toEqual([]);
  });

  it('says what happens now', async () => {
    const mine = await enrolled();
    for (const [outcome, button, answered, heading] of [
      ['wrong-number', 'Sign in', { decision: 'approve', number: '17' }, 'That wasn’t the number'],
      ['cancelled', 'It’s me, but cancel', { decision: 'cancel', number: '' }, 'Cancelled'],
      ['reported', 'No, it’s not me', { decision: 'not-me', number: '' }, 'Thank you. It was stopped.'],
      ['gone', 'It’s me, but cancel', { decision: 'cancel', number: '' }, 'This request is over'],
    ] as const) {
      await asked(mine, { id: outcome });
      stage.behaviour.outcome = outcome;
      if (answered.number !== '') await mine.page.getByLabel('Number on the sign-in page').fill(answered.number);
      const before = answers().length;
      await mine.press(button);
      if (answered.decision === 'not-me') {
        // Asked once more, with what will follow; nothing is sent before, and there is a way back.
        expect(await mine.page.locator('h2').innerText()).toBe('Is somebody else signing in as you?');
        expect(await mine.faults()).toEqual([]);
        await mine.press('Back');
        await mine.press(button);
        expect(answers()).toHaveLength(before);
        await mine.press('Yes, it wasn’t me');
      }
      await mine.shows(heading);
      expect(answers().at(-1)).toMatchObject({ request: outcome, ...answered });
      expect(await mine.faults()).toEqual([]);
      await mine.follow('Done');
      await mine.shows('Your accounts');
    }
  });

  it('ends a request when its time is up, and shows none that is over', async () => {
    const mine = await enrolled();
    await asked(mine, { left: 2000 });
    await mine.shows('Time is up');
    expect(await mine.faults()).toEqual([]);
    stage.behaviour.requests = [];
    await mine.open(`${mine.app}#request=${encodeURIComponent(stage.origin)}|request-1`);
    await mine.shows('This request is over');
  });

  it('sends nothing without a network, keeps the number, and tries again', async () => {
    const mine = await enrolled();
    await asked(mine);
    await mine.context.setOffline(true);
    await mine.approve('42');
    await mine.page.getByRole('alert').getByText('There is no connection, so nothing was sent.').waitFor();
    expect(await mine.faults()).toEqual([]);
    await mine.context.setOffline(false);
    await mine.press('Sign in');
    await mine.shows('You’re signing in');
    expect(answers()).toHaveLength(1);
  });

  it('offers a code where a request can’t be fetched', async () => {
    const mine = await enrolled();
    stage.behaviour.away = true;
    await mine.deliver(message());
    await mine.shows('No connection');
    expect(await mine.page.locator('.code').innerText()).toMatch(/^\d{3} \d{3}$/);
    expect(await mine.faults()).toEqual([]);
    stage.behaviour.away = false;
    stage.behaviour.requests = [REQUEST];
    await mine.press('Try again');
    await mine.shows('Are you signing in to Library?');
  });

  it('asks what waits when it is opened, where no message came', async () => {
    const mine = await enrolled();
    stage.behaviour.requests = [REQUEST];
    await mine.open();
    await mine.shows('Are you signing in to Library?');
    await mine.follow('Accounts');
    await mine.shows('Your accounts');
    await mine.follow('Open the request of Library');
    await mine.shows('Are you signing in to Library?');
  });

  it('opens the request that a notification is tapped for, in the window that is there', async () => {
    const mine = await enrolled();
    await mine.follow('Add an account');
    await mine.shows('Add an account');
    stage.behaviour.requests = [REQUEST];
    await mine.deliver(message());
    await expect.poll(() => mine.notifications()).toHaveLength(1);
    // Nothing is taken away from somebody who is doing something.
    expect(await mine.heading()).toBe('Add an account');
    await mine.tap();
    await mine.shows('Are you signing in to Library?');
    expect(mine.context.pages()).toHaveLength(1);
    expect(await mine.notifications()).toEqual([]);
  });

  it('holds accounts of two institutions, each with messages of its own', async () => {
    const mine = await enrolled();
    const other = await startStage('Southbridge Hospital', { username: 'lovelace', name: 'Ada Lovelace' });
    await mine.add(other.invitation(stage.origin), 'My phone');
    await mine.heard();
    await mine.follow('Done');
    await mine.shows('Your accounts');
    expect(await mine.page.locator('.card').count()).toBe(2);
    expect(await mine.faults()).toEqual([]);
    const [own, second = ''] = mine.scopes;
    expect([own, second]).toEqual([mine.app, expect.stringMatching(`^${mine.app}at/[\\w-]{16}/$`)]);
    other.behaviour.requests = [{ ...REQUEST, application: 'Wards', username: 'lovelace' }];
    await mine.deliver(JSON.stringify({ v: 1, issuer: other.origin, device: 'device-1', request: REQUEST.id }), second);
    await mine.shows('Are you signing in to Wards?');
    expect(await mine.notifications(second)).toMatchObject([{ body: 'Southbridge Hospital: open the app to answer.' }]);
    await mine.approve('42');
    await mine.shows('You’re signing in');
    expect(answers()).toEqual([]);
    expect(other.received.filter(({ path }) => path === 'answer')).toHaveLength(1);
    const keys = [stage, other].map(({ received }) => received.find(({ path }) => path === 'register')?.body.key);
    expect(keys[0]).not.toEqual(keys[1]);
    await other.close();
  });

  it('renames an account and forgets it', async () => {
    const mine = await enrolled();
    await mine.follow('Manage ada');
    await mine.shows('ada');
    expect(await mine.faults()).toEqual([]);
    await mine.page.getByLabel('Name in this app').fill('University');
    await mine.press('Rename');
    await mine.shows('University');
    await mine.follow('Forget this account');
    await mine.shows('Forget University?');
    expect(await mine.faults()).toEqual([]);
    const { endpoint } = mine.subscriber().subscription;
    await mine.press('Forget it');
    await mine.shows('Approve your sign-ins here');
    expect(mine.scopes).toEqual([]);
    expect((await fetch(endpoint, { method: 'POST', body: 'a' })).status).toBe(410);
  });

  it('says that an account isn’t confirmed yet, or was removed', async () => {
    const mine = await enrolled();
    stage.behaviour.forgotten = true;
    await mine.press('Check for requests');
    await mine.page.getByText('This account is no longer connected').waitFor();
    expect(await mine.faults()).toEqual([]);
    const fresh = await phone();
    stage.behaviour.forgotten = false;
    stage.behaviour.unconfirmed = true;
    await fresh.add(stage.invitation(), 'My phone');
    await fresh.follow('Done');
    await fresh.page.getByText('Confirm this phone on the screen that showed the code.').waitFor();
    expect(await fresh.faults()).toEqual([]);
    stage.behaviour.unconfirmed = false;
    await fresh.press('Check for requests');
    await fresh.page.locator('.code').waitFor();
  });

  it('does without messages where they aren’t allowed, and says so', async () => {
    const mine = await phone({ notifications: false });
    await mine.open(stage.invitation());
    await mine.press('Continue');
    await mine.shows(/^One last step$|^Be told of requests$/);
    expect(await mine.faults()).toEqual([]);
    const later = mine.page.getByRole('button', { name: 'Not now' });
    if (await later.isVisible()) await later.click();
    await mine.shows('One last step');
    await mine.page.getByText('Without notifications, open this app when you sign in').waitFor();
    expect(stage.received.find(({ path }) => path === 'register')?.body.subscription).toBeNull();
    await mine.follow('Done');
    await mine.page.getByRole('link', { name: /^(?:How to turn them on|Turn on notifications)$/ }).click();
    await mine.shows('Be told of requests');
    expect(await mine.faults()).toEqual([]);
    stage.behaviour.requests = [REQUEST];
    await mine.follow('Accounts');
    await mine.shows('Are you signing in to Library?');
  });

  it('takes the account although the institution refuses its push service', async () => {
    stage.behaviour.refusesEndpoints = true;
    const mine = await phone();
    await mine.add(stage.invitation(), 'My phone');
    await mine.page.getByText('Notifications can’t reach this phone').waitFor();
    expect(stage.received.filter(({ path }) => path === 'register')).toHaveLength(1);
  });

  it('adds an account although its push service never answers, looks by itself, and says so', async () => {
    const mine = await enrolled({ unanswered: true });
    expect(stage.received.find(({ path }) => path === 'register')?.body.subscription).toBeNull();
    await mine.page.getByText('Notifications can’t reach this phone').waitFor();
    expect(await mine.faults()).toEqual([]);
    stage.behaviour.requests = [REQUEST];
    await mine.shows('Are you signing in to Library?');
    await mine.approve('42');
    await mine.shows('You’re signing in');
    // Elsewhere, where it can be reached, messages come again.
    await mine.follow('Done');
    mine.unanswered = false;
    await mine.open();
    await mine.heard();
    await mine.open();
    expect(await mine.page.getByText('Notifications can’t reach this phone').count()).toBe(0);
    await mine.page.locator('.code').waitFor();
    await asked(mine);
  });

  it('says what is wrong with a code that is over, unreadable, or of a service that is away', async () => {
    const mine = await phone();
    await mine.open(`${mine.app}#enrol=bm90aGluZw`);
    expect(await mine.heading()).toBe('That didn’t work');
    expect(await mine.faults()).toEqual([]);
    stage.behaviour.away = true;
    await mine.open(stage.invitation());
    await mine.page.getByText('The service can’t be reached.').waitFor();
    stage.behaviour.away = false;
    stage.behaviour.outcome = 'gone';
    await mine.press('Try again');
    await mine.shows('Add your account at Northbridge University?');
    await mine.press('Continue');
    await mine.page.getByText('This code is used or out of date.').waitFor();
    expect(await mine.faults()).toEqual([]);
  });

  it('tells the service where messages go when the browser has changed it', async () => {
    const mine = await enrolled();
    const { subscription } = push.subscribe();
    const changed = `{ newSubscription: { toJSON: () => (${JSON.stringify(subscription)}) } }`;
    await mine.happens('pushsubscriptionchange', `(${changed})`);
    const told = stage.received.filter(({ path }) => path === 'subscription');
    expect(told.at(-1)?.body.subscription).toEqual(subscription);
  });

  it('says so where the browser keeps nothing, and takes any address', async () => {
    const mine = await phone();
    await mine.open(`${mine.app}#request=%|%`);
    expect(await mine.heading()).toBe('Approve your sign-ins here');
    const closed = await phone({ locale: 'zh-TW' });
    await closed.context.addInitScript("indexedDB.constructor.prototype.open = () => { throw new Error('closed') }");
    await closed.open();
    expect(await closed.heading()).toBe('應用程式無法在這裡運作');
    expect(await closed.faults()).toEqual([]);
  });

  it('keeps one version of itself', async () => {
    const mine = await phone();
    await mine.open();
    await mine.page.evaluate(
      `caches.open('app-of-yesterday').then(() => navigator.serviceWorker.getRegistration()).then((it) => it.unregister())`,
    );
    await mine.open();
    await mine.page.evaluate('navigator.serviceWorker.ready');
    await expect
      .poll(() => mine.page.evaluate<string[]>('caches.keys()'))
      .toEqual([expect.stringMatching(/^app-[\w-]{16}$/)]);
  });

  it('guides people with an iPhone to the home screen, with the link in hand', async () => {
    const mine = await phone({ userAgent: IPHONE });
    await mine.open(stage.invitation());
    expect(await mine.heading()).toBe('Put the app on your home screen');
    expect(await mine.faults()).toEqual([]);
    await mine.press('Copy the link');
    await mine.page.getByText('Copied. Now put the app on your home screen.').waitFor();
    expect(await mine.page.evaluate('navigator.clipboard.readText()')).toBe(stage.invitation());
    await mine.open();
    expect(await mine.page.getByText('Put the app on your home screen first.').count()).toBe(1);
  });

  it.each([
    ['zh-TW', '您正在登入「圖書館」嗎？', '您正在登入'],
    ['zh-CN', '您正在登录“Library”吗？', '您正在登录'],
  ])('speaks the language of the phone: %s', async (locale, heading, done) => {
    const mine = await phone({ locale });
    await mine.open(stage.invitation());
    await mine.page.locator('form button.button').click();
    await mine.page.locator('.picture').waitFor();
    stage.behaviour.requests = [REQUEST];
    await mine.open();
    await mine.shows(heading);
    expect(await mine.faults()).toEqual([]);
    await mine.page.locator('#number').fill('42');
    await mine.page.locator('#number').press('Enter');
    await mine.shows(done);
    await mine.page.locator('#language').selectOption('en');
    await mine.page.getByText('Language', { exact: true }).waitFor();
    expect(await mine.page.evaluate('document.documentElement.lang')).toBe('en');
  });

  it('can be used by keyboard alone, and moves the focus to what is new', async () => {
    const mine = await enrolled();
    const focused = () =>
      mine.page.evaluate<string>('document.activeElement.tagName + ":" + document.activeElement.innerText.trim()');
    const reach = async (name: string) => {
      for (let at = 0; at < 20; at += 1) {
        await mine.page.keyboard.press('Tab');
        const label = 'document.activeElement.getAttribute("aria-label") ?? document.activeElement.innerText ?? ""';
        if ((await mine.page.evaluate<string>(label)).trim() === name) return;
      }
      throw new Error(`${name} can't be reached`);
    };
    await reach('Manage ada');
    await mine.page.keyboard.press('Enter');
    await mine.shows('ada');
    expect(await focused()).toBe('H1:ada');
    await mine.page.keyboard.press('Shift+Tab');
    await mine.page.keyboard.press('Enter');
    await mine.shows('Your accounts');
    await asked(mine);
    expect(await focused()).toBe('H1:Are you signing in to Library?');
    await mine.page.keyboard.press('Tab');
    await mine.page.keyboard.type('42');
    await mine.page.keyboard.press('Enter');
    await mine.shows('You’re signing in');
    expect(await focused()).toBe('H1:You’re signing in');
    await reach('Done');
    await mine.page.keyboard.press('Enter');
    await mine.shows('Your accounts');
    expect(answers()).toHaveLength(1);
  });
});
