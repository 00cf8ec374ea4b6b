import { afterAll, describe, expect, it } from 'vitest';
import { arrived, OPEN, PASSKEYS, startAnew, withPasskey } from '../browser/passkeys.ts';
import { browserScene, closeBrowser, JOURNEY, SOON } from '../browser/scene.ts';

afterAll(closeBrowser);

describe('a passkey beside a password, in a browser', JOURNEY, () => {
  const scene = browserScene(PASSKEYS);

  it('leaves the password alone while the field offers a passkey', async () => {
    const { me, key } = await withPasskey(scene, { key: { builtIn: true } });
    await key.touch(false);
    await me.open('library');
    await me.password(me.username);
    await arrived(me, 'library');
    expect(await me.claims('library')).toMatchObject({ amr: ['pwd'] });
  });

  it('is a second step after the password, and the device may be remembered', async () => {
    const { me } = await withPasskey(scene);
    await me.open('courses');
    await me.password(me.username);
    await me.press('Use passkey or key');
    await expect.poll(() => me.heading(), SOON).toBe('Is this your device?');
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
    const { me } = await withPasskey(scene);
    await me.open('courses');
    await me.press(OPEN);
    await arrived(me, 'courses');
    await me.page.goto(`${scene.gateway.url}/account`);
    await me.openMenu('Passkey');
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
