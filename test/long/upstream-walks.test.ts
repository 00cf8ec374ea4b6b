import { afterAll, describe, expect, it } from 'vitest';
import { browserScene, closeBrowser, JOURNEY, type Visit } from '../browser/scene.ts';
import { seen } from '../browser/seen.ts';
import type { Visitor } from '../browser/visitor.ts';
import { freePort } from '../support/ports.ts';
import { startUpstream } from '../support/upstream.ts';

/** People of another house in a real browser: a first sign-in, a step-up that is topped up here, and both ways out. */

const MFA = 'https://refeds.org/profile/mfa';
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
        asks: { twoKinds: { acrValues: [MFA] } },
        assurance: [{ acr: [MFA], kinds: ['knowledge', 'possession'] }],
      },
    },
  },
}));

const there = (page: Visitor['page']) => page.locator('a[href*="/leave?"]');

/** What the house says of somebody from now on: a password, lately. */
function isSomebody(sub: string): void {
  const claims = { name: 'Ada Lovelace', preferred_username: `${sub}@partner.example` };
  partner.next = { sub, claims: { ...claims, auth_time: Math.floor(Date.now() / 1000) - 5 } };
}

describe('people of another house', JOURNEY, () => {
  it.each<[string, Visit]>([
    ['desktop', {}],
    ['phone', { viewport: { width: 390, height: 844 } }],
    ['phone-dark', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' }],
    ['desktop-zh-Hant', { locale: 'zh-TW' }],
  ])('step up, topped up here, %s', async (variant, options) => {
    isSomebody(`ada-${variant}`);
    const me = await scene.visit(options);
    const { page } = me;
    await me.open('courses').catch(() => page.goto(`${me.home('courses')}/login`));
    await seen(me, variant, '1-sign-in');
    await there(page).click();
    await page.locator('#key').waitFor();
    await seen(me, variant, '2-first-method');
    me.addKey(await page.locator('#key').innerText());
    await page.locator('#code').fill(me.codeNow());
    await page.locator('form.stack button.button').last().click();
    await page.locator('button[name="remember"][value="no"]').click();
    await page.waitForURL(`${me.home('courses')}`);
    expect(await me.claims('courses')).toMatchObject({ acr: MFA });

    await page.goto(`${scene.gateway.url}/logout`);
    await page.locator('button[name="logout"]').click();
    await page.locator('a[href*="/signed-out/there"]').waitFor();
    await seen(me, variant, '5-signed-out');
    expect(partner.signedOut).toEqual([]);

    // A password was enough for the library; the house is asked for more before the code is.
    await page.goto(`${me.home('library')}/login`);
    await there(page).click();
    await page.waitForURL(`${me.home('library')}`);
    await page.goto(`${me.home('courses')}/login`);
    await seen(me, variant, '3-step-up-there');
    const before = partner.asked.length;
    await there(page).click();
    await page.locator('#code').waitFor();
    expect(partner.asked.slice(before).map((asked) => asked.get('acr_values'))).toEqual([MFA]);
    await seen(me, variant, '4-step-up-here');
    await page.locator('#code').fill(me.nextCode());
    await page.locator('form.stack button.button').last().click();
    await page.locator('button[name="remember"][value="no"]').or(page.locator('h1')).first().waitFor();
    if (await page.locator('button[name="remember"]').count())
      await page.locator('button[name="remember"][value="no"]').click();
    await page.waitForURL(`${me.home('courses')}`);
    expect(await me.claims('courses')).toMatchObject({ acr: MFA, amr: expect.arrayContaining(['otp']) });
  });
});
