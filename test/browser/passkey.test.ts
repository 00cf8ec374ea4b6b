import { afterAll, describe, expect, it } from 'vitest';
import { add, arrived, goToAdd, PASSKEYS, settleWithApp, startAnew } from './passkeys.ts';
import { browserScene, closeBrowser, JOURNEY } from './scene.ts';
import { SecurityKey } from './security-key.ts';

afterAll(closeBrowser);

const MINUTES = 60_000;
const OPEN = 'Sign in with a passkey';

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

  it('signs in by the button alone: one step, no question after it, and nothing to remember', async () => {
    const me = await scene.visit();
    await settleWithApp(me);
    await SecurityKey.plugIn(me.page);
    await add(me);
    await startAnew(me);
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
    const me = await scene.visit();
    await settleWithApp(me);
    const key = await SecurityKey.plugIn(me.page, { builtIn: true });
    await add(me);
    await startAnew(me);
    await key.touch(false);
    await me.open('library');
    expect(await me.page.getByLabel('User name').getAttribute('autocomplete')).toBe('username webauthn');
    await key.touch(true);
    await me.page.goto(`${scene.gateway.relyingParty}/courses/login`);
    // Nobody pressed anything.
    await arrived(me, 'courses');
    expect(await me.claims('courses')).toMatchObject({ acr: 'phr', amr: ['mfa', 'pop', 'user'] });
  });

  it('leaves the password alone while the field offers a passkey', async () => {
    const me = await scene.visit();
    await settleWithApp(me);
    const key = await SecurityKey.plugIn(me.page, { builtIn: true });
    await add(me);
    await startAnew(me);
    await key.touch(false);
    await me.open('library');
    await me.password(me.username);
    await arrived(me, 'library');
    expect(await me.claims('library')).toMatchObject({ amr: ['pwd'] });
  });

  it('is a second step after the password, and the device may be remembered', async () => {
    const me = await scene.visit();
    await settleWithApp(me);
    await SecurityKey.plugIn(me.page);
    await add(me);
    await startAnew(me);
    await me.open('courses');
    await me.password(me.username);
    // The method used last leads; the other is a choice away.
    await me.follow('Use another method');
    await me.press(/^Passkey/);
    await me.press('Use passkey or key');
    expect(await me.heading()).toBe('Is this your device?');
    await me.press('Yes, this is my device');
    await arrived(me, 'courses');
    expect(await me.claims('courses')).toMatchObject({ acr: 'phr', amr: ['mfa', 'pop', 'pwd', 'user'] });

    // A remembered device is worth mfa, and is enough here without the key.
    const later = await me.reopen();
    await later.open('courses');
    await later.password(me.username);
    await arrived(later, 'courses');
    expect(await later.claims('courses')).toMatchObject({ acr: 'https://refeds.org/profile/mfa' });
    expect(later.complaints()).toEqual([]);
    await later.leave();
  });

  it('counts no more once it is removed', async () => {
    const me = await scene.visit();
    await settleWithApp(me);
    await SecurityKey.plugIn(me.page);
    await add(me);
    await startAnew(me);
    await me.open('courses');
    await me.press(OPEN);
    await arrived(me, 'courses');
    await me.page.goto(`${scene.gateway.url}/account`);
    await me.page.getByRole('link', { name: 'Remove Passkey' }).click();
    await me.press('Remove');
    // This session rested on it.
    expect(await me.heading()).toBe('Enter your password again');
    await startAnew(me);
    await me.open('library');
    await me.press(OPEN);
    expect(await me.page.getByRole('alert').first().innerText()).toContain('isn’t set up for your account');
    expect(await me.faults()).toEqual([]);
    // Nothing of that is in the way of the password.
    await me.password(me.username);
    await arrived(me, 'library');
  });
});
