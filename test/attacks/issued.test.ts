import { describe, expect, it, vi } from 'vitest';
import type { Reply } from '../support/client.ts';
import { proofsOf } from '../support/holders.ts';
import { asksPass, codesOf, issueTo, passFor } from '../support/issued.ts';
import { asksPassword, post, type Someone, STORES, stage, usually } from '../support/scene.ts';

const MANY = 100;
const BROWSERS = 10;
const factors = { password: {}, totp: {}, tap: {}, recovery: {} };

describe.each(usually(STORES))('what was issued, on the %s store', (_name, options) => {
  // More tries than a person has where the code is to decide and not the budget.
  const scene = stage(() => ({
    ...options(),
    config: { factors, lockout: { failures: 100, perAddress: { failures: 100_000 } } },
  }));

  /** The same code a hundred times at once, from many sign-ins. */
  async function together(someone: Someone, ask: (browser: Someone) => Promise<Reply>, code: string): Promise<void> {
    const browsers = Array.from({ length: BROWSERS }, () => scene.elsewhere(someone));
    const pages: Reply[] = [];
    for (const browser of browsers) pages.push(await ask(browser));
    await Promise.all(
      Array.from({ length: MANY }, (_, index) => {
        const [browser, page] = [browsers[index % BROWSERS], pages[index % BROWSERS]];
        return browser && page && post(browser, page, { code });
      }),
    );
  }

  it('a pass for one sign-in is good for one, of a hundred uses at once', async () => {
    const someone = await scene.member();
    const pass = await passFor(scene, someone);
    const ask = async (browser: Someone) => {
      const page = await browser.enter('courses');
      expect(asksPass(page)).toBe(true);
      return page;
    };
    await together(someone, ask, pass);
    await vi.waitFor(async () => expect(await proofsOf(scene, someone, 'tap')).toBe(1), { timeout: 20_000 });
  });

  it('a recovery code counts once, of a hundred uses at once', async () => {
    const someone = await scene.member();
    const [code = ''] = codesOf((await issueTo(scene, someone, 'recovery')).text);
    const ask = async (browser: Someone) => {
      const page = await browser.enter('courses');
      const list = await browser.client.open(new URL(`${page.url.pathname}/methods`, page.url));
      return browser.answer(list, { method: 'recovery' });
    };
    await together(someone, ask, code);
    await vi.waitFor(async () => expect(await proofsOf(scene, someone, 'recovery')).toBe(1), { timeout: 20_000 });
    const { id = '' } = (await scene.gateway.app.rooms.accounts.find(someone.username)) ?? {};
    const [sheet] = (await scene.gateway.app.rooms.credentials.ofAccount(id)).filter(
      ({ factor }) => factor === 'recovery',
    );
    expect(sheet?.data).toMatchObject({ unused: { length: 9 } });
  });

  it('of passes issued at once one is good, and there is no other', async () => {
    const someone = await scene.member();
    const passes = await Promise.all(Array.from({ length: 20 }, () => passFor(scene, someone)));
    const { id = '' } = (await scene.gateway.app.rooms.accounts.find(someone.username)) ?? {};
    const left = (await scene.gateway.app.rooms.credentials.ofAccount(id)).filter(({ factor }) => factor === 'tap');
    expect(left).toHaveLength(1);
    const browser = scene.elsewhere(someone);
    let page = await browser.enter('courses');
    let good = 0;
    for (const pass of passes) {
      if (!asksPass(page)) break;
      page = await browser.code(page, pass);
      if (page.url.pathname === '/courses') good += 1;
    }
    expect(good).toBe(1);
  });

  it('a pass of somebody else is refused', async () => {
    const [mine, theirs] = [await scene.member(), await scene.member()];
    await passFor(scene, mine);
    const stolen = await passFor(scene, theirs);
    const browser = scene.elsewhere(mine);
    expect((await browser.code(await browser.enter('courses'), stolen)).text).toContain('That isn’t your pass.');
    // And is still its owner's.
    const owner = scene.elsewhere(theirs);
    expect((await owner.code(await owner.enter('courses'), stolen)).url.pathname).toBe('/courses');
  });
});

describe('guesses at what was issued', () => {
  const scene = stage(() => ({ config: { factors } }));

  it('across sessions are counted together, and a right one comes too late', async () => {
    const someone = await scene.member();
    const pass = await passFor(scene, someone);
    let last: Reply | undefined;
    for (let session = 0; session < 10; session += 1) {
      const browser = scene.elsewhere(someone);
      const page = await browser.enter('courses');
      if (asksPassword(page) || !asksPass(page)) break;
      last = await browser.code(page, '0000-0000');
    }
    expect(last?.text).toMatch(/too many|locked|Wait/i);
    const browser = scene.elsewhere(someone);
    const page = await browser.enter('courses');
    expect((await browser.code(page, pass)).url.pathname).toMatch(/^\/sign-in\//);
  });

  it('tell nothing of the times of a pass, nor does its page', async () => {
    const someone = await scene.member();
    await passFor(scene, someone);
    const browser = scene.elsewhere(someone);
    const page = await browser.enter('courses');
    expect(page.text).not.toMatch(/until|expires/i);
    expect((await browser.code(page, '0000-0000')).text).not.toMatch(/until|no longer|not good yet/i);
  });
});
