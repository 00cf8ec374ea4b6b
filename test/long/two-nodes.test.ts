import { afterAll, describe, expect, it } from 'vitest';
import { nodesScene } from '../browser/nodes-scene.ts';
import { chooseToAdd } from '../browser/passkeys.ts';
import { closeBrowser, JOURNEY } from '../browser/scene.ts';
import { SecurityKey } from '../browser/security-key.ts';
import { PASSWORD } from '../support/gateway.ts';

afterAll(closeBrowser);

describe('two nodes behind a proxy that keeps nobody at one of them, in a browser', JOURNEY, () => {
  const scene = nodesScene();

  it('add a passkey, and sign in with it', async () => {
    const me = await scene.visit();
    await me.settle(me.username, 'no');
    await SecurityKey.plugIn(me.page);
    await scene.account(me);
    await chooseToAdd(me);
    await me.press('Continue');
    await me.page.getByText('It was added.').waitFor();
    await me.context.clearCookies();
    await me.open('payroll');
    await me.press('Sign in with a passkey');
    await scene.arrived(me, 'payroll');
    expect(await me.claims('payroll')).toMatchObject({ acr: 'phr' });
  });

  it('speak Chinese on every page of a first sign-in', async () => {
    const me = await scene.visit({ locale: 'zh-HK' });
    const { page } = me;
    const language = () => page.locator('html').getAttribute('lang');
    await me.open('courses');
    expect(await language()).toBe('zh-Hant');
    await page.locator('[name=username]').fill(me.username);
    await page.locator('[name=password]').fill(PASSWORD);
    await me.press('登入');
    await me.press(/^驗證碼應用程式/);
    me.addKey(await page.locator('#key').innerText());
    expect(await language()).toBe('zh-Hant');
    await page.locator('#code').fill(me.codeNow());
    await me.press('確認');
    expect(await me.heading()).toMatch(/裝置/);
    await page.locator('button[value=no]').click();
    await scene.arrived(me, 'courses');
    await scene.account(me);
    expect(await me.heading()).toBe('您的帳號');
  });
});
