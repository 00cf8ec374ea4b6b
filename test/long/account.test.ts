import { afterAll, describe, expect, it } from 'vitest';
import { browserScene, closeBrowser, JOURNEY, SOON, USUAL_STORES } from '../browser/scene.ts';
import type { Visitor } from '../browser/visitor.ts';

afterAll(closeBrowser);

describe.each(USUAL_STORES)('one’s own account, on the %s store', JOURNEY, (_name, store) => {
  const scene = browserScene(store);
  const account = async (me: Visitor) => void (await me.page.goto(`${scene.gateway.url}/account`));
  const notice = (me: Visitor) => me.page.getByRole('status').first().innerText();
  const links = (me: Visitor, name: RegExp) => me.page.getByRole('link', { name });

  /** Changing methods takes a second step of the last ten minutes. */
  async function stepUp(me: Visitor) {
    if ((await me.heading()) === 'Enter your code') await me.code();
  }

  it('adds, renames and removes methods, but never the last one needed', async () => {
    const me = await scene.visit();
    await me.settle(me.username);
    await account(me);
    await me.openMenu();
    expect(await links(me, /^Remove/).count()).toBe(0);
    await me.follow(/^Add:/);
    await stepUp(me);
    const key = await me.page.locator('#key').innerText();
    await me.page.getByRole('textbox', { name: /^Code/ }).fill('000000');
    await me.press('Confirm');
    expect(await me.page.getByRole('alert').innerText()).toContain('isn’t right');
    expect(await me.page.locator('#key').innerText()).toBe(key);
    await me.enrol();
    expect(await notice(me)).toContain('was added');

    await me.openMenu();
    await me.follow(/^Rename/);
    await me.page.getByLabel('Name').fill('');
    await me.page.getByLabel('Name').evaluate((field) => field.removeAttribute('required'));
    await me.press('Save');
    expect(await me.page.getByRole('alert').innerText()).toBe('Enter a name.');
    await me.page.getByLabel('Name').fill('<b>Work</b> 手機');
    await me.press('Save');
    expect(await me.page.getByRole('heading', { level: 3, name: '<b>Work</b> 手機' }).count()).toBe(1);

    await me.openMenu('<b>Work</b> 手機');
    await me.page.getByRole('link', { name: 'Remove <b>Work</b> 手機' }).click();
    await stepUp(me);
    expect(await me.heading()).toBe('Remove <b>Work</b> 手機?');
    await me.press('Remove');
    // This session rested on the one that is gone: the other one has to step in.
    expect(await me.heading()).toBe('Enter your code');
    await me.code();
    // So did the remembered device.
    await me.press('No, other people use it');
    expect(await me.heading()).toBe('Your account');
    await me.openMenu();
    expect(await links(me, /^Rename/).count()).toBe(1);
    expect(await links(me, /^Remove/).count()).toBe(0);
  });

  it('shows remembered devices, renews this one, and forgets it', async () => {
    const me = await scene.visit();
    await me.settle(me.username);
    await account(me);
    expect(await me.page.getByText('this device', { exact: true }).count()).toBe(1);
    await me.press('Renew this device now');
    await stepUp(me);
    if ((await me.heading()) === 'Remember this device again?') await me.press('Yes, this is my device');
    expect(await notice(me)).toBe('This device was renewed.');

    await links(me, /^Forget/).click();
    expect(await me.heading()).toMatch(/^Forget Chrome on Linux\?$/);
    await me.press('Forget');
    expect(await notice(me)).toBe('The device was forgotten.');
    const later = await me.reopen();
    await later.open('courses');
    await later.password(me.username);
    expect(await later.heading()).toBe('Enter your code');
    await later.leave();
  });

  it('signs out everywhere: sessions, applications and remembered devices', async () => {
    const me = await scene.visit();
    await me.settle(me.username);
    const elsewhere = await scene.visit();
    elsewhere.authenticator = me.authenticator;
    await elsewhere.open('courses');
    await elsewhere.password(me.username);
    await elsewhere.code();
    await elsewhere.press('Yes, this is my device');
    await elsewhere.page.waitForURL(`${scene.gateway.relyingParty}/courses`);

    await account(me);
    expect(await links(me, /^Forget/).count()).toBe(2);
    await me.follow('Sign out everywhere');
    await me.press('Sign out everywhere');
    expect(await me.heading()).toMatch(/^You’re signed out/);
    await expect.poll(() => elsewhere.claims('courses'), SOON).toBeUndefined();
    expect(await me.claims('courses')).toBeUndefined();
    await elsewhere.open('courses');
    await elsewhere.password(me.username);
    expect(await elsewhere.heading()).toBe('Enter your code');
  });

  it('lists recent sign-ins in words', async () => {
    const me = await scene.visit();
    await me.settle(me.username);
    const rows = me.page.getByRole('row');
    // Written off the request's path: a moment later it is there.
    await expect.poll(() => account(me).then(() => rows.count()), SOON).toBe(2);
    const row = await rows.nth(1).innerText();
    expect(row).toContain('Courses');
    expect(row).toContain('Chrome on Linux');
    expect(row).toContain('Signed in');
    expect(row).toContain('Code app');
  });

  it('signs out from the header, after asking', async () => {
    const me = await scene.visit();
    await me.settle(me.username);
    await account(me);
    await me.follow('Sign out');
    expect(await me.heading()).toBe('Do you want to sign out?');
    await me.follow('Stay signed in');
    expect(await me.heading()).toBe('Your account');
    await me.follow('Sign out');
    await me.press('Sign out');
    expect(await me.heading()).toBe('You’re signed out');
    await expect.poll(() => me.claims('courses'), SOON).toBeUndefined();
  });
});
