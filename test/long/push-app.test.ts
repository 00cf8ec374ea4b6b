import { afterAll, describe, expect, it } from 'vitest';
import { startStage } from '../../src/factors/push/testing/stage.ts';
import { createAuthenticator } from '../../src/factors/totp/double.ts';
import { closeBrowser, JOURNEY } from '../browser/scene.ts';
import { REQUEST, stagedApp } from '../browser/staged-app.ts';

afterAll(closeBrowser);

const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1';

describe('the authenticator', JOURNEY, () => {
  const scene = stagedApp();
  const { answers, asked, enrolled, phone } = scene;

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
    await mine.page.getByLabel('Link').fill(scene.stage.invitation());
    await mine.press('Continue');
    await mine.shows('Add your account at Northbridge University?');
    expect(await mine.faults()).toEqual([]);
    expect(mine.page.url()).toBe(mine.app);
  });

  it('adds an account with keys that no script can read', async () => {
    const mine = await enrolled();
    const [registered] = scene.stage.received.filter(({ path }) => path === 'register');
    expect(registered?.body).toMatchObject({ name: 'My phone', subscription: null });
    const told = scene.stage.received.find(({ path }) => path === 'subscription');
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
    scene.stage.behaviour.ahead = 3_600_000;
    scene.stage.behaviour.requests = [REQUEST];
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

  it('holds accounts of two institutions, each with messages of its own', async () => {
    const mine = await enrolled();
    const other = await startStage('Southbridge Hospital', { username: 'lovelace', name: 'Ada Lovelace' });
    await mine.add(other.invitation(scene.stage.origin), 'My phone');
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
    const keys = [scene.stage, other].map(({ received }) => received.find(({ path }) => path === 'register')?.body.key);
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
    scene.stage.behaviour.forgotten = true;
    await mine.press('Check for requests');
    await mine.page.getByText('This account is no longer connected').waitFor();
    expect(await mine.faults()).toEqual([]);
    const fresh = await phone();
    scene.stage.behaviour.forgotten = false;
    scene.stage.behaviour.unconfirmed = true;
    await fresh.add(scene.stage.invitation(), 'My phone');
    await fresh.follow('Done');
    await fresh.page.getByText('Confirm this phone on the screen that showed the code.').waitFor();
    expect(await fresh.faults()).toEqual([]);
    scene.stage.behaviour.unconfirmed = false;
    await fresh.press('Check for requests');
    await fresh.page.locator('.code').waitFor();
  });

  it('takes the account although the institution refuses its push service', async () => {
    scene.stage.behaviour.refusesEndpoints = true;
    const mine = await phone();
    await mine.add(scene.stage.invitation(), 'My phone');
    await mine.page.getByText('Notifications can’t reach this phone').waitFor();
    expect(scene.stage.received.filter(({ path }) => path === 'register')).toHaveLength(1);
  });

  it('adds an account although its push service never answers, looks by itself, and says so', async () => {
    const mine = await enrolled({ unanswered: true });
    expect(scene.stage.received.find(({ path }) => path === 'register')?.body.subscription).toBeNull();
    await mine.page.getByText('Notifications can’t reach this phone').waitFor();
    expect(await mine.faults()).toEqual([]);
    scene.stage.behaviour.requests = [REQUEST];
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
    scene.stage.behaviour.away = true;
    await mine.open(scene.stage.invitation());
    await mine.page.getByText('The service can’t be reached.').waitFor();
    scene.stage.behaviour.away = false;
    scene.stage.behaviour.outcome = 'gone';
    await mine.press('Try again');
    await mine.shows('Add your account at Northbridge University?');
    await mine.press('Continue');
    await mine.page.getByText('This code is used or out of date.').waitFor();
    expect(await mine.faults()).toEqual([]);
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
    await mine.open(scene.stage.invitation());
    expect(await mine.heading()).toBe('Put the app on your home screen');
    expect(await mine.faults()).toEqual([]);
    await mine.press('Copy the link');
    await mine.page.getByText('Copied. Now put the app on your home screen.').waitFor();
    expect(await mine.page.evaluate('navigator.clipboard.readText()')).toBe(scene.stage.invitation());
    await mine.open();
    expect(await mine.page.getByText('Put the app on your home screen first.').count()).toBe(1);
  });

  it.each([
    ['zh-TW', '您正在登入「圖書館」嗎？', '您正在登入'],
    ['zh-CN', '您正在登录“Library”吗？', '您正在登录'],
  ])('speaks the language of the phone: %s', async (locale, heading, done) => {
    const mine = await phone({ locale });
    await mine.open(scene.stage.invitation());
    await mine.page.locator('form button.button').click();
    await mine.page.locator('.picture').waitFor();
    scene.stage.behaviour.requests = [REQUEST];
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
