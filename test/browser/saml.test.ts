import { afterAll, describe, expect, it } from 'vitest';
import { SamlSite } from '../support/saml-site.ts';
import { browserScene, closeBrowser, JOURNEY, SOON, USUAL_STORES } from './scene.ts';
import type { Application, Visitor } from './visitor.ts';

const SFA = 'https://refeds.org/profile/sfa';
const MFA = 'https://refeds.org/profile/mfa';

const site = await SamlSite.start();
afterAll(async () => {
  await closeBrowser();
  site.close();
});

/** Where somebody is signed in, of the demo's six. */
async function standing(me: Visitor): Promise<string[]> {
  const all: Application[] = ['library', 'courses', 'payroll', 'reading-room', 'laboratory', 'personnel'];
  const found = await Promise.all(all.map(async (id) => ((await me.session(id)) ? [id] : [])));
  return found.flat();
}

describe.each(USUAL_STORES)('both doors in a browser, with the demo on the %s store', JOURNEY, (_name, store) => {
  const scene = browserScene(() => ({
    ...{ ...store(), demo: true },
    // Without a rule of its own: a second step, each time.
    config: { applications: { archive: { name: 'Archive', saml: { metadata: { file: site.metadata('archive') } } } } },
  }));
  const arrived = (me: Visitor, application: Application) => me.page.waitForURL(me.home(application));

  it('one sign-in opens them all, each asks for what it needs, and one sign-out ends it', async () => {
    const me = await scene.visit();
    await me.open('reading-room');
    expect(await me.heading()).toBe('Sign in');
    await me.password(me.username);
    await arrived(me, 'reading-room');
    expect(await me.heading()).toBe('Reading room');
    expect(await me.session('reading-room')).toMatchObject({ authnContextClassRef: SFA, encrypted: true });

    // By OpenID Connect nothing is asked: the session is the same.
    await me.open('library');
    await arrived(me, 'library');
    expect(await me.claims('library')).toMatchObject({ acr: SFA });

    // The stricter one has a second step set up first, with the password anew.
    await me.open('laboratory');
    expect(await me.heading()).toBe('Enter your password again');
    await me.password();
    await me.enrol();
    await me.press('Yes, this is my device');
    await arrived(me, 'laboratory');
    expect(await me.session('laboratory')).toMatchObject({ authnContextClassRef: MFA });

    await me.open('personnel');
    expect(await me.heading()).toBe('Enter your code');
    await me.code();
    await arrived(me, 'personnel');

    // What was proven over SAML is proven: no code at the OpenID Connect application of that level.
    await me.open('courses');
    await arrived(me, 'courses');
    expect(await standing(me)).toEqual(['library', 'courses', 'reading-room', 'laboratory', 'personnel']);

    const seen: string[] = [];
    me.page.on('framenavigated', (frame) => seen.push(new URL(frame.url()).pathname));
    await me.page.goto(me.home('laboratory'));
    await me.press('Sign out');
    await me.page.getByRole('status').filter({ hasText: 'You are signed out.' }).waitFor();
    expect(new URL(me.page.url()).pathname).toBe('/laboratory/slo');
    expect(seen).toContain('/saml/logout');
    await expect.poll(() => standing(me), SOON).toEqual([]);
    await me.open('reading-room');
    expect(await me.heading()).toBe('Sign in');
  });

  it('needs no script, whoever begins', async () => {
    const me = await scene.visit({ javaScriptEnabled: false });
    const providerId = `${me.home('reading-room')}/metadata`;
    await me.page.goto(`${scene.gateway.url}/saml/start?${new URLSearchParams({ providerId })}`);
    await me.password(me.username);
    expect(await me.heading()).toBe('You’re being sent back to Reading room');
    await me.press('Continue');
    await arrived(me, 'reading-room');
    expect(await me.session('reading-room')).toMatchObject({ unsolicited: true });

    // A session is there by now: the form is all there is in between.
    await me.open('reading-room', '?binding=post');
    await me.press('Continue to sign in');
    await me.press('Continue');
    await arrived(me, 'reading-room');
    expect(await me.session('reading-room')).toMatchObject({ unsolicited: false });

    await me.press('Sign out');
    expect(await standing(me)).toEqual([]);
    expect(await me.page.getByRole('status').innerText()).toBe('You are signed out.');
  });

  it('keeps two tabs apart, and answers each', async () => {
    const me = await scene.visit();
    const begin = async () => {
      await me.open('reading-room', '?binding=post');
      await me.press('Continue to sign in');
    };
    await begin();
    const first = await me.tab();
    await begin();
    await me.password(me.username);
    await arrived(me, 'reading-room');
    me.page = first;
    await me.password(me.username);
    await arrived(me, 'reading-room');
    expect(await standing(me)).toEqual(['reading-room']);
  });

  it('arrives where an application sends its people on to another host', async () => {
    const me = await scene.visit();
    const there = `${site.url.replace('127.0.0.1', 'localhost')}/there`;
    site.onward = there;
    await me.page.goto(site.address('archive', scene.gateway.url));
    await me.password(me.username);
    await me.enrol();
    await me.page.waitForURL(there);
  });
});
