import { afterAll, describe, expect, it } from 'vitest';
import { browserScene, closeBrowser, JOURNEY } from '../browser/scene.ts';
import type { Visitor } from '../browser/visitor.ts';
import { PASSWORD } from '../support/gateway.ts';

afterAll(closeBrowser);

/**
 * Every page as it really comes about: axe finds nothing in light and dark, and at 320 CSS pixels nothing
 * needs scrolling to the side. The store makes no difference here.
 */
describe('real pages', JOURNEY, () => {
  const scene = browserScene();

  async function check(me: Visitor, heading: string | RegExp, faults: string[]) {
    expect(await me.heading()).toMatch(heading);
    faults.push(...(await me.faults()));
  }

  it.each([
    ['en-GB', /^Enter your code/, /^Is this your device/],
    ['zh-TW', /驗證碼|代碼/, /裝置/],
  ])('of a sign-in, in %s', async (locale, code, device) => {
    const me = await scene.visit({ locale });
    const { page } = me;
    const faults: string[] = [];
    const send = () => page.locator('form.stack button.button').last().click();
    await page.goto(`${scene.gateway.relyingParty}/courses/login`);
    await page.locator('#username').fill(me.username);
    await page.locator('#password').fill('wrong');
    await check(me, /./, faults);
    await send();
    await page.getByRole('alert').waitFor();
    await check(me, /./, faults);
    await page.locator('#username').fill(me.username);
    await page.locator('#password').fill(PASSWORD);
    await send();
    me.addKey(await page.locator('#key').innerText());
    await check(me, /./, faults);
    await page.locator('#code').fill(me.codeNow());
    await send();
    await check(me, device, faults);
    await page.locator('[name=remember][value=yes]').click();
    await page.waitForURL(`${scene.gateway.relyingParty}/courses`);
    await me.open('payroll');
    await page.locator('#code').fill('000000');
    await send();
    await page.getByRole('alert').waitFor();
    await check(me, code, faults);
    expect(faults).toEqual([]);
  });

  it('of one’s account, of the applications, and at the end', async () => {
    const me = await scene.visit();
    const { page } = me;
    const { url, relyingParty } = scene.gateway;
    const faults: string[] = [];
    await me.settle(me.username);
    await check(me, 'Courses', faults);
    for (const [path, heading] of [
      ['/account', 'Your account'],
      ['/account/methods/add/totp', 'Set up a code app'],
      ['/account/sign-out-everywhere', 'Sign out everywhere?'],
      ['/applications', 'Applications'],
      ['/', 'One sign-in for your applications'],
      ['/nowhere', 'Page not found'],
    ] as const) {
      await page.goto(url + path);
      await check(me, heading, faults);
    }
    await page.goto(`${url}/account`);
    await me.openMenu();
    await page.getByRole('link', { name: /^Rename/ }).click();
    await check(me, 'Give it another name', faults);
    await page.goto(`${relyingParty}/`);
    await check(me, 'Demo applications', faults);
    await page.goto(`${url}/logout`);
    await check(me, 'Do you want to sign out?', faults);
    await me.press('Sign out');
    await check(me, 'You’re signed out', faults);
    expect(faults).toEqual([]);
  });
});
