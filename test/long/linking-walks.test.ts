import { afterAll, describe, expect, it } from 'vitest';
import { browserScene, closeBrowser, JOURNEY, type Visit } from '../browser/scene.ts';
import { seen } from '../browser/seen.ts';
import type { Visitor } from '../browser/visitor.ts';
import { PASSWORD } from '../support/gateway.ts';
import { freePort } from '../support/ports.ts';
import { startUpstream } from '../support/upstream.ts';

/** A link in a real browser: made, used, confirmed to be nobody else's, and ended. */

const [port, site] = [await freePort(), await freePort()];
const partner = await startUpstream(`http://localhost:${port}/return/directories/partner`);
afterAll(async () => {
  await closeBrowser();
  await partner.close();
});

const scene = browserScene(() => ({
  ports: { gateway: port, relyingParty: site },
  config: {
    directories: {
      partner: {
        ...partner.directory,
        name: { en: 'Partner Hospital', 'zh-Hant': '夥伴醫院', 'zh-Hans': '合作医院' },
      },
    },
  },
}));

/** Whoever signs in at the house next, in this moment by the gateway's clock. */
function isSomebody(sub: string): void {
  const claims = { name: 'Dr Ada Lovelace', preferred_username: `${sub}@partner.example` };
  partner.next = { sub, claims: { ...claims, auth_time: Math.floor(scene.gateway.now() / 1000) } };
}

/** A second factor that is set up with the first sign-in, whatever the language. */
async function settled(me: Visitor & { username: string }): Promise<void> {
  const { page } = me;
  await page.goto(`${me.home('courses')}/login`);
  await page.locator('#username').fill(me.username);
  await page.locator('#password').fill(PASSWORD);
  await page.locator('form.stack button.button').first().click();
  await page.locator('#key').waitFor();
  me.addKey(await page.locator('#key').innerText());
  await page.locator('#code').fill(me.codeNow());
  await page.locator('form.stack button.button').last().click();
  await page.locator('button[name="remember"][value="no"]').click();
  await page.waitForURL(me.home('courses'));
}

describe('an account at another house', JOURNEY, () => {
  it.each<[string, Visit]>([
    ['desktop', {}],
    ['phone-dark', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' }],
    ['phone-zh-Hant', { viewport: { width: 390, height: 844 }, locale: 'zh-TW' }],
    ['desktop-zh-Hans', { locale: 'zh-CN' }],
  ])('is linked, opens the account, and is unlinked, %s', async (variant, options) => {
    const me = await scene.visit(options);
    const { page } = me;
    await settled(me);
    const add = page.locator('a[href="/account/links/add/partner"]');

    await page.goto(`${scene.gateway.url}/account`);
    await seen(me, variant, '1-nothing-linked');
    await add.click();
    await page.locator('a[href$="/leave"]').waitFor();
    await seen(me, variant, '2-before-leaving');
    isSomebody(`ada-${variant}`);
    await page.locator('a[href$="/leave"]').click();
    await page.locator('form[action$="/confirm"]').waitFor();
    await seen(me, variant, '3-last-word');
    // Going back and coming again links nothing by itself.
    await page.locator('form[action$="/confirm"] a.button-quiet').click();
    await add.waitFor();
    await add.click();
    await page.locator('a[href$="/leave"]').click();
    await page.locator('form[action$="/confirm"] button').click();
    await page.waitForURL(/notice=link-added/);
    expect(await add.count()).toBe(0);
    await seen(me, variant, '4-linked');

    const other = await scene.visit(options);
    await other.page.goto(`${me.home('library')}/login`);
    await other.page.locator('a[href*="/leave?"]').click();
    await other.page.waitForURL(me.home('library'));
    await page.goto(`${me.home('library')}/login`);
    await page.waitForURL(me.home('library'));
    expect((await other.claims('library'))?.sub).toBe((await me.claims('library'))?.sub);

    await page.goto(`${scene.gateway.url}/account`);
    await seen(me, variant, '5-used');
    await page.locator('#links ~ ul a.danger, section:has(#links) a.danger').first().click();
    await page.locator('form[action$="/remove"]').waitFor();
    await seen(me, variant, '6-unlink');
    await page.locator('form[action$="/remove"] button').first().click();
    await add.waitFor();
    await other.page.goto(`${me.home('courses')}/login`);
    await other.page.locator('#password').waitFor();

    // Whoever came by the house before has an account of their own: it isn't linked by anybody.
    isSomebody(`grace-${variant}`);
    const grace = await scene.visit(options);
    await grace.page.goto(`${me.home('library')}/login`);
    await grace.page.locator('a[href*="/leave?"]').click();
    await grace.page.waitForURL(me.home('library'));
    await page.goto(`${scene.gateway.url}/account/links/add/partner/leave`);
    await page.locator('[role="alert"]').waitFor();
    await seen(me, variant, '7-refused');
  });
});
