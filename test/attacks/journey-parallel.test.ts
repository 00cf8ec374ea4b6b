import { describe, expect, it, vi } from 'vitest';
import type { Reply } from '../support/client.ts';
import { proofsOf } from '../support/holders.ts';
import { asksCode, asksToRemember, post, STORES, stage } from '../support/scene.ts';

const MANY = 100;

describe.each(STORES)('a hundred at once, on the %s store', (_name, options) => {
  // More wrong tries than a person has, so that it is the code that decides and not the budget.
  const scene = stage(() => ({
    ...options(),
    config: { lockout: { failures: 100, perAddress: { failures: 100_000 } } },
  }));

  it('right codes in one sign-in count once, and that one completes it', async () => {
    const someone = await scene.member();
    const browser = scene.elsewhere(someone);
    const page = await browser.enter('courses');
    const code = scene.nextCode(someone);
    await Promise.all(Array.from({ length: MANY }, () => post(browser, page, { code })));
    await vi.waitFor(async () => expect(await proofsOf(scene, someone, 'totp')).toBe(1), { timeout: 20_000 });
    expect(asksToRemember(await browser.client.get(page.url))).toBe(true);
  });

  it('right codes that are followed to their end bring one authorization code, and one proof', async () => {
    const someone = await scene.member();
    const browser = scene.elsewhere(someone);
    const page = await browser.enter('payroll');
    const code = scene.nextCode(someone);
    const isCallback = ({ pathname }: URL) => pathname.endsWith('/callback');
    const ends = await Promise.all(
      Array.from({ length: MANY }, async () => {
        const answered = await post(browser, page, { code });
        return browser.client.follow(answered, isCallback);
      }),
    );
    expect(ends.filter(({ location }) => location && isCallback(location))).toHaveLength(1);
    expect(ends.filter(({ status }) => status === 500)).toEqual([]);
    // Whoever comes later finds it over, by every address that it had.
    const id = page.url.pathname.split('/').at(-1);
    for (const address of [page.url.href, `${scene.gateway.url}/authorize/${id}`]) {
      expect((await browser.client.open(address)).text).toContain('This sign-in has expired');
    }
    expect((await post(browser, page, { code })).text).toContain('This sign-in has expired');
  });

  it('right codes in a hundred sign-ins of one account count once', async () => {
    const someone = await scene.member();
    const pages: Reply[] = [];
    for (let tab = 0; tab < MANY; tab += 1) pages.push(await someone.begin('payroll'));
    const code = scene.nextCode(someone);
    const replies = await Promise.all(pages.map((page) => post(someone, page, { code })));
    const passed = replies.filter(({ location }) => location?.pathname.startsWith('/authorize/'));
    expect(passed).toHaveLength(1);
    await vi.waitFor(async () => expect(await proofsOf(scene, someone, 'totp')).toBe(1), { timeout: 20_000 });
  });

  it('confirmations of an enrolment make one method', async () => {
    const someone = await scene.newcomer();
    const page = await someone.enter('courses');
    const code = someone.scan(page).codeAt();
    await Promise.all(Array.from({ length: MANY }, () => post(someone, page, { code })));
    const { id = '' } = (await scene.gateway.app.rooms.accounts.find(someone.username)) ?? {};
    expect(await scene.gateway.app.rooms.credentials.ofAccount(id)).toHaveLength(1);
    expect(asksToRemember(await someone.client.get(page.url))).toBe(true);
  });

  it('enrolments in as many sign-ins make one method', async () => {
    const someone = await scene.newcomer();
    const browsers = Array.from({ length: 10 }, () => scene.elsewhere(someone));
    const pages = await Promise.all(browsers.map((browser) => browser.enter('courses')));
    await Promise.all(
      browsers.map((browser, at) => {
        const page = pages[at];
        return page && post(browser, page, { code: browser.scan(page).codeAt() });
      }),
    );
    const { id = '' } = (await scene.gateway.app.rooms.accounts.find(someone.username)) ?? {};
    expect(await scene.gateway.app.rooms.credentials.ofAccount(id)).toHaveLength(1);
    const shown = await Promise.all(browsers.map((browser, at) => browser.client.get(pages[at]?.url ?? '')));
    expect(shown.filter(asksToRemember)).toHaveLength(1);
    expect(shown.some((page) => asksCode(page) || page.body.includes('otpauth:'))).toBe(true);
  });
});
