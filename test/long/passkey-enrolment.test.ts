import { afterAll, describe, expect, it } from 'vitest';
import { arrived, type Me, PASSKEYS, settleWithApp, startAnew } from '../browser/passkeys.ts';
import { browserScene, closeBrowser, JOURNEY } from '../browser/scene.ts';
import { SecurityKey } from '../browser/security-key.ts';

afterAll(closeBrowser);

const DAYS = 86_400_000;
const SUGGESTED = 'Add a passkey';

describe('setting up a passkey in a sign-in, in a browser', JOURNEY, () => {
  const scene = browserScene(PASSKEYS);

  /** Password and app, up to whatever comes then. */
  async function signIn(me: Me): Promise<void> {
    await startAnew(me);
    await me.open('courses');
    await me.password(me.username);
    await me.code();
  }

  it('is a first method, and its making counts', async () => {
    const me = await scene.visit();
    await SecurityKey.plugIn(me.page);
    await me.open('courses');
    await me.password(me.username);
    expect(await me.heading()).toBe('Choose a second step');
    expect(await me.faults()).toEqual([]);
    await me.press(/Passkey or security key/);
    expect(await me.faults()).toEqual([]);
    await me.press('Continue');
    await me.press('No, other people use it');
    await arrived(me, 'courses');
    expect(await me.claims('courses')).toMatchObject({ acr: 'phr', amr: ['mfa', 'pop', 'pwd', 'user'] });
  });

  it('can be left for another method', async () => {
    const me = await scene.visit();
    await SecurityKey.plugIn(me.page);
    await me.open('courses');
    await me.password(me.username);
    await me.press(/Passkey or security key/);
    await me.follow('I can’t do this now');
    await me.press(/Code app/);
    await me.enrol();
    await me.press('No, other people use it');
    await arrived(me, 'courses');
  });

  it('is suggested to those whom policy names, three times, each after a rest', async () => {
    const me = await scene.visit({ groups: 'staff' });
    await me.open('courses');
    await me.password(me.username);
    await me.press(/Code app/);
    await me.enrol();
    expect(await me.heading()).toBe(SUGGESTED);
    expect(await me.faults()).toEqual([]);
    await me.press('Not now');
    await me.press('No, other people use it');
    await arrived(me, 'courses');

    await signIn(me);
    expect(await me.heading()).toBe('Is this your device?');
    scene.gateway.advance(14 * DAYS);
    await signIn(me);
    expect(await me.heading()).toBe(SUGGESTED);
    // The dialogue comes to nothing: it can be left even then.
    await me.press('Set it up now');
    expect(await me.faults()).toEqual([]);
    await me.press('Not now');
    expect(await me.heading()).toBe('Is this your device?');
    scene.gateway.advance(14 * DAYS);
    await signIn(me);
    expect(await me.heading()).toBe(SUGGESTED);
    scene.gateway.advance(14 * DAYS);
    await signIn(me);
    expect(await me.heading()).toBe('Is this your device?');
  });

  it('is taken up', async () => {
    const me = await scene.visit({ groups: 'staff' });
    await SecurityKey.plugIn(me.page);
    await me.open('courses');
    await me.password(me.username);
    await me.press(/Code app/);
    await me.enrol();
    await me.press('Set it up now');
    expect(await me.heading()).toBe('Set up a passkey or security key');
    await me.press('Continue');
    expect(await me.heading()).toBe('Is this your device?');
    await me.press('No, other people use it');
    await arrived(me, 'courses');
    await startAnew(me);
    await me.open('courses');
    await me.press('Sign in with a passkey');
    await arrived(me, 'courses');
  });

  it('is suggested to nobody else', async () => {
    const me = await scene.visit({ groups: 'students' });
    await settleWithApp(me);
  });
});
