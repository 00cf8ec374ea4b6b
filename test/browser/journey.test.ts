import { afterAll, describe, expect, it } from 'vitest';
import { browserScene, closeBrowser, JOURNEY, SOON, USUAL_STORES } from './scene.ts';
import { Visitor } from './visitor.ts';

const MFA = 'https://refeds.org/profile/mfa';

afterAll(closeBrowser);

/** What makes a button look preferred. Runs in the page. */
const appearance = `(button) => {
  const { backgroundColor, color, borderColor, fontWeight } = getComputedStyle(button);
  return [backgroundColor, color, borderColor, fontWeight].join();
}`;

// On Redis in two-nodes.test.ts, and each of these in the long run.
describe.each(USUAL_STORES)('in a browser, with the demo’s configuration on the %s store', JOURNEY, (_name, store) => {
  const scene = browserScene(() => ({ ...store(), demo: true }));

  it('asks for no more than each application needs, and remembers the device', async () => {
    let me = await scene.visit();
    const { relyingParty } = scene.gateway;

    await me.open('library');
    await me.password(me.username);
    await me.page.waitForURL(`${relyingParty}/library`);
    expect(await me.claims('library')).toMatchObject({ acr: 'https://refeds.org/profile/sfa', amr: ['pwd'] });

    // A first enrolment wants the password in this very sign-in.
    await me.open('courses');
    expect(await me.heading()).toBe('Enter your password again');
    await me.password();
    await me.enrol();
    expect(await me.heading()).toBe('Is this your device?');
    await me.press('Yes, this is my device');
    await me.page.waitForURL(`${relyingParty}/courses`);
    expect(await me.claims('courses')).toMatchObject({ acr: MFA, amr: ['mfa', 'otp', 'pwd'] });

    // Another tab, the same session: nothing is asked.
    await me.tab();
    await me.open('courses');
    await me.page.waitForURL(`${relyingParty}/courses`);

    for (const _time of ['once', 'twice']) {
      await me.open('payroll');
      expect(await me.heading()).toBe('Enter your code');
      await me.code();
      await me.page.waitForURL(`${relyingParty}/payroll`);
    }

    me = Object.assign(await me.reopen(), { username: me.username });
    await me.open('courses');
    await me.password(me.username);
    await me.page.waitForURL(`${relyingParty}/courses`);
    expect(await me.claims('courses')).toMatchObject({ acr: MFA });
    await me.open('payroll');
    expect(await me.heading()).toBe('Enter your code');
    expect(me.complaints()).toEqual([]);
    await me.leave();
  });

  it('asks again on the next visit where the device belongs to others too', async () => {
    const me = await scene.visit();
    await me.settle(me.username, 'no');
    const later = await me.reopen();
    await later.open('courses');
    await later.password(me.username);
    expect(await later.heading()).toBe('Enter your code');
    await later.leave();
  });

  it('prefers neither answer to "Is this your device?"', async () => {
    const me = await scene.visit();
    await me.open('courses');
    await me.password(me.username);
    await me.enrol();
    const look = async (name: string) => {
      const button = me.page.getByRole('button', { name });
      const { width, height } = (await button.boundingBox()) ?? { width: 0, height: 0 };
      return { style: await button.evaluate(appearance), width, height };
    };
    const yes = await look('Yes, this is my device');
    const no = await look('No, other people use it');
    expect(no).toEqual(yes);
    expect(await me.page.evaluate<string>('document.activeElement.tagName')).not.toBe('BUTTON');
    // Enter, pressed once more than needed, answers nothing.
    await me.page.keyboard.press('Enter');
    expect(await me.heading()).toBe('Is this your device?');
  });

  it('takes no harm from Back, Reload and double clicks', async () => {
    const me = await scene.visit();
    const { page } = me;
    await me.open('courses');
    await page.getByLabel('User name').fill(me.username);
    await page.getByLabel('Password', { exact: true }).fill('wrong');
    await me.press('Sign in');
    // The answer's page is there before it is loaded again.
    await page.getByRole('alert').waitFor();
    const [reloaded] = await Promise.all([page.waitForRequest((it) => it.isNavigationRequest()), page.reload()]);
    // An answer that was wrong isn't sent, and counted, a second time.
    expect(reloaded.method()).toBe('GET');

    await me.password(me.username);
    await me.chooseApp();
    const key = await page.locator('#key').innerText();
    await page.reload();
    await page.goBack();
    await page.goto(page.url());
    expect(await page.locator('#key').innerText()).toBe(key);

    me.addKey(key);
    await page.getByRole('textbox', { name: /^Code/ }).fill(me.codeNow());
    await page.getByRole('button', { name: 'Confirm' }).dblclick();
    await page.getByRole('button', { name: 'Yes, this is my device' }).dblclick();
    await page.waitForURL(`${scene.gateway.relyingParty}/courses`);

    await page.goBack();
    expect(await me.heading()).toBe('This sign-in has expired');
    await page.goForward();
    expect(await me.heading()).toBe('Courses');
    await page.goto(`${scene.gateway.url}/account`);
    expect(await page.getByRole('link', { name: /^Rename/, includeHidden: true }).count()).toBe(1);
    expect(await page.getByRole('link', { name: /^Forget/ }).count()).toBe(1);
  });

  it('finishes two tabs of two applications', async () => {
    const me = await scene.visit();
    await me.open('library');
    const library = await me.tab();
    await me.open('courses');
    await me.password(me.username);
    await me.enrol();
    await me.press('No, other people use it');
    await me.page.waitForURL(`${scene.gateway.relyingParty}/courses`);

    // The other tab was opened before anybody was signed in.
    me.page = library;
    await me.password(me.username);
    await library.waitForURL(`${scene.gateway.relyingParty}/library`);
    expect((await me.claims('library'))?.sub).toBe((await me.claims('courses'))?.sub);
  });

  it('signs out at one application, and the others learn of it', async () => {
    const me = await scene.visit();
    await me.settle(me.username);
    await me.open('library');
    await me.page.waitForURL(`${scene.gateway.relyingParty}/library`);

    await me.press('Sign out');
    expect(await me.heading()).toBe('Do you want to sign out?');
    await me.press('Sign out');
    await me.page.waitForURL(/\/library\/signed-out/);
    expect(await me.page.getByRole('status').innerText()).toBe('You are signed out.');
    await expect.poll(() => me.claims('courses'), SOON).toBeUndefined();
    await me.open('courses');
    expect(await me.heading()).toBe('Sign in');
  });

  it('leads on who can’t do a step, and back to the very step, with a script and without', async () => {
    const me = await scene.visit();
    await me.open('courses');
    await me.password(me.username);
    await me.follow('I can’t do this now');
    expect(await me.heading()).toBe('What can you do instead?');
    expect(await me.faults()).toEqual([]);
    await me.follow('Go back to the step');
    await me.chooseApp();
    const key = await me.page.locator('#key').innerText();
    await me.follow('I can’t do this now');
    await me.follow('Go back to the step');
    expect(await me.page.locator('#key').innerText()).toBe(key);
    await me.page.goBack();
    await me.page.goForward();
    await me.enrol();
    await me.press('No, other people use it');
    await me.page.waitForURL(`${scene.gateway.relyingParty}/courses`);

    const plain = await Visitor.arrive(scene.gateway, { javaScriptEnabled: false });
    plain.authenticator = me.authenticator;
    await plain.open('courses');
    await plain.password(me.username);
    await plain.follow('I can’t do this now');
    const help = plain.page.getByRole('region', { name: 'The help desk helps you in' });
    expect(await help.innerText()).toMatch(/can give you a pass.*university card.*Saturday.*Library.*Reference/s);
    await plain.follow('Go back to the step');
    await plain.code();
    await plain.press('No, other people use it');
    await plain.page.waitForURL(`${scene.gateway.relyingParty}/courses`);
    await plain.leave();
  });

  it('keeps the step when the language changes', async () => {
    const me = await scene.visit();
    const { page } = me;
    await me.open('courses');
    await me.password(me.username);
    await me.chooseApp();
    const key = await page.locator('#key').innerText();
    await page.locator('.languages summary').click();
    await me.follow('繁體中文');
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-Hant');
    expect(await page.locator('#key').innerText()).toBe(key);
    me.addKey(key);
    await page.locator('#code').fill(me.codeNow());
    await page.getByRole('button', { name: '確認' }).click();
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toMatch(/裝置/);
  });

  it('says what was wrong, first and at the field', async () => {
    const me = await scene.visit();
    const { page } = me;
    await me.settle(me.username);
    await me.open('payroll');
    await me.code('000000');
    const summary = page.getByRole('alert');
    expect(await summary.innerText()).toContain('isn’t right');
    expect(await summary.evaluate((it) => it === it.ownerDocument.activeElement)).toBe(true);
    expect(await page.title()).toMatch(/^Error: /);
    const field = page.getByRole('textbox', { name: /^Code/ });
    expect(await field.getAttribute('aria-invalid')).toBe('true');
    expect((await field.getAttribute('aria-describedby'))?.split(' ')).toContain(await summary.getAttribute('id'));
    await me.code();
    await page.waitForURL(`${scene.gateway.relyingParty}/payroll`);
  });
});
