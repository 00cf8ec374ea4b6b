import { afterAll, describe, expect, it } from 'vitest';
import { browserScene, closeBrowser, JOURNEY, SOON, USUAL_STORES } from '../browser/scene.ts';
import { Visitor } from '../browser/visitor.ts';
import { PASSWORD } from '../support/gateway.ts';
import { NEW_PASSWORD } from '../support/not-me.ts';

afterAll(closeBrowser);

const ANOTHER = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Edg/140.0.0.0';

describe.each(USUAL_STORES)('this wasn’t me, on the %s store', JOURNEY, (_name, store) => {
  const scene = browserScene(store);
  const at = (path: string) => `${scene.gateway.url}${path}`;

  async function showsNoFaults(me: Visitor) {
    expect(await me.faults()).toEqual([]);
  }
  async function choose(me: Visitor, password: string) {
    const field = me.page.getByLabel('New password', { exact: true });
    await field.fill(password);
    await me.page.getByRole('button', { name: 'Show New password' }).click();
    expect(await field.getAttribute('type')).toBe('text');
    await me.press('Save the new password');
  }

  it('goes from a foreign sign-in to a new password and back to the account', async () => {
    const me = await scene.visit();
    await me.settle(me.username);
    const thief = await Visitor.arrive(scene.gateway, { userAgent: ANOTHER });
    thief.authenticator = me.authenticator;
    await thief.open('courses');
    await thief.password(me.username);
    await thief.code();
    await thief.press('Yes, this is my device');
    await thief.page.waitForURL(`${scene.gateway.relyingParty}/courses`);

    const theirs = me.page.getByRole('row').filter({ hasText: 'Microsoft Edge on Windows' });
    await expect
      .poll(async () => {
        await me.page.goto(at('/account'));
        return theirs.count();
      }, SOON)
      .toBeGreaterThan(0);
    await showsNoFaults(me);
    await theirs
      .first()
      .getByRole('link', { name: /^This wasn’t me/ })
      .click();
    expect(await me.heading()).toBe('Wasn’t this you?');
    expect(await me.page.getByText('Microsoft Edge on Windows').count()).toBe(1);
    await showsNoFaults(me);
    await me.press('This wasn’t me');
    expect(await me.heading()).toBe('You’re signed out everywhere');
    await showsNoFaults(me);
    await me.follow('Choose a new password');
    await me.password(me.username);
    await me.code();
    expect(await me.heading()).toBe('Choose a new password');
    await showsNoFaults(me);
    await choose(me, 'too short');
    expect(await me.page.getByRole('alert').innerText()).toBe('Use at least 15 characters.');
    await showsNoFaults(me);
    await choose(me, NEW_PASSWORD);
    await me.press('Yes, this is my device');
    expect(await me.heading()).toBe('Your account');
    expect(await me.page.getByRole('status').first().innerText()).toContain('that you don’t know');

    await thief.open('library');
    await thief.password(me.username);
    expect(await thief.page.getByRole('alert').innerText()).toContain('isn’t right');
    await thief.leave();
  });

  it('changes the password from the account, and stays signed in', async () => {
    const me = await scene.visit();
    await me.settle(me.username);
    await me.page.goto(at('/account'));
    await me.follow('Change password');
    await showsNoFaults(me);
    await me.page.getByLabel('Current password', { exact: true }).fill(PASSWORD);
    await choose(me, NEW_PASSWORD);
    expect(await me.heading()).toBe('Your account');
    expect(await me.page.getByRole('status').first().innerText()).toContain('Your password was changed.');
    await me.page.goto(at('/account/password'));
    expect(await me.heading()).toBe('Choose a new password');
  });
});
