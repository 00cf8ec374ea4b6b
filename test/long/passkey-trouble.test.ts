import { afterAll, describe, expect, it } from 'vitest';
import { add, arrived, goToAdd, OPEN, PASSKEYS, settleWithApp, startAnew, withPasskey } from '../browser/passkeys.ts';
import { browserScene, closeBrowser, JOURNEY, SOON } from '../browser/scene.ts';
import { SecurityKey } from '../browser/security-key.ts';
import type { Visitor } from '../browser/visitor.ts';

afterAll(closeBrowser);

/** What a script says of a dialogue. */
const said = (me: Visitor) => me.page.locator('[data-ceremony-status]:not([hidden])').innerText();

describe('trouble with a passkey, in a browser', JOURNEY, () => {
  const scene = browserScene(PASSKEYS);

  it('says what came of a dialogue that was cancelled, and keeps the other ways open', async () => {
    const { me, key } = await withPasskey(scene);
    await me.open('courses');
    // A wrong PIN and a closed dialogue are the same to a page: NotAllowedError.
    await key.verify(false);
    await me.press(OPEN);
    expect(await said(me)).toContain('Try again, or choose another way.');
    expect(await me.page.getByRole('button', { name: OPEN }).isEnabled()).toBe(true);
    expect(await me.faults()).toEqual([]);
    await me.password(me.username);
    await key.reset();
    await me.press('Use passkey or key');
    expect(await said(me)).toContain('choose another way');
    expect(await me.faults()).toEqual([]);
    await me.follow('I can’t do this now');
    await me.press(/^Code app/);
    await me.code();
    await me.press('No, other people use it');
    await arrived(me, 'courses');
  });

  it('says that a key is set up already, and what may be the matter when none is set up', async () => {
    const me = await scene.visit();
    await settleWithApp(me);
    await SecurityKey.plugIn(me.page);
    await add(me);
    await goToAdd(me);
    await me.press('Continue');
    expect(await said(me)).toContain('set up for your account already');
    expect(await me.faults()).toEqual([]);

    // A full key ends the dialogue like one that was closed: the virtual one never fills up.
    await me.page.evaluate(
      "navigator.credentials.create = () => Promise.reject(new DOMException('full', 'NotAllowedError'))",
    );
    await me.press('Continue');
    expect(await said(me)).toContain('full');
    await me.follow('Your account');
    expect(await me.heading()).toBe('Your account');
  });

  it('takes a key without room for passkeys as a second step', async () => {
    const me = await scene.visit();
    await settleWithApp(me);
    const key = await SecurityKey.plugIn(me.page, { residentKeys: false, verifies: false });
    await add(me);
    expect(await key.credentials()).toMatchObject([{ isResidentCredential: false }]);
    await startAnew(me);
    await me.open('courses');
    await me.password(me.username);
    await me.press('Use passkey or key');
    await me.press('No, other people use it');
    await arrived(me, 'courses');
    expect(await me.claims('courses')).toMatchObject({ acr: 'phr', amr: ['mfa', 'pop', 'pwd', 'user'] });
  });

  it('refuses an unattested passkey where attested hardware is due, without going in circles', async () => {
    const { me } = await withPasskey(scene, { visit: { groups: 'root' } });
    await me.open('payroll');
    await me.press(OPEN);
    await expect.poll(() => me.heading(), SOON).toBe('You can’t continue to Payroll');
    expect(await me.page.locator('main').innerText()).toContain('a method that you haven’t set up');
    expect(await me.faults()).toEqual([]);
    // Nobody is signed in yet: what was proven here ended with the refusal.
    await me.follow(/^Set up another method/);
    await me.press(OPEN);
    await expect.poll(() => me.heading(), SOON).toBe('Your account');
  });

  it('refuses an app where phishing-resistance is due, and says where to set up what isn’t', async () => {
    const me = await scene.visit({ groups: 'admins' });
    await settleWithApp(me);
    await me.open('payroll');
    expect(await me.heading()).toBe('You can’t continue to Payroll');
    await me.follow(/^Set up another method/);
    await SecurityKey.plugIn(me.page);
    await add(me);
    await me.open('payroll');
    expect(await me.heading()).toBe('Use your passkey or security key');
    expect(await me.faults()).toEqual([]);
    await me.press('Use passkey or key');
    await arrived(me, 'payroll');
    expect(await me.claims('payroll')).toMatchObject({ acr: 'phr', amr: ['mfa', 'pop', 'pwd', 'user'] });
  });

  it('needs no script for a password, and says that a passkey does', async () => {
    const me = await scene.visit({ javaScriptEnabled: false });
    await me.open('library');
    expect(await me.page.locator('main').innerText()).toContain('needs JavaScript');
    expect(await me.page.getByRole('button', { name: OPEN }).count()).toBe(0);
    await me.password(me.username);
    await arrived(me, 'library');
  });

  it('is used by the keyboard alone', async () => {
    const { me } = await withPasskey(scene);
    await me.open('courses');
    const button = me.page.getByRole('button', { name: OPEN });
    for (let stops = 0; stops < 30; stops += 1) {
      if (await button.evaluate((it) => it === it.ownerDocument.activeElement)) break;
      await me.page.keyboard.press('Tab');
    }
    await me.page.keyboard.press('Enter');
    await arrived(me, 'courses');
  });
});
