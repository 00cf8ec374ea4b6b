import { afterAll, describe, expect, it } from 'vitest';
import { browserScene, closeBrowser, JOURNEY, USUAL_STORES } from '../browser/scene.ts';
import type { Visitor } from '../browser/visitor.ts';
import { codesOf } from '../support/issued.ts';

afterAll(closeBrowser);

const factors = { password: {}, totp: {}, recovery: {}, tap: {} };

describe.each(USUAL_STORES)('lost methods, on the %s store', JOURNEY, (_name, store) => {
  const scene = browserScene(() => ({ ...store(), config: { factors } }));
  const at = (path: string) => `${scene.gateway.url}${path}`;

  async function showsNoFaults(me: Visitor) {
    expect(await me.faults()).toEqual([]);
  }

  it('makes recovery codes, saves them, and signs in with one', async () => {
    const me = await scene.visit();
    await me.settle(me.username, 'no');
    await me.page.goto(at('/account'));
    await me.follow('Make recovery codes');
    await showsNoFaults(me);
    await me.press('Make recovery codes');
    expect(await me.heading()).toBe('Your recovery codes');
    await showsNoFaults(me);
    const codes = codesOf(await me.page.getByRole('main').innerText());
    expect(codes).toHaveLength(10);
    const [file] = await Promise.all([me.page.waitForEvent('download'), me.follow('Save as text')]);
    expect(file.suggestedFilename()).toBe('recovery.txt');
    await me.follow('Done');
    expect(await me.page.getByText('10 codes left').count()).toBe(1);
    await me.context.clearCookies();
    await me.open('payroll');
    await me.password(me.username);
    await me.follow('I can’t do this now');
    await me.press(/^Recovery codes/);
    await showsNoFaults(me);
    await me.page.getByRole('textbox', { name: 'Recovery code' }).fill(codes[0]?.toLowerCase() ?? '');
    await me.press('Continue');
    await me.page.waitForURL(`${scene.gateway.relyingParty}/payroll`);
  });

  it('leads a newcomer from a pass to a method of their own', async () => {
    const me = await scene.visit();
    const [pass = ''] = codesOf((await scene.gateway.command('tap issue', [me.username])).join('\n'));
    await me.open('courses');
    await me.password(me.username);
    expect(await me.heading()).toBe('Enter your Temporary Access Pass');
    await showsNoFaults(me);
    await me.page.getByRole('textbox', { name: 'Temporary Access Pass' }).fill(pass);
    await me.press('Continue');
    await me.enrol();
    await me.press('No, other people use it');
    await me.page.waitForURL(`${scene.gateway.relyingParty}/courses`);
  });

  it('makes a pass for oneself, which then changes nothing', async () => {
    const me = await scene.visit();
    await me.settle(me.username, 'no');
    await me.page.goto(at('/account'));
    await me.follow('Make a Temporary Access Pass');
    await me.page.getByLabel('8 hours').check();
    await me.press('Make a Temporary Access Pass');
    const [pass = ''] = codesOf(await me.page.getByRole('main').innerText());
    await showsNoFaults(me);
    await me.context.clearCookies();
    await me.open('courses');
    await me.password(me.username);
    await me.follow('I can’t do this now');
    await me.press(/^Temporary Access Pass/);
    await me.page.getByRole('textbox', { name: 'Temporary Access Pass' }).fill(pass);
    await me.press('Continue');
    expect(await me.heading()).toBe('Did you lose your phone?');
    await showsNoFaults(me);
    await me.press('No, I just don’t have it with me');
    await me.page.waitForURL(`${scene.gateway.relyingParty}/courses`);
    const refused = await me.page.goto(at('/account/methods/issue/recovery'));
    expect(refused?.status()).toBe(403);
    expect(await me.heading()).toBe('This can’t be done with a pass');
    await showsNoFaults(me);
  });
});
