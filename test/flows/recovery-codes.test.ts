import { describe, expect, it } from 'vitest';
import { SECONDS } from '../support/clock.ts';
import { codesOf, issueTo, visitAccount } from '../support/issued.ts';
import { asksCode, asksPassword, asksToRemember, type Someone, STORES, stage, usually } from '../support/scene.ts';

const factors = { password: {}, totp: {}, recovery: {} };

describe.each(usually(STORES))('recovery codes, on the %s store', (_name, options) => {
  const scene = stage(() => ({ ...options(), config: { factors } }));

  async function withCodes(): Promise<{ someone: Someone; codes: string[] }> {
    const someone = await scene.member();
    const shown = await issueTo(scene, someone, 'recovery');
    return { someone, codes: codesOf(shown.text) };
  }

  /** The page that asks for a code of the sheet, at a new browser. */
  async function asked(someone: Someone) {
    const browser = scene.elsewhere(someone);
    const page = await browser.enter('courses');
    expect(page.text).toContain('Code app');
    const list = await browser.client.open(new URL(`${page.url.pathname}/methods`, page.url));
    return { browser, page: await browser.answer(list, { method: 'recovery' }) };
  }

  it('are shown once, ten of them, to print or to save', async () => {
    const someone = await scene.member();
    const shown = await issueTo(scene, someone, 'recovery');
    const codes = codesOf(shown.text);
    expect(new Set(codes).size).toBe(10);
    expect(shown.headers['cache-control']).toBe('no-store');
    const [, file = ''] = /href="data:text\/plain;charset=utf-8,([^"]+)" download/.exec(shown.body) ?? [];
    expect(codesOf(decodeURIComponent(file))).toEqual(codes);
    const again = await someone.client.open(shown.url);
    expect(codesOf(again.text)).toEqual([]);
    expect(again.text).toContain('New ones end them all.');
    const account = await someone.client.open(`${scene.gateway.url}/account`);
    expect(account.text).toContain('10 codes left');
    expect(codesOf(account.text)).toEqual([]);
  });

  it('sign in beside the password, each once, asked for last', async () => {
    const { someone, codes } = await withCodes();
    const first = await asked(someone);
    expect(first.page.text).toContain('10 are left.');
    const done = await first.browser.code(first.page, codes[3]?.toLowerCase().replaceAll('-', ' '));
    expect(asksToRemember(done)).toBe(true);
    expect((await first.browser.remember(done, 'no')).url.pathname).toBe('/courses');
    expect(await first.browser.claims('courses')).toMatchObject({
      claims: { acr: 'https://refeds.org/profile/mfa', amr: ['mfa', 'otp', 'pwd'] },
    });
    const second = await asked(someone);
    const used = await second.browser.code(second.page, codes[3]);
    expect(used.text).toContain('has been used already');
    expect(used.text).toContain('9 are left.');
    expect(asksToRemember(await second.browser.code(used, codes[4]))).toBe(true);
  });

  it('end with new ones, and what rested on them', async () => {
    const { someone, codes } = await withCodes();
    const { browser, page } = await asked(someone);
    await browser.remember(await browser.code(page, codes[0]), 'yes');
    const shown = await issueTo(scene, someone, 'recovery');
    const fresh = codesOf(shown.text);
    expect(fresh.filter((code) => codes.includes(code))).toEqual([]);
    expect(asksCode(await browser.begin('courses'))).toBe(true);
    browser.client.jar.restart();
    expect(asksCode(await browser.enter('courses'))).toBe(true);
    const late = await asked(someone);
    const refused = await late.browser.code(late.page, codes[1]);
    expect(refused.text).toContain('That isn’t one of your codes');
    expect(asksToRemember(await late.browser.code(refused, fresh[1]))).toBe(true);
  });

  it('are warned about when few are left, and not offered when none is', async () => {
    const { someone, codes } = await withCodes();
    for (const [index, code] of codes.entries()) {
      const { browser, page } = await asked(someone);
      await browser.remember(await browser.code(page, code), 'no');
      if (index === 6) {
        const account = await visitAccount(scene, browser, '/account');
        expect(account.text).toContain('3 codes left · Make new ones before they run out.');
      }
    }
    const browser = scene.elsewhere(someone);
    const page = await browser.enter('courses');
    expect(asksCode(page)).toBe(true);
    const list = await browser.client.open(new URL(`${page.url.pathname}/methods`, page.url));
    expect(list.text).toContain('What can you do instead?');
    expect(list.body).not.toContain('value="recovery"');
  });

  it('don’t let the last method of one’s own be removed', async () => {
    const { someone } = await withCodes();
    const page = await someone.client.open(`${scene.gateway.url}/account`);
    expect(page.text).toContain('10 codes left');
    expect(page.body.match(/\/account\/methods\/[\w-]{22}\/remove/g)).toHaveLength(1);
  });

  it('aren’t made with a password alone, nor by a form without its token', async () => {
    const { someone } = await withCodes();
    const browser = scene.elsewhere(someone);
    await browser.enter('library');
    const page = await browser.client.open(`${scene.gateway.url}/account/methods/issue/recovery`);
    expect(asksPassword(page) || asksCode(page)).toBe(true);
    scene.clock.advance(1 * SECONDS);
    const forged = await someone.client.post(`${scene.gateway.url}/account/methods/issue/recovery`, { csrf: 'x' });
    expect(forged.status).toBe(403);
  });
});
