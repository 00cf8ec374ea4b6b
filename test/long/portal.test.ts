import { afterAll, describe, expect, it } from 'vitest';
import { enterAt, tabTo, typeInto } from '../browser/keyboard.ts';
import { browserScene, closeBrowser, JOURNEY, USUAL_STORES } from '../browser/scene.ts';
import type { Visitor } from '../browser/visitor.ts';
import { PASSWORD } from '../support/gateway.ts';
import { newestCode, OUTBOX } from '../support/outbox.ts';

afterAll(closeBrowser);

const factors = { ...OUTBOX.factors, recovery: {} };

describe.each(USUAL_STORES)('walks of one’s own, on the %s store', JOURNEY, (_name, store) => {
  const scene = browserScene(() => ({ ...store(), config: { ...OUTBOX, factors } }));
  const at = (path: string) => `${scene.gateway.url}${path}`;

  async function showsNoFaults(me: Visitor) {
    expect(await me.faults()).toEqual([]);
  }

  let numbers = 0;
  const newNumber = () => `+8529345${String(1000 + numbers++)}`;

  /** The first method, with nothing but the keyboard: what the page shows is typed into the app. */
  async function setUpApp(me: Visitor): Promise<void> {
    await enterAt(me, /Code app/);
    expect(await me.page.title()).toMatch(/^Step 1 of 2: /);
    await showsNoFaults(me);
    me.addKey(await me.page.locator('#key').innerText());
    await typeInto(me, /^Code/, me.codeNow());
    await enterAt(me, 'Confirm');
  }

  it('leads a newcomer to two methods, by keyboard alone', async () => {
    const me = await scene.visit();
    await me.page.goto(at('/enrol'));
    expect(await me.heading()).toBe('Set up your second step');
    await showsNoFaults(me);
    await enterAt(me, 'Begin');
    await typeInto(me, 'User name', me.username);
    await typeInto(me, 'Password', PASSWORD);
    await enterAt(me, 'Sign in');
    expect(await me.page.title()).toMatch(/^Step 1 of 2: Choose a second step/);
    await showsNoFaults(me);
    await setUpApp(me);
    expect(await me.page.title()).toMatch(/^Step 2 of 2: Add another one/);
    await showsNoFaults(me);
    await enterAt(me, /Text message/);
    const number = newNumber();
    await typeInto(me, /^Mobile number/, number);
    await enterAt(me, /^(Continue|Send|Confirm)/);
    await showsNoFaults(me);
    await typeInto(me, /^Code/, await newestCode(scene.gateway, number));
    await enterAt(me, 'Confirm');
    expect(await me.heading()).toBe('You’re ready');
    await showsNoFaults(me);
    await enterAt(me, 'Make recovery codes');
    expect(await me.page.getByRole('heading', { level: 1 }).innerText()).toMatch(/recovery codes/i);
  });

  it('leaves the second method for later', async () => {
    const me = await scene.visit();
    await me.page.goto(at('/enrol/begin'));
    await me.password(me.username);
    await setUpApp(me);
    await enterAt(me, 'Leave the second one for later');
    expect(await me.heading()).toBe('One method is set up');
    await showsNoFaults(me);
    await enterAt(me, 'See the applications');
    expect(new URL(me.page.url()).pathname).toBe('/applications');
  });

  it('moves an authenticator to a new phone, and asks for it first', async () => {
    const me = await scene.visit();
    await me.open('courses');
    await me.password(me.username);
    await me.enrol();
    await me.press('No, other people use it');
    await me.page.waitForURL(`${scene.gateway.relyingParty}/courses`);
    await me.page.goto(at('/account'));
    await showsNoFaults(me);
    await enterAt(me, 'I have a new phone');
    expect(await me.page.title()).toMatch(/^Step 1 of 3: /);
    await showsNoFaults(me);
    await enterAt(me, /^Code app/);
    expect(await me.page.title()).toMatch(/^Step 2 of 3: /);
    await showsNoFaults(me);
    // Whoever stops here has lost nothing.
    await enterAt(me, 'Stop, and leave everything as it was');
    expect(await me.page.getByRole('link', { name: /^Rename/, includeHidden: true }).count()).toBe(1);
    await enterAt(me, 'I have a new phone');
    await enterAt(me, /^Code app/);
    me.addKey(await me.page.locator('#key').innerText());
    await typeInto(me, /^Code/, me.codeNow());
    await enterAt(me, 'Confirm');
    expect(await me.page.title()).toMatch(/^Step 3 of 3: The new phone works/);
    await showsNoFaults(me);
    await enterAt(me, 'Remove the old one');
    expect(await me.page.getByText('It has moved.').count()).toBe(1);
    expect(await me.page.getByRole('link', { name: /^Rename/, includeHidden: true }).count()).toBe(1);
    await me.context.clearCookies();
    await me.open('payroll');
    await me.password(me.username);
    await me.code();
    await me.page.waitForURL(`${scene.gateway.relyingParty}/payroll`);
  });

  it('chooses what is asked for first, and the language', async () => {
    const me = await scene.visit();
    await me.page.goto(at('/enrol/begin'));
    await me.password(me.username);
    await setUpApp(me);
    await me.page.goto(at('/account/methods/add/sms'));
    const number = newNumber();
    await typeInto(me, /^Mobile number/, number);
    await me.page.keyboard.press('Enter');
    await me.page.getByRole('textbox', { name: /^Code/ }).waitFor();
    await typeInto(me, /^Code/, await newestCode(scene.gateway, number));
    await enterAt(me, 'Confirm');
    await tabTo(me, /^Change\s+Code app/);
    await me.page.keyboard.press('Enter');
    await enterAt(me, /^Use this one first\s+Code app/);
    expect(await me.page.getByText('Used first').count()).toBe(1);
    await showsNoFaults(me);
    await me.page.getByRole('main').getByRole('link', { name: '繁體中文' }).click();
    expect(await me.heading()).toBe('您的帳號');
    await showsNoFaults(me);
  });
});
