import { afterAll, describe, expect, it } from 'vitest';
import { enterAt, typeInto } from '../browser/keyboard.ts';
import { browserScene, closeBrowser, JOURNEY, USUAL_STORES } from '../browser/scene.ts';
import { SecurityKey } from '../browser/security-key.ts';
import type { Visitor } from '../browser/visitor.ts';
import { HOURS } from '../support/clock.ts';
import { codeIn, codesTo, NEXT_PASSWORD, RESET } from '../support/reset.ts';

afterAll(closeBrowser);

type Me = Visitor & { username: string };

const WORDS = {
  'en-GB': {
    forgot: 'Forgot your password?',
    name: 'User name',
    go: 'Continue',
    mail: /^A code by e-mail/,
    code: 'Code',
    next: 'New password',
    save: 'Save the new password',
    done: 'Your password is changed',
  },
  'zh-Hant': {
    forgot: '忘記密碼？',
    name: '使用者名稱',
    go: '繼續',
    mail: /^電子郵件驗證碼/,
    code: '驗證碼',
    next: '新密碼',
    save: '儲存新密碼',
    done: '密碼已變更',
  },
  'zh-Hans': {
    forgot: '忘记密码？',
    name: '用户名',
    go: '继续',
    mail: /^电子邮件验证码/,
    code: '验证码',
    next: '新密码',
    save: '保存新密码',
    done: '密码已更改',
  },
} as const;

describe.each(USUAL_STORES)('forgotten passwords in a browser, on the %s store', JOURNEY, (_name, store) => {
  const scene = browserScene(() => ({
    ...store(),
    config: { ...RESET, passwordReset: { human: { free: 1, bits: 12, pause: 600 }, addresses: 1 } },
  }));
  const at = (path: string) => `${scene.gateway.url}${path}`;
  const mailboxOf = ({ username }: Me) => `${username}@private.example`;

  async function showsNoFaults(me: Visitor) {
    expect(await me.faults()).toEqual([]);
  }

  /** Registers a mailbox, with nothing but the keyboard, and lets it settle. */
  async function register(me: Me, check = false): Promise<void> {
    await me.page.goto(at('/account/contacts/add/mail'));
    if (await me.page.getByLabel('Password', { exact: true }).isVisible()) await me.password(me.username);
    if (check) await showsNoFaults(me);
    await typeInto(me, /^E-mail address/, mailboxOf(me));
    await enterAt(me, 'Send a code');
    if (check) await showsNoFaults(me);
    const [message] = await codesTo(scene, mailboxOf(me), 1);
    await typeInto(me, 'Code', codeIn(message));
    await enterAt(me, 'Confirm');
    expect(await me.page.getByRole('status').first().innerText()).toContain('It was registered');
    if (check) await showsNoFaults(me);
    scene.gateway.advance(72 * HOURS);
  }

  it.each([
    ['en-GB', {}],
    ['zh-Hant', { viewport: { width: 390, height: 844 }, hasTouch: true }],
    ['zh-Hans', {}],
  ] as const)('are replaced by a mailed code, by keyboard alone, in %s', async (locale, device) => {
    const words = WORDS[locale];
    const first = await scene.visit();
    await register(first, locale === 'en-GB');
    const me = Object.assign(await scene.visit({ locale, ...device }), { username: first.username }) as Me;
    await me.page.goto(`${scene.gateway.relyingParty}/library/login`);
    await enterAt(me, words.forgot);
    await showsNoFaults(me);
    await typeInto(me, words.name, me.username);
    await enterAt(me, words.go);
    await me.page.waitForURL(/\/reset\/.+/);
    await showsNoFaults(me);
    await enterAt(me, words.mail);
    await showsNoFaults(me);
    const [message] = await codesTo(scene, mailboxOf(me), 2);
    await typeInto(me, words.code, 'wrong');
    await enterAt(me, words.go);
    await showsNoFaults(me);
    await typeInto(me, words.code, codeIn(message));
    await enterAt(me, words.go);
    await showsNoFaults(me);
    await typeInto(me, words.next, NEXT_PASSWORD);
    await enterAt(me, words.save);
    expect(await me.heading()).toBe(words.done);
    await showsNoFaults(me);
  });

  it('are replaced by opening the mail’s page in the browser that asked', async () => {
    const me = await scene.visit();
    await register(me);
    await me.page.goto(at('/reset'));
    await me.page.getByLabel('User name').fill(me.username);
    await me.press('Continue');
    await me.press(/^A code by e-mail/);
    await me.page.waitForURL(/\/reset\/.+/);
    const [message] = await codesTo(scene, mailboxOf(me), 2);
    const [link = ''] = /https?:\S+\/reset\/\S+/.exec(message?.text ?? '') ?? [];
    await me.page.goto(link);
    await showsNoFaults(me);
    await me.press('Continue');
    await me.page.getByLabel('New password', { exact: true }).fill(NEXT_PASSWORD);
    await me.press('Save the new password');
    expect(await me.heading()).toBe('Your password is changed');
  });

  it('are replaced by a passkey alone', async () => {
    const me = await scene.visit();
    await SecurityKey.plugIn(me.page);
    await me.open('courses');
    await me.password(me.username);
    await me.press(/Passkey or security key/);
    await me.press('Continue');
    await me.press('No, other people use it');
    await me.page.waitForURL(`${scene.gateway.relyingParty}/courses`);
    await me.page.goto(at('/reset'));
    await me.page.getByLabel('User name').fill(me.username);
    await me.press('Continue');
    await me.press(/^A passkey/);
    await showsNoFaults(me);
    await me.press(/passkey/i);
    await me.page.getByLabel('New password', { exact: true }).waitFor();
    await me.page.getByLabel('New password', { exact: true }).fill(NEXT_PASSWORD);
    await me.press('Save the new password');
    expect(await me.heading()).toBe('Your password is changed');
  });

  it('are asked for without a script after a pause', async () => {
    const me = await scene.visit({ javaScriptEnabled: false });
    await me.page.goto(at('/reset'));
    expect(await me.page.locator('noscript, .notice').first().innerText()).toContain('Wait 600 seconds');
    scene.gateway.advance(600_000);
    await me.page.getByLabel('User name').fill(me.username);
    await me.press('Continue');
    expect(await me.heading()).toBe('Show that it’s you');
  });
});
