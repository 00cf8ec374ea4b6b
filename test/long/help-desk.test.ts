import { afterAll, describe, expect, it } from 'vitest';
import { add, type Me, settleWithApp } from '../browser/passkeys.ts';
import { browserScene, closeBrowser, JOURNEY, USUAL_STORES } from '../browser/scene.ts';
import { SecurityKey } from '../browser/security-key.ts';
import type { Visitor } from '../browser/visitor.ts';
import { DESK_CONFIG, REASON } from '../support/desk.ts';
import { codesOf } from '../support/issued.ts';

afterAll(closeBrowser);

describe.each(USUAL_STORES)('the help desk, on the %s store', JOURNEY, (_name, store) => {
  const scene = browserScene(() => ({ ...store(), config: DESK_CONFIG }));

  async function showsNoFaults(me: Visitor) {
    expect(await me.faults()).toEqual([]);
  }

  /** An agent whose passkey is plugged in, at the desk. */
  async function arrive(): Promise<Me> {
    const me = await scene.visit({ groups: 'desk' });
    await SecurityKey.plugIn(me.page, { verifies: true });
    await settleWithApp(me);
    await add(me);
    await me.page.goto(`${scene.gateway.url}/helpdesk`);
    await me.press('Use passkey or key');
    await me.page.waitForURL(`${scene.gateway.url}/helpdesk`);
    return me;
  }

  async function someone(): Promise<Me> {
    const person = await scene.visit();
    await settleWithApp(person);
    return person;
  }

  /** Through the page by Tab alone, until this has the focus. */
  async function tabTo({ page }: Visitor, name: RegExp | string): Promise<void> {
    const focused = () =>
      page.evaluate<string>(`(() => {
        const { labels, innerText = '', name, value } = document.activeElement;
        return [...(labels ?? [])].map((one) => one.innerText).join(' ') || innerText || name || value || '';
      })()`);
    for (let step = 0; step < 80; step += 1) {
      await page.keyboard.press('Tab');
      const text = (await focused()).trim();
      if (typeof name === 'string' ? text === name : name.test(text)) return;
    }
    throw new Error(`the keyboard doesn't reach ${name} on ${page.url()}`);
  }

  async function enterAt(me: Visitor, name: RegExp | string): Promise<void> {
    await tabTo(me, name);
    await Promise.all([me.page.waitForEvent('domcontentloaded'), me.page.keyboard.press('Enter')]);
  }

  async function fillIn(me: Visitor): Promise<void> {
    await tabTo(me, 'I called back.');
    await me.page.keyboard.press('Space');
    await tabTo(me, 'I saw their card.');
    await me.page.keyboard.press('Space');
    await tabTo(me, 'Reason');
    await me.page.keyboard.type(REASON);
  }

  it('finds a person and issues a pass, by keyboard alone, on pages without faults', async () => {
    const person = await someone();
    const me = await arrive();
    expect(await me.heading()).toBe('Help desk');
    await showsNoFaults(me);
    await tabTo(me, 'Find a person');
    await me.page.keyboard.type(person.username.toUpperCase());
    await Promise.all([me.page.waitForEvent('domcontentloaded'), me.page.keyboard.press('Enter')]);
    await showsNoFaults(me);
    await enterAt(me, /^Person \d/);
    await me.page.getByRole('heading', { name: 'How things stand' }).waitFor();
    await showsNoFaults(me);
    await enterAt(me, 'Issue: Temporary Access Pass');
    await showsNoFaults(me);
    await fillIn(me);
    await enterAt(me, 'Issue it');
    const [pass = ''] = codesOf(await me.page.getByRole('main').innerText());
    expect(pass).not.toBe('');
    await showsNoFaults(me);

    // Going back and asking again shows nothing a second time.
    await enterAt(me, 'It was passed on');
    expect(codesOf(await me.page.getByRole('main').innerText())).toEqual([]);
    await person.context.clearCookies();
    await person.open('courses');
    await person.password(person.username);
    await person.page.getByRole('textbox', { name: 'Temporary Access Pass' }).fill(pass);
    await person.press('Continue');
    expect(await person.heading()).toBe('Did you lose your phone?');
    await person.press('No, I just don’t have it with me');
    await person.page.waitForURL(`${scene.gateway.relyingParty}/courses`);
  });

  it('says what is missing of a form where the browser lets it pass, and keeps what was filled in', async () => {
    const person = await someone();
    const me = await arrive();
    await me.page.goto(`${scene.gateway.url}/helpdesk?q=${person.username}`);
    await me.page.getByRole('link', { name: /^Person \d/ }).click();
    await me.follow(/^Remove/);
    await me.page.evaluate(`document.querySelector('form[data-once]').noValidate = true`);
    await me.page.getByLabel('Reason').fill('x');
    await me.page.getByLabel('I called back.').check();
    await me.press('Remove it');
    await me.page.getByRole('alert').waitFor();
    expect(await me.page.getByRole('alert').innerText()).toMatch(/Tick every identity check.*Say why/s);
    expect(await me.page.evaluate<string>('document.activeElement.getAttribute("role")')).toBe('alert');
    expect(await me.page.getByLabel('I called back.').isChecked()).toBe(true);
    await showsNoFaults(me);
    await me.page.getByLabel('I saw their card.').check();
    await me.page.getByLabel('Reason').fill(REASON);
    await me.press('Remove it');
    await me.page.getByText('The method was removed.').waitFor();
    await showsNoFaults(me);
    await me.page.goto(`${me.page.url().split('?')[0]}/unlock`);
    await showsNoFaults(me);
    await me.follow('Cancel');
    await me.follow('Assign a hardware token');
    await showsNoFaults(me);
  });
});
