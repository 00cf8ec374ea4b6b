import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enterAt, typeInto } from '../browser/keyboard.ts';
import { browserScene, closeBrowser, JOURNEY } from '../browser/scene.ts';
import type { Visitor } from '../browser/visitor.ts';
import { type Clock, DAYS, movableClock } from '../support/clock.ts';
import { PASSWORD } from '../support/gateway.ts';
import { NEXT_PASSWORD } from '../support/reset.ts';

afterAll(closeBrowser);

const WORDS = {
  'en-GB': {
    ...{ name: 'User name', password: 'Password', enter: 'Sign in', current: 'Current password' },
    ...{ next: 'New password', save: 'Save the new password', now: 'Choose a new one now', later: 'Later' },
    ...{ soon: 'Your password expires soon', choose: 'Choose a new password', expired: 'Your password has expired.' },
    ...{ others: 'Your password was set by somebody else.', locked: 'Too many wrong attempts.' },
    until: 'It ends at',
  },
  'zh-Hant': {
    ...{ name: '使用者名稱', password: '密碼', enter: '登入', current: '目前的密碼' },
    ...{ next: '新密碼', save: '儲存新密碼', now: '立即設定新密碼', later: '稍後' },
    ...{ soon: '您的密碼即將到期', choose: '請設定新密碼', expired: '您的密碼已到期。' },
    ...{ others: '您的密碼是由他人設定的。', locked: '錯誤次數過多。' },
    until: '鎖定到',
  },
  'zh-Hans': {
    ...{ name: '用户名', password: '密码', enter: '登录', current: '当前密码' },
    ...{ next: '新密码', save: '保存新密码', now: '立即设置新密码', later: '稍后' },
    ...{ soon: '您的密码即将过期', choose: '请设置新密码', expired: '您的密码已过期。' },
    ...{ others: '您的密码是由他人设置的。', locked: '错误次数过多。' },
    until: '锁定到',
  },
} as const;
type Words = (typeof WORDS)[keyof typeof WORDS];

describe('passwords in a browser, by keyboard alone', JOURNEY, () => {
  let clock: Clock;
  beforeAll(() => {
    clock = movableClock();
    return () => clock.restore();
  });
  const scene = browserScene(() => ({
    config: {
      lockout: { failures: 3 },
      passwordPolicy: {
        spread: '0s',
        profiles: { classic: { groups: ['clinic'], maximum: 64, composition: [], history: 0 } },
      },
    },
  }));

  async function showsNoFaults(me: Visitor) {
    expect(await me.faults()).toEqual([]);
  }

  /** The password's form, by Tab and Enter. */
  async function signIn(me: Visitor, words: Words, username: string, password: string): Promise<void> {
    await typeInto(me, words.name, username);
    await typeInto(me, words.password, password);
    await enterAt(me, words.enter);
  }

  async function changes(me: Visitor, words: Words, application: string): Promise<void> {
    await typeInto(me, words.current, PASSWORD);
    await typeInto(me, words.next, NEXT_PASSWORD);
    await me.page.locator('.strength [role=status]').waitFor();
    await showsNoFaults(me);
    await enterAt(me, words.save);
    await me.page.waitForURL(`${scene.gateway.relyingParty}/${application}`);
  }

  describe.each([
    ['en-GB', {}],
    ['zh-Hant', { viewport: { width: 390, height: 844 }, hasTouch: true }],
    ['zh-Hans', {}],
  ] as const)('in %s', (locale, device) => {
    const words = WORDS[locale];

    /** Somebody whose password is this old, at a browser in this language. */
    async function aged(days: number): Promise<{ me: Visitor; username: string }> {
      const first = await scene.visit({ groups: 'clinic' });
      await first.open('library');
      await first.password(first.username);
      await first.page.waitForURL(`${scene.gateway.relyingParty}/library`);
      clock.advance(days * DAYS);
      return { me: await scene.visit({ locale, ...device }), username: first.username };
    }
    const begin = (me: Visitor) => me.page.goto(`${scene.gateway.relyingParty}/library/login`);

    it('are left for later when they expire soon, and changed the next day', async () => {
      const { me, username } = await aged(170);
      await begin(me);
      await signIn(me, words, username, PASSWORD);
      expect(await me.heading()).toBe(words.soon);
      await showsNoFaults(me);
      await enterAt(me, words.later);
      await me.page.waitForURL(`${scene.gateway.relyingParty}/library`);
      clock.advance(1.5 * DAYS);
      const again = await scene.visit({ locale, ...device });
      await begin(again);
      await signIn(again, words, username, PASSWORD);
      await enterAt(again, words.now);
      expect(await again.heading()).toBe(words.choose);
      await changes(again, words, 'library');
    });

    it('are replaced once they have expired, with what was wrong told on the way', async () => {
      const { me, username } = await aged(181);
      await begin(me);
      await signIn(me, words, username, PASSWORD);
      expect(await me.heading()).toBe(words.choose);
      expect(await me.page.locator('.lead').innerText()).toContain(words.expired);
      await showsNoFaults(me);
      await typeInto(me, words.current, PASSWORD);
      await typeInto(me, words.next, 'short');
      await enterAt(me, words.save);
      expect(await me.page.getByRole('alert').isVisible()).toBe(true);
      await showsNoFaults(me);
      await changes(me, words, 'library');
    });

    it('are replaced at the first sign-in where somebody else has set them', async () => {
      const username = `initial-${locale.toLowerCase()}`;
      await scene.gateway.command('user add', [username], { groups: 'clinic', keep: false }, PASSWORD);
      const me = await scene.visit({ locale, ...device });
      await begin(me);
      await signIn(me, words, username, PASSWORD);
      expect(await me.page.locator('.lead').innerText()).toContain(words.others);
      await showsNoFaults(me);
      await changes(me, words, 'library');
    });

    it('are locked after wrong ones, until a time that the page says, for nobody as for somebody', async () => {
      const { username } = await scene.visit();
      const texts: string[] = [];
      for (const name of [username, `nobody-${locale.toLowerCase()}`]) {
        const me = await scene.visit({ locale, ...device });
        await begin(me);
        for (let wrong = 0; wrong < 4; wrong += 1) await signIn(me, words, name, 'not the right one');
        const alert = await me.page.getByRole('alert').innerText();
        expect(alert).toContain(words.locked);
        expect(alert).toContain(words.until);
        await showsNoFaults(me);
        texts.push(alert.replaceAll(/\d+/g, '*'));
      }
      expect(texts[1]).toBe(texts[0]);
    });
  });
});
