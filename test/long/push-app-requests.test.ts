import { afterAll, describe, expect, it } from 'vitest';
import { closeBrowser, JOURNEY } from '../browser/scene.ts';
import { REQUEST, stagedApp } from '../browser/staged-app.ts';

afterAll(closeBrowser);

describe('the authenticator, asked', JOURNEY, () => {
  const scene = stagedApp();
  const { answers, asked, enrolled, message, phone } = scene;

  it('is told of a request without a word of it on the lock screen', async () => {
    const mine = await enrolled();
    scene.stage.behaviour.requests = [REQUEST];
    await mine.deliver(message());
    await mine.shows('Are you signing in to Library?');
    expect(await mine.notifications()).toEqual([
      { title: 'Sign-in request', body: 'Northbridge University: open the app to answer.', tag: REQUEST.id },
    ]);
    const facts = await mine.page.locator('.facts').innerText();
    for (const fact of ['ada', 'Cambridge, United Kingdom', 'Firefox · Windows', '192.0.2.7'])
      expect(facts).toContain(fact);
    expect(await mine.faults()).toEqual([]);
    await mine.approve('');
    expect(await mine.page.getByText('Type the two digits').count()).toBe(1);
    expect(await mine.faults()).toEqual([]);
    await mine.approve('４２');
    await mine.shows('You’re signing in');
    expect(await mine.faults()).toEqual([]);
    expect(answers()).toEqual([expect.objectContaining({ request: REQUEST.id, decision: 'approve', number: '42' })]);
    expect(await mine.notifications()).toEqual([]);
  });

  it('by an application, says whose number it wants, and what it is for', async () => {
    const mine = await enrolled();
    const { browser: _, system: __, place: ___, address: ____, ...rest } = REQUEST;
    scene.stage.behaviour.requests = [{ ...rest, browser: '', system: '', shown: { text: 'Locker 12' } }];
    await mine.deliver(message());
    const field = mine.page.getByLabel('Number that Library shows you');
    await field.waitFor();
    expect(await mine.page.locator('.facts').innerText()).toMatch(/What it is for\s*Locker 12/);
    expect(await mine.faults()).toEqual([]);
    scene.stage.behaviour.outcome = 'wrong-number';
    await field.fill('42');
    await field.press('Enter');
    await expect.poll(answers).toEqual([expect.objectContaining({ decision: 'approve', number: '42' })]);
    // There is no sign-in page to go back to, nor a password that somebody knows.
    await mine.shows('That wasn’t the number');
    const told = await mine.page.locator('main').innerText();
    expect(told).toContain('have Library ask you again');
    expect(told).not.toMatch(/sign-in page|password/);
  });

  it('says what happens now', async () => {
    const mine = await enrolled();
    for (const [outcome, button, answered, heading] of [
      ['wrong-number', 'Sign in', { decision: 'approve', number: '17' }, 'That wasn’t the number'],
      ['cancelled', 'It’s me, but cancel', { decision: 'cancel', number: '' }, 'Cancelled'],
      ['reported', 'No, it’s not me', { decision: 'not-me', number: '' }, 'Thank you. It was stopped.'],
      ['gone', 'It’s me, but cancel', { decision: 'cancel', number: '' }, 'This request is over'],
    ] as const) {
      await asked(mine, { id: outcome });
      scene.stage.behaviour.outcome = outcome;
      if (answered.number !== '') await mine.page.getByLabel('Number on the sign-in page').fill(answered.number);
      const before = answers().length;
      await mine.press(button);
      if (answered.decision === 'not-me') {
        // Asked once more, with what will follow; nothing is sent before, and there is a way back.
        expect(await mine.page.locator('h2').innerText()).toBe('Is somebody else signing in as you?');
        expect(await mine.faults()).toEqual([]);
        await mine.press('Back');
        await mine.press(button);
        expect(answers()).toHaveLength(before);
        await mine.press('Yes, it wasn’t me');
      }
      await mine.shows(heading);
      expect(answers().at(-1)).toMatchObject({ request: outcome, ...answered });
      expect(await mine.faults()).toEqual([]);
      await mine.follow('Done');
      await mine.shows('Your accounts');
    }
  });

  it('ends a request when its time is up, and shows none that is over', async () => {
    const mine = await enrolled();
    await asked(mine, { left: 2000 });
    await mine.shows('Time is up');
    expect(await mine.faults()).toEqual([]);
    scene.stage.behaviour.requests = [];
    await mine.open(`${mine.app}#request=${encodeURIComponent(scene.stage.origin)}|request-1`);
    await mine.shows('This request is over');
  });

  it('sends nothing without a network, keeps the number, and tries again', async () => {
    const mine = await enrolled();
    await asked(mine);
    await mine.context.setOffline(true);
    await mine.approve('42');
    await mine.page.getByRole('alert').getByText('There is no connection, so nothing was sent.').waitFor();
    expect(await mine.faults()).toEqual([]);
    await mine.context.setOffline(false);
    await mine.press('Sign in');
    await mine.shows('You’re signing in');
    expect(answers()).toHaveLength(1);
  });

  it('offers a code where a request can’t be fetched', async () => {
    const mine = await enrolled();
    scene.stage.behaviour.away = true;
    await mine.deliver(message());
    await mine.shows('No connection');
    expect(await mine.page.locator('.code').innerText()).toMatch(/^\d{3} \d{3}$/);
    expect(await mine.faults()).toEqual([]);
    scene.stage.behaviour.away = false;
    scene.stage.behaviour.requests = [REQUEST];
    await mine.press('Try again');
    await mine.shows('Are you signing in to Library?');
  });

  it('asks what waits when it is opened, where no message came', async () => {
    const mine = await enrolled();
    scene.stage.behaviour.requests = [REQUEST];
    await mine.open();
    await mine.shows('Are you signing in to Library?');
    await mine.follow('Accounts');
    await mine.shows('Your accounts');
    await mine.follow('Open the request of Library');
    await mine.shows('Are you signing in to Library?');
  });

  it('opens the request that a notification is tapped for, in the window that is there', async () => {
    const mine = await enrolled();
    await mine.follow('Add an account');
    await mine.shows('Add an account');
    scene.stage.behaviour.requests = [REQUEST];
    await mine.deliver(message());
    await expect.poll(() => mine.notifications()).toHaveLength(1);
    // Nothing is taken away from somebody who is doing something.
    expect(await mine.heading()).toBe('Add an account');
    await mine.tap();
    await mine.shows('Are you signing in to Library?');
    expect(mine.context.pages()).toHaveLength(1);
    expect(await mine.notifications()).toEqual([]);
  });

  it('does without messages where they aren’t allowed, and says so', async () => {
    const mine = await phone({ notifications: false });
    await mine.open(scene.stage.invitation());
    await mine.press('Continue');
    await mine.shows(/^One last step$|^Be told of requests$/);
    expect(await mine.faults()).toEqual([]);
    const later = mine.page.getByRole('button', { name: 'Not now' });
    if (await later.isVisible()) await later.click();
    await mine.shows('One last step');
    await mine.page.getByText('Without notifications, open this app when you sign in').waitFor();
    expect(scene.stage.received.find(({ path }) => path === 'register')?.body.subscription).toBeNull();
    await mine.follow('Done');
    await mine.page.getByRole('link', { name: /^(?:How to turn them on|Turn on notifications)$/ }).click();
    await mine.shows('Be told of requests');
    expect(await mine.faults()).toEqual([]);
    scene.stage.behaviour.requests = [REQUEST];
    await mine.follow('Accounts');
    await mine.shows('Are you signing in to Library?');
  });

  it('tells the service where messages go when the browser has changed it', async () => {
    const mine = await enrolled();
    const { subscription } = scene.push.subscribe();
    const changed = `{ newSubscription: { toJSON: () => (${JSON.stringify(subscription)}) } }`;
    await mine.happens('pushsubscriptionchange', `(${changed})`);
    const told = scene.stage.received.filter(({ path }) => path === 'subscription');
    expect(told.at(-1)?.body.subscription).toEqual(subscription);
  });
});
