import { describe, expect, it, vi } from 'vitest';
import type { Reply } from '../support/client.ts';
import { keyHolder, proofsOf } from '../support/holders.ts';
import { ceremonyForm, Passkey } from '../support/passkeys.ts';
import { asksPassword, asksToRemember, type Someone, STORES, stage } from '../support/scene.ts';
import { unwritten } from '../support/unwritten.ts';

const MANY = 100;

describe.each(STORES)('attacks on assertions, on the %s store', (_name, options) => {
  const scene = stage(() => ({
    ...options(),
    config: {
      factors: { fido2: {} },
      // It is the assertion that decides here, not a budget of attempts.
      lockout: { failures: 100, perAddress: { failures: 100_000 } },
    },
  }));

  const post = (someone: Someone, page: Reply, response: string) => {
    const { url, fields } = ceremonyForm(page);
    return someone.client.post(url, { ...fields, response });
  };
  const isThrough = ({ location }: Reply) => location?.pathname.startsWith('/authorize/') === true;
  it('one person’s key is no second step of another', async () => {
    const alice = await keyHolder(scene);
    const mallory = await keyHolder(scene);
    const browser = scene.elsewhere(alice.someone);
    const page = await browser.enter('courses');
    const refused = await mallory.key.use(browser, page);
    expect(refused.text).toContain('isn’t set up for your account');
    expect(await browser.claims('courses')).toBeUndefined();
    // Nor does it open a session of the first person again.
    await alice.key.use(browser, refused);
    const again = await alice.someone.begin('courses', '?prompt=login');
    const wrong = await mallory.key.use(alice.someone, again);
    expect(wrong.text).toContain('isn’t set up for your account');
    // The person's own still does.
    await alice.key.use(alice.someone, wrong);
    expect(await alice.someone.claims('courses')).toBeDefined();
  });

  it('a recorded answer opens no other sign-in, and no other tab of the same browser', async () => {
    const { someone, key } = await keyHolder(scene);
    const victim = scene.elsewhere(someone);
    const page = await victim.begin('library');
    const recorded = key.answerTo(page);
    const tab = await victim.begin('courses');
    expect(isThrough(await post(victim, tab, recorded))).toBe(false);
    const thief = scene.elsewhere(someone);
    const theirs = await thief.begin('library');
    expect(isThrough(await post(thief, theirs, recorded))).toBe(false);
    expect(isThrough(await post(victim, page, recorded))).toBe(true);
    const later = await thief.begin('library');
    expect(isThrough(await post(thief, later, recorded))).toBe(false);
    expect(await thief.claims('library')).toBeUndefined();
  });

  it('a refused answer spends its challenge', async () => {
    const { someone, key } = await keyHolder(scene);
    const browser = scene.elsewhere(someone);
    const page = await browser.begin('library');
    const good = key.answerTo(page);
    await post(browser, page, key.answerTo(page, { uv: false }));
    expect(isThrough(await post(browser, page, good))).toBe(false);
    expect(await browser.claims('library')).toBeUndefined();
  });

  it.each([
    ['that counts', {}],
    ['that counts nothing', { counter: 0 }],
  ])('a hundred times the same answer, of a key %s, count once', async (_kind, ceremony) => {
    const { someone, key } = await keyHolder(scene);
    const before = await proofsOf(scene, someone, 'fido2');
    const browser = scene.elsewhere(someone);
    const page = await browser.enter('courses');
    const response = key.answerTo(page, ceremony);
    await Promise.all(Array.from({ length: MANY }, () => post(browser, page, response)));
    await vi.waitFor(async () => expect(await proofsOf(scene, someone, 'fido2')).toBe(before + 1), { timeout: 20_000 });
    expect(asksToRemember(await browser.client.get(page.url))).toBe(true);
  });

  it('an unknown credential is answered like a known one with a wrong signature', async () => {
    const { someone, key } = await keyHolder(scene);
    const unknown = new Passkey(scene.gateway);
    unknown.userHandle = 'AAAA';
    const forged = new Passkey(scene.gateway);
    forged.userHandle = key.userHandle;
    const answer = async (response: (page: Reply) => string) => {
      const browser = scene.elsewhere(someone);
      const page = await browser.begin('library');
      const reply = await browser.client.follow(await post(browser, page, response(page)));
      const { status, headers } = reply;
      return { status, text: reply.text.replace(/[A-Z0-9]{8,}/g, ''), headers: Object.keys(headers).sort() };
    };
    const stranger = await answer((page) => unknown.answerTo(page));
    const impostor = await answer((page) => forged.answerTo(page, { id: key.credentialId }));
    expect(stranger.text).toContain('isn’t set up for your account');
    expect(impostor).toEqual(stranger);
    const options = async (username: string) => {
      const browser = scene.elsewhere(someone);
      const page = await browser.password(await browser.begin('courses'), username, 'not the password');
      return page.body.includes('allowCredentials&quot;:[]');
    };
    // No list of credentials is shown to who only knows a name.
    expect(await options(someone.username)).toBe(true);
    expect(await options('nobody')).toBe(true);
  });

  it('a counter that goes back suspends the credential, once, and it is audited', async () => {
    const { someone, key } = await keyHolder(scene);
    const browser = scene.elsewhere(someone);
    await key.use(browser, await browser.begin('library'), { counter: 7 });
    const copies = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const copy = scene.elsewhere(someone);
        return { copy, page: await copy.begin('library') };
      }),
    );
    const responses = copies.map(({ page }) => key.answerTo(page, { counter: 7 }));
    const replies = await Promise.all(copies.map(({ copy, page }, at) => post(copy, page, responses[at] ?? '')));
    expect(replies.filter(isThrough)).toEqual([]);
    const { id } = (await scene.gateway.app.rooms.accounts.find(someone.username)) ?? {};
    const rows = scene.audit().filter(({ event, account }) => event === 'credential.suspended' && account === id);
    expect(rows.map(({ detail }) => JSON.parse(detail).reason)).toEqual(['possibly cloned: counter 7 after 7']);
    const owner = scene.elsewhere(someone);
    const page = await key.use(owner, await owner.begin('library'), { counter: 50 });
    expect(page.text).toContain('is suspended');
  });

  it('a copy that suspends it while the audit is away is told by the next answer', async () => {
    const { someone, key } = await keyHolder(scene);
    const browser = scene.elsewhere(someone);
    await key.use(browser, await browser.begin('library'), { counter: 7 });
    const { id } = (await scene.gateway.app.rooms.accounts.find(someone.username)) ?? {};
    const rows = () => scene.audit().filter(({ event, account }) => event === 'credential.suspended' && account === id);
    const copy = scene.elsewhere(someone);
    const page = await copy.begin('library');
    const response = key.answerTo(page, { counter: 7 });
    const refused = await unwritten(scene, 'credential.suspended', () => post(copy, page, response));
    expect([refused.status, rows()]).toEqual([503, []]);
    await scene.gateway.app.ready();
    await post(copy, page, response);
    expect(rows()).toHaveLength(1);
    // What the owner's session rested on has ended as well.
    expect(asksPassword(await browser.begin('library'))).toBe(true);
  });
});
