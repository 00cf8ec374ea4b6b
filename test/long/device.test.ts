import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { browserScene, closeBrowser, JOURNEY } from '../browser/scene.ts';
import type { Visitor } from '../browser/visitor.ts';
import { PASSWORD } from '../support/gateway.ts';
import { call } from '../support/relying-party.ts';

/** A site that knows nothing but front-channel logout: what its frames were asked for. */
const framed: URL[] = [];
const site = createServer((request, response) => {
  const url = new URL(request.url ?? '', 'http://site');
  if (url.pathname === '/frame') framed.push(url);
  response.setHeader('content-type', 'text/html');
  response.end(`<html lang="en"><title>Site</title><link rel="icon" href="data:,"><h1>${url.pathname}</h1>`);
});
await new Promise<void>((resolve) => void site.listen(0, '127.0.0.1', resolve));
const home = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;

const scene = browserScene(() => ({
  config: {
    applications: {
      tv: {
        name: { en: 'Ward television', 'zh-Hant': '病房電視' },
        oidc: { grants: ['device_code'], authentication: 'none' },
      },
      plain: {
        name: 'Old wiki',
        oidc: {
          ...{ redirectUris: [`${home}/callback`], postLogoutRedirectUris: [`${home}/out`] },
          ...{ frontchannelLogoutUri: `${home}/frame`, clientSecret: 'plain-secret-of-the-tests-0123456789' },
          dangerouslyWithoutPkce: true,
        },
      },
    },
    policy: { rules: [{ name: 'plain', applications: ['tv', 'plain', 'library'], level: 'sfa' }] },
  },
}));

afterAll(async () => {
  await closeBrowser();
  site.closeAllConnections();
  site.close();
});

/** A picture of the page as it stands, where somebody wants to look at it ($PICTURES, a folder). */
async function picture({ page }: Visitor, name: string): Promise<void> {
  const { PICTURES } = process.env;
  if (PICTURES) await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
}

/** Through the page by Tab alone, in whatever language, until this has the focus. */
async function reach({ page }: Visitor, id: string): Promise<void> {
  for (let step = 0; step < 80; step += 1) {
    if ((await page.evaluate('document.activeElement.id')) === id) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`the keyboard doesn't reach ${id} on ${page.url()}`);
}

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } as const;

describe('a device, by keyboard alone', JOURNEY, () => {
  it.each([
    ['desktop', { locale: 'en-GB', colorScheme: 'light' }],
    ['phone', { locale: 'zh-TW', colorScheme: 'dark', ...PHONE }],
  ] as const)('%s', async (where, options) => {
    const me = await scene.visit(options);
    const { page } = me;
    const faults: string[] = [];
    const seen = async (name: string) => {
      await picture(me, `device-${where}-${name}`);
      faults.push(...(await me.faults()));
      await page.emulateMedia({ colorScheme: options.colorScheme });
    };
    const asked = await call(scene.gateway, '/device-authorization', { client_id: 'tv', scope: 'openid' });
    const { user_code } = asked.json() as { user_code: string };
    await page.goto(`${scene.gateway.url}/device`);
    await page.keyboard.type('BCDF-GHJK');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    await seen('wrong');
    await reach(me, 'user_code');
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type(user_code.toLowerCase());
    await page.keyboard.press('Enter');
    await page.locator('#confirm').waitFor();
    expect(await page.locator('.number').innerText()).toBe(user_code);
    await seen('question');
    await reach(me, 'confirm');
    await page.keyboard.press('Enter');
    await page.locator('#username').waitFor();
    await reach(me, 'username');
    await page.keyboard.type(me.username);
    await reach(me, 'password');
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/device/);
    await page.locator('#password').waitFor({ state: 'detached' });
    await seen('end');
    expect(faults).toEqual([]);
  });
});

describe('front-channel logout', JOURNEY, () => {
  it('loads the frame under our policy, and goes on by itself', async () => {
    const me = await scene.visit();
    const { page } = me;
    const { url } = scene.gateway;
    const request = { client_id: 'plain', response_type: 'code', scope: 'openid', redirect_uri: `${home}/callback` };
    const out = { client_id: 'plain', post_logout_redirect_uri: `${home}/out` };
    await page.goto(`${url}/authorize?${new URLSearchParams(request)}`);
    await page.locator('#username').fill(me.username);
    await page.locator('#password').fill(PASSWORD);
    await page.locator('#password').press('Enter');
    await page.waitForURL(`${home}/callback*`);
    await page.goto(`${url}/logout?${new URLSearchParams(out)}`);
    await page.locator('#sign-out').click();
    await page.waitForURL(`${home}/out`);
    expect(framed.map((it) => [it.searchParams.get('iss'), it.searchParams.has('sid')])).toEqual([[url, true]]);
  });
});
