import { afterAll, describe, expect, it } from 'vitest';
import { arrived, goToAdd, OPEN, PASSKEYS, settleWithApp, withPasskey } from './passkeys.ts';
import { browserScene, closeBrowser, JOURNEY, type Visit } from './scene.ts';
import { SecurityKey } from './security-key.ts';
import { seen } from './seen.ts';

afterAll(closeBrowser);

const MINUTES = 60_000;
const PHONE: Visit = {
  viewport: { width: 390, height: 844 },
  userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1',
};

describe('with a passkey, in a browser', JOURNEY, () => {
  const scene = browserScene(PASSKEYS);

  it('adds one on the account page, after a second step of the last ten minutes', async () => {
    const me = await scene.visit();
    await settleWithApp(me);
    const key = await SecurityKey.plugIn(me.page);
    scene.gateway.advance(11 * MINUTES);
    await goToAdd(me);
    await me.password();
    await me.code();
    expect(await me.heading()).toBe('Set up a passkey or security key');
    expect(await me.faults()).toEqual([]);
    await me.press('Continue');
    await me.page.getByText('It was added.').waitFor();
    expect(await me.page.getByRole('heading', { level: 3, name: 'Passkey' }).count()).toBe(1);
    expect(await me.faults()).toEqual([]);
    expect(await key.credentials()).toMatchObject([{ rpId: 'localhost', isResidentCredential: true }]);
  });

  const COMPUTER = 'This computer’s fingerprint, face or PIN';
  it.each<[string, Visit, boolean, string[]]>([
    ['codes at a browser without', {}, false, ['Codes from another app Recommended', 'Passkey or security key']],
    ['it at a computer', {}, true, [`${COMPUTER} Recommended`, 'Code app']],
    ['it at a phone', PHONE, true, ['This device’s fingerprint, face or PIN Recommended', 'Code app']],
    ['it where policy suggests it', { groups: 'staff' }, true, [`${COMPUTER} Recommended`, 'Code app']],
  ])('recommends %s', async (name, visit, builtIn, titles) => {
    const me = await scene.visit(visit);
    if (builtIn) await SecurityKey.plugIn(me.page, { builtIn });
    await me.open('courses');
    await me.password(me.username);
    const options = me.page.locator('.option-title');
    await expect.poll(() => options.allInnerTexts()).toEqual(titles);
    expect(await me.page.locator('.option-first').innerText()).toContain(titles[0]);
    expect(await me.page.locator('h2.or + ul .option').count()).toBe(1);
    await seen(me, 'light', name.replaceAll(' ', '-'));
    await me.page.locator('.option-first').click();
    expect(await me.heading()).toBe(builtIn ? 'Set up a passkey or security key' : 'Set up a code app');
  });

  it('signs in by the button alone: one step, no question after it, and nothing to remember', async () => {
    const { me } = await withPasskey(scene);
    await me.open('payroll');
    expect(await me.heading()).toBe('Sign in');
    expect(await me.faults()).toEqual([]);
    await me.press(OPEN);
    await arrived(me, 'payroll');
    expect(await me.claims('payroll')).toMatchObject({ acr: 'phr', amr: ['mfa', 'pop', 'user'] });

    // The next application asks nothing; the one that wants a second step of each request asks again.
    await me.open('courses');
    await arrived(me, 'courses');
    await me.open('payroll');
    expect(await me.heading()).toBe('Use your passkey or security key');
    expect(await me.page.getByLabel('Password', { exact: true }).count()).toBe(1);
    expect(await me.faults()).toEqual([]);
    await me.press('Use passkey or key');
    await arrived(me, 'payroll');
    await me.page.goto(`${scene.gateway.url}/account`);
    expect(await me.page.getByText('No device is remembered.').count()).toBe(1);
  });

  it('signs in from the user name field', async () => {
    const { me, key } = await withPasskey(scene, { key: { builtIn: true } });
    await key.touch(false);
    await me.open('library');
    expect(await me.page.getByLabel('User name').getAttribute('autocomplete')).toBe('username webauthn');
    await key.touch(true);
    await me.page.goto(`${scene.gateway.relyingParty}/courses/login`);
    // Nobody pressed anything.
    await arrived(me, 'courses');
    expect(await me.claims('courses')).toMatchObject({ acr: 'phr', amr: ['mfa', 'pop', 'user'] });
  });
});
