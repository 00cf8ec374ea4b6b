import { afterAll, describe, expect, it } from 'vitest';
import { invitationOn, numberOn, Phone, waitingOn } from '../../src/factors/push/testing/phone.ts';
import { Client, type Reply } from '../support/client.ts';
import { MINUTES, SECONDS } from '../support/clock.ts';
import { phones, startPushService, withPhones } from '../support/phones.ts';
import { asksPassword, asksToRemember, type Someone, stage } from '../support/scene.ts';

const service = await startPushService({ now: () => Date.now() });
afterAll(() => service.close());
const scene = stage(() => ({ config: withPhones(service) }));
const { owner, enrol } = phones(scene, () => service);

/** The same person at a new browser, at the page that shows the number. */
async function asked(someone: Someone, application = 'payroll') {
  const other = scene.elsewhere(someone, new Client());
  const page = await other.enter(application);
  return { other, page, number: numberOn(page) ?? '' };
}

const reload = (other: Someone, page: Reply) => other.client.open(page.url);
const offered = (page: Reply) => page.body.includes('name="resend"');

describe('the app', () => {
  it('is served with all that its page and its worker name, under its own policy', async () => {
    const client = new Client();
    const app = `${scene.gateway.url}/authenticator/`;
    const page = await client.get(app);
    const linked = [...page.body.matchAll(/<link rel="stylesheet" href="([^"]+)"/g)].map(([, file = '']) => file);
    const kept = [...(await client.get(`${app}version.js`)).body.matchAll(/^ {2}'(.+)',$/gm)].map(
      ([, file = '']) => file,
    );
    expect(linked).toContain('sallyport.css');
    expect(kept).toEqual(expect.arrayContaining(linked));
    for (const file of [...linked, ...kept]) {
      const { status, headers } = await client.get(app + file);
      expect([file, status, headers['content-security-policy']]).toEqual([
        file,
        200,
        page.headers['content-security-policy'],
      ]);
    }
    const [shared, pages] = await Promise.all(
      [`${app}sallyport.css`, `${scene.gateway.url}/assets/sallyport.css`].map((address) => client.get(address)),
    );
    expect(shared?.body).toBe(pages?.body);
  });
});

describe('setting up a phone', () => {
  it('takes what was scanned once its owner says that it is theirs', async () => {
    const someone = await scene.newcomer();
    const page = await someone.answer(await someone.enter('courses'), { factor: 'push' });
    const phone = new Phone({ name: 'Phone of Ada', subscription: service.subscribe().subscription });
    const { status, json } = await phone.register(invitationOn(page));
    expect(status).toBe(201);
    expect(json).toMatchObject({ account: { username: someone.username }, codes: { digits: 6, period: 30 } });
    expect((await phone.pending()).json).toMatchObject({ requests: [], unconfirmed: true });
    const question = await someone.answer(page, {});
    expect(question.text).toContain('Is “Phone of Ada” your phone?');
    const done = await someone.answer(question, { choice: 'yes' });
    expect(asksToRemember(done)).toBe(true);
    await someone.remember(done, 'no');
    const { claims } = (await someone.claims('courses')) as { claims: { amr: string[] } };
    expect(claims.amr).toEqual(['mfa', 'pop', 'pwd', 'swk']);
    expect((await phone.pending()).json).toEqual({ now: expect.any(Number), requests: [], subscribed: true });
  });

  it('sets up nothing where the owner does not know the phone, and gives a new picture', async () => {
    const someone = await scene.newcomer();
    const page = await someone.answer(await someone.enter('courses'), { factor: 'push' });
    const thief = new Phone();
    await thief.register(invitationOn(page));
    const again = await someone.answer(await someone.answer(page, {}), { choice: 'no' });
    expect(again.text).toContain('Nothing was set up');
    expect(invitationOn(again)).not.toBe(invitationOn(page));
    expect(asksToRemember(await enrol(someone, again, new Phone()))).toBe(true);
  });

  it('tells the page, and shows it anew without a script', async () => {
    const someone = await scene.newcomer();
    const page = await someone.answer(await someone.enter('courses'), { factor: 'push' });
    expect(page.body).toContain('<meta http-equiv="refresh"');
    const { events, state } = waitingOn(page);
    expect((await someone.client.get(state)).json()).toEqual({ changed: false, over: false });
    const stream = someone.client.get(events);
    await new Phone().register(invitationOn(page));
    expect((await stream).body).toContain('event: changed\n');
    expect((await someone.client.get(state)).json()).toMatchObject({ changed: true });
    expect((await reload(someone, page)).text).toContain('your phone?');
  });

  it('gives a new picture once the first is too old', async () => {
    const someone = await scene.newcomer();
    const page = await someone.answer(await someone.enter('courses'), { factor: 'push' });
    scene.clock.advance(11 * MINUTES);
    expect((await new Phone().register(invitationOn(page))).status).toBe(410);
    const again = await reload(someone, page);
    expect(again.text).toContain('The picture was too old');
    expect(asksToRemember(await enrol(someone, again, new Phone()))).toBe(true);
  });

  it('adds a second one on the account page, which listens as well', async () => {
    const { someone } = await owner({ name: 'Phone' });
    const address = `${scene.gateway.url}/account/methods/add/push`;
    const page = await someone.client.open(address);
    expect(page.body).not.toContain('name="name"');
    const stream = someone.client.get(waitingOn(page).events);
    const second = new Phone({ name: 'Phone' });
    await second.register(invitationOn(page));
    expect((await stream).body).toContain('event: changed\n');
    const question = await someone.client.open(`${address}?again`);
    expect(question.text).toContain('Is “Phone 2” your phone?');
    const done = await someone.answer(question, { choice: 'yes' });
    expect(done.text).toContain('Phone 2');
    expect(done.text).toContain('Receives no messages: open the app');
    expect((await new Client().get(waitingOn(page).events)).status).toBe(404);
  });
});

describe('a request', () => {
  it('shows a number, reaches the phone, and is approved by typing it there', async () => {
    const { someone, phone, subscriber } = await owner({ name: 'Pixel of Ada' });
    const { other, page, number } = await asked(someone);
    expect(number).toMatch(/^[1-9][0-9]$/);
    expect(page.text).toContain('We sent a request to Pixel of Ada');
    expect(page.body).toContain('role="status"><bdi>');
    for (const text of ['Send again', 'My phone has no network: type a code', 'Code from the authenticator']) {
      expect(page.text).toContain(text);
    }
    const { body, ttl, urgency, topic } = await subscriber.next();
    const request = await phone.request();
    expect(JSON.parse(body)).toEqual({ v: 1, issuer: scene.gateway.url, device: phone.device, request: request.id });
    expect({ ttl, urgency, topic }).toEqual({ ttl: 60, urgency: 'high', topic: request.id });
    expect(request).toMatchObject({ application: 'Payroll', username: someone.username, address: '127.0.0.1' });
    expect(request).toMatchObject({ browser: 'Chrome', system: 'Linux' });
    const stream = other.client.get(waitingOn(page).events);
    expect(await phone.answer(request.id, 'approve', number)).toEqual({ status: 200, json: { outcome: 'approved' } });
    expect((await stream).body).toContain('event: changed\n');
    await other.answer(page, {});
    const { claims } = (await other.claims('payroll')) as { claims: { amr: string[] } };
    expect(claims.amr).toEqual(['mfa', 'pop', 'pwd', 'swk']);
  });

  it('is noticed by a page without a script', async () => {
    const { someone, phone } = await owner();
    const { other, page, number } = await asked(someone);
    expect(page.body).toContain('<meta http-equiv="refresh" content="10;');
    expect(numberOn(await reload(other, page))).toBe(number);
    const still = await other.client.get(`${page.url.href}?still`);
    expect(still.body).not.toContain('http-equiv="refresh"');
    await phone.approve(number);
    await reload(other, page);
    expect(await other.subject('payroll')).toBeDefined();
  });

  it('can be asked about instead of listened to', async () => {
    const { someone, phone } = await owner();
    const { other, page, number } = await asked(someone);
    const { state } = waitingOn(page);
    expect((await other.client.get(state)).json()).toEqual({ changed: false, over: false });
    await phone.approve(number);
    expect((await other.client.get(state)).json()).toEqual({ changed: true, over: false });
    await other.answer(page, {});
    expect((await other.client.get(state)).status).toBe(400);
  });

  it('ends with a wrong number, and another can be sent after a wait', async () => {
    const { someone, phone, subscriber } = await owner();
    const { other, page, number } = await asked(someone);
    const wrong = number === '10' ? '11' : '10';
    expect((await phone.approve(wrong)).json).toEqual({ outcome: 'wrong-number' });
    const ended = await other.answer(page, {});
    expect(ended.text).toContain('Another number was typed on the phone');
    expect(numberOn(ended)).toBeUndefined();
    expect((await other.answer(ended, { resend: 'yes' })).text).toContain(
      'You can have another request sent in 20 seconds',
    );
    expect(subscriber.posts).toBe(1);
    scene.clock.advance(21 * SECONDS);
    const next = await other.answer(await reload(other, page), { resend: 'yes' });
    await phone.approve(numberOn(next) ?? '');
    await other.answer(next, {});
    expect(await other.subject('payroll')).toBeDefined();
    expect(subscriber.posts).toBe(2);
  });

  it('can be cancelled on the phone', async () => {
    const { someone, phone } = await owner();
    const { other, page } = await asked(someone);
    expect((await phone.decline('cancel')).json).toEqual({ outcome: 'cancelled' });
    const ended = await other.answer(page, {});
    expect(ended.text).toContain('You cancelled this request on your phone');
    expect(offered(ended)).toBe(true);
  });

  it('ends after a minute, and says so', async () => {
    const { someone, phone } = await owner();
    const { other, page, number } = await asked(someone);
    const { id } = await phone.request();
    const stream = other.client.get(waitingOn(page).events);
    scene.clock.advance(61 * SECONDS);
    expect((await stream).body).toContain('event: over\n');
    expect((await phone.pending()).json).toMatchObject({ requests: [] });
    expect((await phone.answer(id, 'approve', number)).status).toBe(410);
    expect((await other.client.get(waitingOn(page).state)).json()).toEqual({ changed: false, over: true });
    const ended = await reload(other, page);
    expect(ended.text).toContain('No answer came within a minute');
    expect(numberOn(ended)).toBeUndefined();
    expect(offered(ended)).toBe(true);
  });

  it('gives way to a code of the app where the phone has no network, once', async () => {
    const { someone, phone } = await owner();
    const { other, page, number } = await asked(someone);
    const { id } = await phone.request();
    const code = phone.code();
    await other.answer(page, { code: `${code.slice(0, 3)} ${code.slice(3)}` });
    const { claims } = (await other.claims('payroll')) as { claims: { amr: string[] } };
    expect(claims.amr).toEqual(['mfa', 'otp', 'pwd']);
    expect((await phone.answer(id, 'approve', number)).status).toBe(410);
    const again = await asked(someone);
    expect((await again.other.answer(again.page, { code })).text).toContain('That code has been used already');
    expect((await again.other.answer(again.page, { code: '12345' })).text).toContain('That code isn’t right');
    expect(numberOn(await reload(again.other, again.page))).toBe(again.number);
  });

  it('rings on a phone that said where only after it had registered, before its owner confirmed it', async () => {
    const someone = await scene.newcomer();
    const subscriber = service.subscribe();
    const phone = new Phone();
    const page = await someone.answer(await someone.enter('courses'), { factor: 'push' });
    expect((await phone.register(invitationOn(page))).status).toBe(201);
    const whose = await someone.answer(page, {});
    // The page has asked already whose it is.
    expect((await phone.subscribe(subscriber.subscription)).status).toBe(204);
    const stranger = Object.assign(new Phone(), { issuer: phone.issuer, device: phone.device });
    expect((await stranger.subscribe(service.subscribe().subscription)).status).toBe(404);
    await someone.remember(await someone.answer(whose, { choice: 'yes' }), 'no');
    expect((await phone.pending()).json).toMatchObject({ subscribed: true });

    const other = scene.elsewhere(someone, new Client());
    expect(numberOn(await other.enter('payroll'))).toMatch(/^\d\d$/);
    expect(subscriber.posts).toBe(1);
    await phone.subscribe(null);
    expect((await phone.pending()).json).toMatchObject({ subscribed: false });
  });

  it('says on the page what to do where the subscription is over, and waits in the app', async () => {
    const { someone, phone, subscriber } = await owner({ name: 'Old phone' });
    subscriber.answer(410);
    const { other, page, number } = await asked(someone);
    expect(page.text).toContain('Old phone no longer receives our messages');
    await phone.approve(number);
    await other.answer(page, {});
    expect(await other.subject('payroll')).toBeDefined();
    expect((await asked(someone)).page.text).toContain('no longer receives our messages');
    expect(subscriber.posts).toBe(1);
    const fresh = service.subscribe();
    expect((await phone.subscribe(fresh.subscription)).status).toBe(204);
    scene.clock.advance(2 * MINUTES);
    await asked(someone);
    expect(fresh.posts).toBe(1);
  });

  it('goes to the phone used last, and any of the account’s can answer it', async () => {
    const { someone, phone, subscriber } = await owner({ name: 'First' });
    const other = service.subscribe();
    const second = new Phone({ name: 'Second', subscription: other.subscription });
    await enrol(someone, await someone.client.open(`${scene.gateway.url}/account/methods/add/push`), second);
    const posts = subscriber.posts;
    scene.clock.advance(SECONDS);
    const one = await asked(someone);
    expect(one.page.text).toContain('We sent a request to Second');
    await phone.approve(one.number);
    await one.other.answer(one.page, {});
    const two = await asked(someone);
    expect(two.page.text).toContain('We sent a request to First');
    expect([subscriber.posts - posts, other.posts]).toEqual([1, 1]);
  });

  it('of one account is not shown to another on the same phone', async () => {
    const [ada, bob] = [await owner(), await owner()];
    const { number } = await asked(ada.someone);
    expect((await bob.phone.pending()).json).toMatchObject({ requests: [] });
    const { id } = await ada.phone.request();
    expect((await bob.phone.answer(id, 'approve', number)).status).toBe(410);
    expect((await ada.phone.answer(id, 'approve', number)).json).toEqual({ outcome: 'approved' });
  });
});

describe('“it’s not me”', () => {
  it('ends the request, suspends the phone, and holds the account until its password is changed', async () => {
    const { someone, phone, subscriber } = await owner();
    const { other, page } = await asked(someone);
    expect((await phone.decline('not-me')).json).toEqual({ outcome: 'reported' });
    const ended = await other.answer(page, {});
    // What was proven counts no more.
    expect(asksPassword(ended)).toBe(true);
    const id = (await scene.gateway.app.rooms.accounts.find(someone.username))?.id ?? '';
    expect(await scene.gateway.app.rooms.holds.of(id)).toMatchObject({ account: id });
    const events = scene
      .audit()
      .filter(({ account }) => account === id)
      .map(({ event }) => event);
    expect(events).toEqual(expect.arrayContaining(['push.denied', 'push.suspended', 'hold.placed']));
    scene.clock.advance(2 * MINUTES);
    const again = await asked(someone);
    expect(again.number).toBe('');
    expect(subscriber.posts).toBe(1);
    expect((await phone.pending()).json).toMatchObject({ requests: [] });
    await scene.gateway.app.rooms.holds.release(id);
    const after = await asked(someone);
    expect(after.number).toMatch(/^\d\d$/);
  });
});
