import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { browserScene, closeBrowser, JOURNEY, SOON, type Visit } from '../browser/scene.ts';
import { seen } from '../browser/seen.ts';
import type { Visitor } from '../browser/visitor.ts';
import { crowd, startFederation } from '../support/federation.ts';
import { freePort } from '../support/ports.ts';
import { askedBy, formOf } from '../support/saml-upstream.ts';

/** Somebody chooses their house among many in a real browser, by hand and by the keyboard, and is led there from then on. */

const [port, site] = [await freePort(), await freePort()];
const folder = mkdtempSync(join(tmpdir(), 'sallyport-chooser-'));
const federation = await startFederation(`http://localhost:${port}`, folder);
federation.write([...federation.members, ...crowd(200, federation.signer.certificate)]);
afterAll(async () => {
  await closeBrowser();
  federation.close();
  rmSync(folder, { recursive: true, force: true });
});

const scene = browserScene(() => ({
  ports: { gateway: port, relyingParty: site },
  config: { directories: { federation: { ...federation.directory, key: 'persistent' } } },
}));

/** Alpha answers whoever was sent there, and they are home again. */
async function answered(me: Visitor): Promise<void> {
  const { alpha, acs, entityId } = federation;
  await me.page.waitForURL(`${alpha.url}/sso?*`, SOON);
  const asked = askedBy(new URL(me.page.url()));
  const fields = Object.entries(formOf(alpha.response({ acs, entityId, inResponseTo: asked.id }), asked));
  const inputs = fields.map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`);
  const body = `<form method="post" action="${acs}">${inputs.join('')}</form><script>document.forms[0].submit()</script>`;
  // What a redirect leads to isn't caught: this page of theirs is asked for by itself.
  await me.page.route(`${alpha.url}/answer`, (route) => route.fulfill({ contentType: 'text/html', body }));
  await me.page.goto(`${alpha.url}/answer`, { waitUntil: 'commit' });
  await me.page.waitForURL(me.home('library'), SOON);
  await me.page.unroute(`${alpha.url}/answer`);
}

const rows = (page: Visitor['page']) => page.locator('#houses a.option');

describe('whoever is from one of many houses', JOURNEY, () => {
  it.each<[string, Visit]>([
    ['desktop', {}],
    ['phone', { viewport: { width: 390, height: 844 } }],
    ['phone-dark', { viewport: { width: 390, height: 844 } }],
    ['desktop-zh-Hant', { locale: 'zh-TW' }],
    ['narrow-zh-Hant', { viewport: { width: 320, height: 640 }, locale: 'zh-TW' }],
    // 1280 pixels at 200 %.
    ['zoomed', { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 }],
  ])('searches for it, is led there the next time, and may say otherwise: %s', async (variant, options) => {
    const me = await scene.visit(options);
    const { page } = me;
    await page.goto(`${me.home('library')}/login`);
    await seen(me, variant, '1-sign-in');
    await page.locator('a[href$="/houses"]').click();
    await seen(me, variant, '2-chooser');

    // By the keyboard alone: what is typed is looked for, and the list follows the field.
    expect(await page.evaluate('document.activeElement.id')).toBe('q');
    await page.keyboard.type('alpha');
    await expect.poll(() => rows(page).count()).toBe(1);
    await expect.poll(() => page.locator('#houses-count').innerText()).not.toContain('202');
    await seen(me, variant, '3-found');
    await page.locator('#q').fill('nowhere at all');
    await expect.poll(() => rows(page).count()).toBe(0);
    await seen(me, variant, '4-none');
    await page.locator('#q').fill('alpha');
    await expect.poll(() => rows(page).count()).toBe(1);
    await page.locator('#q').focus();
    for (let step = 0; step < 3; step += 1) {
      await page.keyboard.press('Tab');
      if (await page.locator('#houses a.option:focus').count()) break;
    }
    expect(await page.locator('#houses a.option:focus').count()).toBe(1);
    await page.keyboard.press('Enter');
    await answered(me);

    await page.goto(`${scene.gateway.url}/logout`);
    await page.locator('button[name="logout"]').click();
    await page.goto(`${me.home('library')}/login`);
    await page.locator('a.option[href*="/leave?"]').waitFor();
    await seen(me, variant, '5-last-choice');
    await page.locator('a[href$="/houses"]').click();
    await rows(page).first().waitFor();
    await page.locator('.others a').click();
    await page.locator('a.option[href*="/leave?"]').click();
    await answered(me);
  });

  it('searches without scripts', async () => {
    const me = await scene.visit({ javaScriptEnabled: false });
    const { page } = me;
    await page.goto(`${me.home('library')}/login`);
    await page.locator('a[href$="/houses"]').click();
    expect(await rows(page).count()).toBe(20);
    await page.locator('a[rel="next"]').click();
    expect(await page.locator('a[rel="prev"]').count()).toBe(1);
    await page.locator('#q').fill('beta');
    await page.keyboard.press('Enter');
    await expect.poll(() => rows(page).allInnerTexts()).toEqual([expect.stringContaining('Beta Hospital')]);
  });
});
