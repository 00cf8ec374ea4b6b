import { afterAll, describe, expect, it } from 'vitest';
import { browserScene, closeBrowser, JOURNEY, SOON } from '../browser/scene.ts';
import { newestCode, OUTBOX } from '../support/outbox.ts';

afterAll(closeBrowser);

const NUMBER = '+85291234567';
/** Seconds; the shortest there is. */
const COUNTDOWN = 15;

describe('codes by text message', JOURNEY, () => {
  const sms = { ...OUTBOX.factors.sms, resend: COUNTDOWN };
  const scene = browserScene(() => ({ config: { ...OUTBOX, factors: { ...OUTBOX.factors, sms } } }));

  it('are set up with a number and a code, and asked for again after the countdown', async () => {
    const me = await scene.visit();
    const { gateway } = scene;
    const again = me.page.getByRole('button', { name: /^Send a new code/ });
    const field = me.page.getByRole('textbox', { name: 'Code from the message' });
    await me.open('courses');
    await me.password(me.username);
    await me.press(/Text message/);
    expect(await me.faults()).toEqual([]);
    await me.page.getByRole('textbox', { name: 'Mobile number' }).fill('12');
    await me.press('Continue');
    expect(await me.page.getByText('That isn’t a complete mobile number').count()).toBe(1);
    expect(await me.faults()).toEqual([]);
    await me.page.getByRole('textbox', { name: 'Mobile number' }).fill(NUMBER);
    await me.press('Continue');
    expect(await me.heading()).toBe('Enter the code we sent you');
    expect(await me.faults()).toEqual([]);

    const first = await newestCode(gateway, NUMBER);
    expect(await again.isDisabled()).toBe(true);
    gateway.advance(COUNTDOWN * 1000);
    await expect.poll(() => again.isEnabled(), SOON).toBe(true);
    expect(await again.innerText()).toBe('Send a new code');
    await again.click();
    await expect.poll(async () => (await newestCode(gateway, NUMBER)) !== first, SOON).toBe(true);
    await field.fill(await newestCode(gateway, NUMBER));
    await me.press('Confirm');
    await me.press('No, other people use it');
    await me.page.waitForURL(`${gateway.relyingParty}/courses`);
    expect(await me.claims('courses')).toMatchObject({ amr: ['mfa', 'pwd', 'sms'] });

    // Too soon after the last one: nobody presses anything, and it comes all the same.
    const last = await newestCode(gateway, NUMBER);
    await me.open('payroll');
    expect(await me.page.getByText(/You can have a new code sent in/).count()).toBe(1);
    expect(await me.faults()).toEqual([]);
    gateway.advance(COUNTDOWN * 1000);
    await expect.poll(async () => (await newestCode(gateway, NUMBER)) !== last, SOON).toBe(true);
    await me.page.getByText('We sent a code by text message').waitFor();
    await field.fill(await newestCode(gateway, NUMBER));
    await me.press('Continue');
    await me.page.waitForURL(`${gateway.relyingParty}/payroll`);
  });
});
