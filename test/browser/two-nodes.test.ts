import { afterAll, describe, expect, it } from 'vitest';
import { nodesScene } from './nodes-scene.ts';
import { closeBrowser, JOURNEY, SOON } from './scene.ts';

afterAll(closeBrowser);

describe('two nodes behind a proxy that keeps nobody at one of them, in a browser', JOURNEY, () => {
  const scene = nodesScene();

  it('set a method up, remember the device, show the account, and sign out everywhere', async () => {
    const first = await scene.visit();
    await first.settle(first.username);
    const me = await scene.reopen(first);
    await me.open('courses');
    await me.password(first.username);
    await scene.arrived(me, 'courses');
    await me.open('payroll');
    expect(await me.heading()).toBe('Enter your code');
    await me.code();
    await scene.arrived(me, 'payroll');

    await scene.account(me);
    expect(await me.page.getByRole('link', { name: /^Rename/, includeHidden: true }).count()).toBe(1);
    expect(await me.page.getByRole('link', { name: /^Forget/ }).count()).toBe(1);
    await me.follow('Sign out everywhere');
    await me.press('Sign out everywhere');
    expect(await me.heading()).toBe('You’re signed out');
    await expect.poll(() => me.claims('courses'), SOON).toBeUndefined();
    scene.cluster.advance(2_000);
    await me.open('courses');
    await me.password(first.username);
    expect(await me.heading()).toBe('Enter your code');
  });

  it('ask a phone: the page hears of its answer by itself', async () => {
    const me = await scene.visit();
    const phone = await scene.phone();
    await me.open('courses');
    await me.password(me.username);
    await me.press(/Phone approval/);
    await phone.add(await me.page.locator('#key').innerText(), 'My phone');
    await phone.heard();
    await me.page.getByRole('heading', { name: 'Is “My phone” your phone?' }).waitFor();
    await me.press('Yes, this is my phone');
    await me.press('No, other people use it');
    await scene.arrived(me, 'courses');
    await phone.follow('Done');
    await phone.shows('Your accounts');

    await me.open('payroll');
    const number = (await me.page.locator('.number').innerText()).trim();
    await phone.receive();
    await phone.shows('Are you signing in to Payroll?');
    await phone.approve(number);
    await phone.shows('You’re signing in');
    await scene.arrived(me, 'payroll');
    expect(await me.claims('payroll')).toMatchObject({ amr: ['mfa', 'pop', 'pwd', 'swk'] });
  });
});
