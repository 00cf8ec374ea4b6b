import type { Locator } from 'playwright-core';
import { afterAll, describe, expect, it } from 'vitest';
import { browserScene, closeBrowser, JOURNEY, USUAL_STORES } from '../browser/scene.ts';
import type { Visitor } from '../browser/visitor.ts';
import { PASSWORD } from '../support/gateway.ts';

afterAll(closeBrowser);

/** More stops than any page has. */
const MOST_STOPS = 40;

/** Width of the outline of what has the focus, CSS pixels; 0 where none is drawn. */
const OUTLINE = `(() => {
  const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
  return outlineStyle === 'none' ? 0 : parseFloat(outlineWidth);
})()`;

/** Presses Tab until `target` has the focus; on the way everything that takes it must show it. */
async function tabTo({ page }: Visitor, target: Locator): Promise<void> {
  await target.waitFor();
  for (let stops = 0; stops < MOST_STOPS; stops += 1) {
    if (await target.evaluate((it) => it === it.ownerDocument.activeElement)) return;
    await page.keyboard.press('Tab');
    const onPage = await page.evaluate<boolean>('document.activeElement !== document.body');
    if (onPage) expect(await page.evaluate<number>(OUTLINE), await target.innerText()).toBeGreaterThanOrEqual(2);
  }
  throw new Error('Tab never got there');
}

describe.each(USUAL_STORES)('for everyone, on the %s store', JOURNEY, (_name, store) => {
  const scene = browserScene(store);

  it('leads through without JavaScript, double clicks included', async () => {
    const me = await scene.visit({ javaScriptEnabled: false });
    const { page } = me;
    await me.open('library');
    await page.getByLabel('User name').fill(me.username);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    // No script keeps the form from being sent twice: the second is no answer to anything.
    await page.getByRole('button', { name: 'Sign in' }).dblclick();
    await page.waitForURL(`${scene.gateway.relyingParty}/library`);

    await me.open('courses');
    await me.password();
    me.addKey(await page.locator('#key').innerText());
    await page.getByRole('textbox', { name: /^Code/ }).fill(me.codeNow());
    await me.press('Confirm');
    await page.getByRole('button', { name: 'Yes, this is my device' }).dblclick();
    await page.waitForURL(`${scene.gateway.relyingParty}/courses`);

    await me.open('payroll');
    await me.code('000000');
    expect(await page.getByRole('alert').innerText()).toContain('isn’t right');
    await page.locator('.languages summary').click();
    await me.follow('简体中文');
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-Hans');
    await page.locator('.languages summary').click();
    await me.follow('English');
    await me.code();
    await page.waitForURL(`${scene.gateway.relyingParty}/payroll`);

    await page.goto(`${scene.gateway.url}/account`);
    expect(await page.getByRole('link', { name: /^Rename/, includeHidden: true }).count()).toBe(1);
    expect(await page.getByRole('link', { name: /^Forget/ }).count()).toBe(1);
    await me.follow('Sign out');
    await me.press('Sign out');
    expect(await me.heading()).toBe('You’re signed out');
  });

  it('leads through by the keyboard alone, the focus always to be seen', async () => {
    const me = await scene.visit();
    const { page } = me;
    const { keyboard } = page;
    const button = (name: string) => page.getByRole('button', { name });
    await page.goto(`${scene.gateway.relyingParty}/courses`);
    await tabTo(me, page.getByRole('link', { name: 'Sign in' }));
    await keyboard.press('Enter');

    // The first field has the focus already.
    await tabTo(me, page.getByLabel('User name'));
    await keyboard.type(me.username);
    await tabTo(me, page.getByLabel('Password', { exact: true }));
    await keyboard.type(PASSWORD);
    await keyboard.press('Enter');

    const code = page.getByRole('textbox', { name: /^Code/ });
    await tabTo(me, code);
    me.addKey(await page.locator('#key').innerText());
    await keyboard.type('000000');
    await keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    await tabTo(me, code);
    await keyboard.type(me.codeNow());
    await keyboard.press('Enter');

    await tabTo(me, button('Yes, this is my device'));
    await keyboard.press('Enter');
    await page.waitForURL(`${scene.gateway.relyingParty}/courses`);
    await tabTo(me, button('Sign out'));
    await keyboard.press('Space');
    await page.waitForURL(/\/logout/);
    await tabTo(me, button('Sign out'));
    await keyboard.press('Enter');
    await page.waitForURL(/\/courses\/signed-out/);
  });
});
