import { describe, expect, it, vi } from 'vitest';
import type { Reply } from '../support/client.ts';
import { DAYS, MINUTES, SECONDS } from '../support/clock.ts';
import { PASSWORD } from '../support/gateway.ts';
import { asksCode, asksPassword, asksToRemember, type Someone, stage } from '../support/scene.ts';

describe('the account page', () => {
  const scene = stage();
  const at = (path: string) => `${scene.gateway.url}${path}`;
  const account = (someone: Someone) => someone.client.open(at('/account'));
  const devicesOf = (page: Reply) =>
    [...page.body.matchAll(/\/account\/devices\/([\w-]{43})\/remove/g)].map(([, id]) => id);
  const methodsOf = (page: Reply) =>
    [...page.body.matchAll(/\/account\/methods\/([\w-]{22})\/rename/g)].map(([, id]) => id);

  /** Follows a link, answering what its sign-in asks for. */
  async function visit(someone: Someone, path: string): Promise<Reply> {
    let page = await someone.client.open(at(path));
    if (asksPassword(page)) page = await someone.answer(page, { password: PASSWORD });
    if (asksCode(page)) page = await someone.code(page, scene.nextCode(someone));
    if (asksToRemember(page)) page = await someone.remember(page, 'no');
    return page;
  }

  async function press(someone: Someone, page: Reply, action: string, fields: Record<string, string> = {}) {
    return someone.client.follow(await someone.client.submit(page, fields, { action }));
  }

  /** A second authenticator, beside the one that the person holds; answers the page after it. */
  async function addAnother(someone: Someone): Promise<{ other: Someone; page: Reply }> {
    const other = scene.elsewhere(someone, someone.client);
    const setup = await visit(someone, '/account/methods/add/totp');
    other.scan(setup);
    return { other, page: await other.code(setup, scene.nextCode(other)) };
  }

  it('is for those who are signed in with a second factor', async () => {
    const stranger = await scene.newcomer();
    expect(asksPassword(await account(stranger))).toBe(true);
    await stranger.enter('library');
    const page = await account(stranger);
    expect(asksPassword(page)).toBe(true);
    expect(page.text).toContain('again');
  });

  it('says whether losing something locks its owner out', async () => {
    const someone = await scene.member();
    expect((await account(someone)).text).toContain('Losing Code app would lock you out: add another one.');
    await addAnother(someone);
    // Both may be on the same phone.
    expect((await account(someone)).text).toContain('2 ways to sign in, all on a phone');
  });

  it('lists methods, devices and recent sign-ins', async () => {
    const someone = await scene.member({ remember: 'yes' });
    await someone.begin('library');
    const wrong = scene.elsewhere(someone);
    await wrong.answer(await wrong.begin('library'), { username: someone.username, password: 'not the password' });
    const page = await vi.waitFor(
      async () => {
        const shown = await account(someone);
        expect(shown.text).toContain('Failed');
        return shown;
      },
      { timeout: 20_000 },
    );
    expect(methodsOf(page)).toHaveLength(1);
    expect(devicesOf(page)).toHaveLength(1);
    expect(page.text).toMatch(/Chrome.*this device/);
    const rows = page.text.slice(page.text.indexOf('Recent sign-ins'));
    expect(rows).toMatch(/Courses.*127\.0\.0\.1|Courses.*::1/);
    expect(page.text).not.toMatch(/account\.[a-z]|confirm\.|outcome\./);
  });

  it('adds a second authenticator, and either one’s code signs in', async () => {
    const someone = await scene.member();
    const { other, page } = await addAnother(someone);
    expect(page.text).toContain('It was added.');
    expect(methodsOf(page)).toHaveLength(2);
    for (const holder of [other, someone]) {
      const browser = scene.elsewhere(holder);
      const code = await browser.enter('payroll');
      expect(code.text).toContain('one of your code apps');
      expect((await browser.code(code, scene.nextCode(holder))).url.pathname).toBe('/payroll');
    }
  });

  it('asks again for changes once the second factor is more than ten minutes old', async () => {
    const someone = await scene.member();
    expect((await someone.client.open(at('/account/methods/add/totp'))).text).toContain('Set up a code app');
    scene.clock.advance(11 * MINUTES);
    expect((await account(someone)).url.pathname).toBe('/account');
    const again = await someone.client.open(at('/account/methods/add/totp'));
    expect(asksPassword(again)).toBe(true);
    const code = await someone.answer(again, { password: PASSWORD });
    expect(asksCode(code)).toBe(true);
    const back = await someone.code(code, scene.nextCode(someone));
    expect(back.url.pathname).toBe('/account/methods/add/totp');
  });

  it('takes no remembered device for changes', async () => {
    const someone = await scene.member({ remember: 'yes' });
    someone.client.jar.restart();
    await someone.enter('courses');
    expect((await account(someone)).url.pathname).toBe('/account');
    const page = await someone.client.open(at('/account/methods/add/totp'));
    expect(asksCode(page)).toBe(true);
  });

  it('takes a name with a new method, or gives it one', async () => {
    const someone = await scene.member();
    const setup = await visit(someone, '/account/methods/add/totp');
    const other = scene.elsewhere(someone, someone.client).scan(setup);
    const page = await other.answer(setup, { name: ' Work <b>phone</b> ', code: scene.nextCode(other) });
    expect(page.text).toContain('Work <b>phone</b>');
    expect(page.body).not.toContain('<b>phone');
    expect((await addAnother(someone)).page.text).toContain('Code app 2');
  });

  it('reads the name that we gave in the language of whoever reads it, and never a kind beside it that it says', async () => {
    const someone = await scene.member();
    const read = await someone.client.open(at('/language?to=zh-Hans&back=/account'));
    const [, row] = /<h3>([\s\S]*?)<div class="thing-actions">/.exec(read.body) ?? [];
    expect(row).toContain('<bdi>验证码应用</bdi>');
    expect(row?.match(/验证码应用/g)).toHaveLength(1);
    expect(read.text).not.toContain('Code app');
    await someone.client.open(at('/language?to=en&back=/account'));
  });

  it('lets what was just set up be tried, as a sign-in asks for it', async () => {
    const someone = await scene.member();
    const { page, other } = await addAnother(someone);
    expect(page.body).toContain('href="/account/try"');
    const asked = await someone.client.open(at('/account/try'));
    expect(asksPassword(asked)).toBe(true);
    const code = await someone.answer(asked, { password: PASSWORD });
    expect(asksCode(code)).toBe(true);
    const tried = await someone.code(code, scene.nextCode(other));
    expect(tried.url.pathname).toBe('/account');
    expect(tried.text).toContain('It works:');
    // Nobody else's session, and none at all, gets there without signing in.
    const stranger = await scene.newcomer();
    expect(asksPassword(await stranger.client.open(at('/account/try')))).toBe(true);
  });

  it('renames a method, as text and nothing else', async () => {
    const someone = await scene.member();
    const [id] = methodsOf(await account(someone));
    const form = await visit(someone, `/account/methods/${id}/rename`);
    const empty = await press(someone, form, '/rename', { name: '   ' });
    expect(empty.text).toContain('Enter a name.');
    const long = await press(someone, form, '/rename', { name: 'x'.repeat(65) });
    expect(long.text).toContain('no more than 64');
    const named = await press(someone, form, '/rename', { name: '<b>My</b> & "phone"' });
    expect(named.text).toContain('The new name was saved.');
    expect(named.body).toContain('&lt;b&gt;My&lt;/b&gt; &amp; &quot;phone&quot;');
    expect(named.body).not.toContain('<b>My');
  });

  it('keeps the last method while policy needs it', async () => {
    const someone = await scene.member();
    const page = await account(someone);
    const [id] = methodsOf(page);
    expect(page.body).not.toContain(`/account/methods/${id}/remove`);
    const kept = await press(someone, await visit(someone, `/account/methods/${id}/remove`), '/remove');
    expect(kept.text).toContain('It can’t be removed');
    expect(methodsOf(kept)).toEqual([id]);
  });

  it('keeps one method when two removals arrive at once', async () => {
    const someone = await scene.member();
    const { page } = await addAnother(someone);
    const pages = await Promise.all(methodsOf(page).map((id) => visit(someone, `/account/methods/${id}/remove`)));
    await Promise.all(pages.map((one) => press(someone, one, '/remove')));
    expect(asksCode(await scene.elsewhere(someone).enter('courses'))).toBe(true);
  });

  it('ends with a removed method what rested on it: evidence of sessions and remembered devices', async () => {
    const someone = await scene.member({ remember: 'yes' });
    const sameBrowser = scene.elsewhere(someone);
    await sameBrowser.remember(
      await sameBrowser.code(await sameBrowser.enter('courses'), scene.nextCode(someone)),
      'yes',
    );
    const [old] = methodsOf(await account(someone));
    const { other } = await addAnother(someone);
    const removed = await press(someone, await visit(someone, `/account/methods/${old}/remove`), '/remove');
    // This very session rested on it as well.
    expect(asksCode(removed)).toBe(true);
    const stale = await sameBrowser.begin('courses');
    expect(asksCode(stale)).toBe(true);
    sameBrowser.client.jar.restart();
    const page = await sameBrowser.enter('courses');
    expect(asksCode(page)).toBe(true);
    expect((await sameBrowser.code(page, scene.nextCode(someone))).text).toContain('That code isn’t right.');
    const back = await someone.code(removed, scene.nextCode(other));
    const shown = asksToRemember(back) ? await someone.remember(back, 'no') : back;
    expect(shown.url.pathname).toBe('/account');
    expect(devicesOf(shown)).toHaveLength(0);
    expect(methodsOf(shown)).not.toContain(old);
  });

  it('forgets a device at once', async () => {
    const someone = await scene.member({ remember: 'yes' });
    const elsewhere = scene.elsewhere(someone);
    await elsewhere.remember(await elsewhere.code(await elsewhere.enter('courses'), scene.nextCode(someone)), 'yes');
    const page = await account(elsewhere);
    expect(devicesOf(page)).toHaveLength(2);
    const mine = /\/account\/devices\/([\w-]{43})\/remove(?![\s\S]*\/account\/devices\/[\w-]{43})/.exec(page.body)?.[1];
    const rest = await press(elsewhere, await visit(elsewhere, `/account/devices/${mine}/remove`), '/remove');
    expect(rest.text).toContain('The device was forgotten.');
    expect(devicesOf(rest)).toHaveLength(1);
    const [left] = devicesOf(rest);
    await press(elsewhere, await visit(elsewhere, `/account/devices/${left}/remove`), '/remove');
    for (const browser of [someone, elsewhere]) {
      browser.client.jar.restart();
      expect(asksCode(await browser.enter('courses'))).toBe(true);
    }
  });

  it('renews this device with a new second factor', async () => {
    const someone = await scene.member({ remember: 'yes' });
    scene.clock.advance(20 * DAYS);
    someone.client.jar.restart();
    await someone.enter('courses');
    const asked = await press(someone, await account(someone), '/account/devices/renew');
    expect(asksCode(asked)).toBe(true);
    const confirm = await someone.code(asked, scene.nextCode(someone));
    expect(confirm.url.pathname).toBe('/account/devices/renew');
    const renewed = await press(someone, confirm, '/account/devices/renew');
    expect(renewed.text).toContain('This device was renewed.');
    scene.clock.advance(20 * DAYS + 1 * SECONDS);
    someone.client.jar.restart();
    expect((await someone.enter('courses')).url.pathname).toBe('/courses');
  });
});
