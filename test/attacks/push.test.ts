import { generateKeyPairSync } from 'node:crypto';
import { afterAll, describe, expect, it, vi } from 'vitest';
import {
  invitationIn,
  invitationOn,
  newNonce,
  numberOn,
  Phone,
  waitingOn,
} from '../../src/factors/push/testing/phone.ts';
import { Client } from '../support/client.ts';
import { MINUTES, SECONDS } from '../support/clock.ts';
import { phones, startPushService, withPhones } from '../support/phones.ts';
import { asksPassword, ownForm, type Someone, stage } from '../support/scene.ts';

const MANY = 100;
const BURST = 50;

const service = await startPushService({ now: () => Date.now() });
afterAll(() => service.close());
const scene = stage(() => ({ config: withPhones(service) }));
const { owner } = phones(scene, () => service);

/** One person with a phone for several tests, made when the first of them asks. */
function lasting() {
  let made: ReturnType<typeof owner> | undefined;
  return () => {
    made ??= owner();
    return made;
  };
}
const [one, two] = [lasting(), lasting()];

async function asked(someone: Someone, application = 'payroll') {
  const other = scene.elsewhere(someone, new Client());
  const page = await other.enter(application);
  return { other, page, number: numberOn(page) ?? '' };
}

/** Somebody who is about to register a phone. */
async function invited() {
  const someone = await scene.newcomer();
  const page = await someone.answer(await someone.enter('courses'), { factor: 'push' });
  return { someone, page, uri: invitationOn(page) };
}

/** Long enough that nothing of the tests before is waited for. */
const later = () => scene.clock.advance(25 * 60 * MINUTES);

describe('a burst of 50', () => {
  it('right passwords delivers one notification', async () => {
    const { someone, subscriber } = await one();
    later();
    const before = subscriber.posts;
    const other = scene.elsewhere(someone, new Client());
    const form = ownForm(await other.begin('payroll'));
    const fields = { ...form.fields, username: someone.username, password: 'correct horse battery staple' };
    await Promise.all(Array.from({ length: BURST }, () => other.client.post(form.url, fields)));
    expect(subscriber.posts - before).toBe(1);
    const number = numberOn(await other.client.open(form.url));
    expect(number).toMatch(/^\d\d$/);
    const { phone } = await one();
    await phone.approve(number ?? '');
    await other.client.open(form.url);
    expect(await other.subject('payroll')).toBeDefined();
  });

  it('reloads, looks and requests to send again delivers none more', async () => {
    const { someone, subscriber } = await one();
    const { other, page } = await asked(someone);
    const before = subscriber.posts;
    const form = ownForm(page);
    await Promise.all([
      ...Array.from({ length: BURST }, () => other.client.get(page.url)),
      ...Array.from({ length: BURST }, () => other.client.post(form.url, { ...form.fields, resend: 'yes' })),
    ]);
    expect(subscriber.posts - before).toBe(0);
    scene.clock.advance(21 * SECONDS);
    const fresh = ownForm(await other.client.get(page.url));
    await Promise.all(
      Array.from({ length: BURST }, () => other.client.post(fresh.url, { ...fresh.fields, resend: 'yes' })),
    );
    expect(subscriber.posts - before).toBe(1);
  });

  it('sign-ins of one account delivers one, and tells the others to wait', async () => {
    const { someone, subscriber } = await two();
    later();
    const before = subscriber.posts;
    const all = await Promise.all(Array.from({ length: 10 }, () => asked(someone)));
    expect(subscriber.posts - before).toBe(1);
    expect(all.filter(({ number }) => number !== '')).toHaveLength(1);
    const [refused] = all.filter(({ number }) => number === '');
    expect(refused?.page.text).toContain('Another sign-in of yours has asked your phone already');
  });
});

describe('whoever sends one request after the other', () => {
  it('waits longer each time, whichever sign-in asks, until one is approved', async () => {
    const { someone, phone, subscriber } = await one();
    later();
    const waits: number[] = [];
    let { other, page } = await asked(someone);
    const before = subscriber.posts;
    for (let round = 0; round < 3; round += 1) {
      if (round % 2) ({ other, page } = await asked(someone));
      else await phone.decline('cancel').catch(() => undefined);
      const started = Date.now();
      while (subscriber.posts - before === round) {
        scene.clock.advance(20 * SECONDS);
        const shown = await other.client.open(page.url);
        await other.answer(shown, { resend: 'yes' });
      }
      waits.push(Math.round((Date.now() - started) / 1000));
    }
    for (const [at, wait] of waits.entries()) expect(wait).toBeGreaterThanOrEqual(20 * 2 ** at);
    const shown = await other.client.open(page.url);
    await phone.approve(numberOn(shown) ?? '');
    await other.client.open(page.url);
    expect((await asked(someone)).number).toMatch(/^\d\d$/);
  });
});

describe('a request', () => {
  it('has one outcome of a hundred answers', async () => {
    const { someone, phone } = await two();
    later();
    const { other, page, number } = await asked(someone);
    const { id } = await phone.request();
    const decisions = ['approve', 'cancel', 'approve'] as const;
    const answers = await Promise.all(
      Array.from({ length: MANY / 2 }, (_, at) => {
        const decision = decisions[at % 3] ?? 'cancel';
        return phone.answer(id, decision, decision === 'approve' ? number : '');
      }),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.every((status) => [200, 410, 429].includes(status))).toBe(true);
    const form = ownForm(page);
    await Promise.all(Array.from({ length: MANY }, () => other.client.post(form.url, form.fields)));
    const account = (await scene.gateway.app.rooms.accounts.find(someone.username))?.id;
    const proofs = () =>
      scene.audit().filter(({ event, account: of, detail }) => {
        return event === 'sign-in.proved' && of === account && detail.includes('"push"');
      });
    const approved = answers.find(({ status }) => status === 200)?.json.outcome === 'approved';
    await vi.waitFor(() => expect(proofs()).toHaveLength(approved ? 1 : 0), { timeout: 20_000 });
  });

  it('opens no sign-in before the password, and none but the one that asked', async () => {
    const { someone, phone } = await two();
    later();
    const stranger = scene.elsewhere(someone, new Client());
    const locked = await stranger.begin('payroll');
    expect(asksPassword(locked)).toBe(true);
    expect((await phone.pending()).json).toMatchObject({ requests: [] });
    const own = await asked(someone);
    const thief = await asked(someone);
    expect(thief.number).toBe('');
    await phone.approve(own.number);
    await thief.other.answer(thief.page, {});
    expect(await thief.other.subject('payroll')).toBeUndefined();
    await own.other.answer(own.page, {});
    expect(await own.other.subject('payroll')).toBeDefined();
  });

  it('ends at the first guess of its number', async () => {
    const { someone, phone } = await two();
    later();
    const { other, page, number } = await asked(someone);
    const { id } = await phone.request();
    const guesses = Array.from({ length: 30 }, (_, at) => String(10 + at)).filter((guess) => guess !== number);
    const outcomes = (await Promise.all(guesses.map((guess) => phone.answer(id, 'approve', guess)))).map(
      ({ json }) => json,
    );
    expect(outcomes.filter(({ outcome }) => outcome === 'wrong-number')).toHaveLength(1);
    expect((await phone.answer(id, 'approve', number)).status).not.toBe(200);
    await other.answer(page, {});
    expect(await other.subject('payroll')).toBeUndefined();
  });
});

describe('a signature', () => {
  it('of another key, account, service, purpose or request is refused, and costs the request nothing', async () => {
    const [{ someone, phone }, other] = [await one(), await two()];
    later();
    const { page, other: browser, number } = await asked(someone);
    const { id } = await phone.request();
    const fields = { device: phone.device, request: id, decision: 'approve', number };
    const good = phone.signed('answer', fields);
    const answer = (signed: object, more: object = {}) => phone.call('answer', { ...signed, ...more });
    const stranger = new Phone();
    const theirs = { ...fields, device: other.phone.device };
    const { v: _, ...former } = good;
    const wrong: Record<string, Promise<{ status: number }>> = {
      'a strange key': answer(stranger.signed('answer', fields, phone.issuer)),
      'another account’s key': answer(other.phone.signed('answer', fields)),
      'another account’s device': answer(other.phone.signed('answer', theirs)),
      'another issuer': answer(phone.signed('answer', fields, 'https://evil.example')),
      'another purpose': answer(phone.signed('pending', fields)),
      'another number': answer(good, { number: number === '10' ? '11' : '10' }),
      'another decision': answer(good, { decision: 'cancel', number: '' }),
      'another version': answer(former),
      'a version that there is none of': answer(good, { v: 3 }),
      'a field moved': answer(good, { device: `${phone.device}\n${id}`, request: 'approve' }),
      'DER instead of P1363': answer(good, { signature: good.signature.slice(0, 84) }),
    };
    for (const [what, refused] of Object.entries(wrong)) {
      expect([what, (await refused).status >= 400]).toEqual([what, true]);
    }
    expect((await answer(good)).json).toEqual({ outcome: 'approved' });
    expect((await answer(good)).status).toBe(410);
    await browser.answer(page, {});
    expect(await browser.subject('payroll')).toBeDefined();
  });

  it('covers every field: none can be changed by whoever passes a call on', async () => {
    const { uri } = await invited();
    const { issuer, token } = invitationIn(uri);
    const phone = Object.assign(new Phone(), { issuer });
    const own = service.subscribe().subscription;
    const evil = service.subscribe().subscription;
    const register = phone.signed('register', { token, key: { ...phone.jwk }, subscription: own, name: 'Mine' });
    const changed: Record<string, object> = {
      'the endpoint': { subscription: { ...own, endpoint: evil.endpoint } },
      'the keys that messages are encrypted for': { subscription: { ...own, keys: evil.keys } },
      'one of them': { subscription: { ...own, keys: { ...own.keys, auth: evil.keys.auth } } },
      'no subscription': { subscription: null },
      'the name': { name: 'Theirs' },
      'the key': { key: new Phone().jwk },
    };
    for (const [what, more] of Object.entries(changed)) {
      const refused = await phone.call('register', { ...register, ...more });
      expect([what, refused.status, refused.json.error]).toEqual([what, 400, 'signature']);
    }
    const { v: _, ...former } = register;
    expect((await phone.call('register', former)).status).toBe(400);
    const taken = await phone.call('register', { ...register, more: 'that nobody reads' });
    expect(taken.status).toBe(201);
  });

  it('covers where messages go from now on, keys included', async () => {
    const { phone } = await one();
    const [own, evil] = [service.subscribe().subscription, service.subscribe().subscription];
    const fields = { device: phone.device, at: Date.now(), nonce: newNonce(), subscription: own };
    const good = phone.signed('subscription', fields);
    for (const subscription of [evil, { ...own, keys: evil.keys }, null]) {
      expect((await phone.call('subscription', { ...good, subscription })).status).toBe(404);
    }
    expect((await phone.call('subscription', good)).status).toBe(204);
  });

  it('is taken from a phone that registered before, where it always covered everything', async () => {
    const { someone, phone } = await one();
    later();
    const { page, other, number } = await asked(someone);
    phone.wire = 1;
    try {
      expect((await phone.approve(number)).json).toEqual({ outcome: 'approved' });
      expect((await phone.subscribe(null)).status).toBe(400);
    } finally {
      phone.wire = 2;
    }
    await other.answer(page, {});
    expect(await other.subject('payroll')).toBeDefined();
  });

  it('of a device that is unknown is answered as a wrong one', async () => {
    const { phone } = await one();
    const unknown = await phone.pending({ device: newNonce() });
    const stranger = Object.assign(new Phone(), { issuer: phone.issuer, device: phone.device });
    expect(await stranger.pending()).toEqual(unknown);
    expect(unknown).toMatchObject({ status: 404, json: { error: 'unknown_device' } });
  });

  it('counts once, and within five minutes', async () => {
    const { phone } = await one();
    const nonce = newNonce();
    expect((await phone.pending({ nonce })).status).toBe(200);
    expect((await phone.pending({ nonce })).json).toMatchObject({ error: 'replayed' });
    const results = await Promise.all(Array.from({ length: 10 }, () => phone.pending({ nonce: 'A'.repeat(22) })));
    expect(results.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const off of [-90 * SECONDS, 90 * SECONDS]) {
      expect((await phone.pending({ at: Date.now() + off })).status).toBe(200);
    }
    for (const off of [-6 * MINUTES, 6 * MINUTES]) {
      const late = await phone.pending({ at: Date.now() + off });
      expect(late).toMatchObject({ status: 400, json: { error: 'clock', now: expect.any(Number) } });
    }
  });

  it('of a phone that was removed counts no more, in the middle of a sign-in', async () => {
    const { someone, phone } = await owner();
    const { other, page, number } = await asked(someone);
    await phone.approve(number);
    const { accounts, credentials } = scene.gateway.app.rooms;
    const account = (await accounts.find(someone.username))?.id ?? '';
    for (const { id } of await credentials.ofAccount(account)) await credentials.remove(id, account);
    await other.answer(page, {});
    expect(await other.subject('payroll')).toBeUndefined();
    expect((await phone.pending()).json).toMatchObject({ error: 'unknown_device' });
  });
});

describe('an enrolment', () => {
  it('takes one device of fifty, and none with another’s signature', async () => {
    const { uri } = await invited();
    const forged = await new Phone().register(uri, { key: new Phone().jwk });
    expect(forged).toMatchObject({ status: 400, json: { error: 'signature' } });
    const all = await Promise.all(Array.from({ length: BURST }, () => new Phone().register(uri)));
    expect(all.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(all.filter(({ status }) => status === 410)).toHaveLength(BURST - 1);
  });

  it('sends messages nowhere but to the push services that are listed', async () => {
    const { uri } = await invited();
    const { keys } = service.subscribe().subscription;
    for (const endpoint of [
      'http://127.0.0.1:1/send/x',
      'https://127.0.0.1/send/x',
      'https://10.0.0.1/send/x',
      'https://[::1]/send/x',
      'https://localhost/send/x',
      'https://evil.example/send/x',
      `${service.origin}@evil.example/send/x`,
      `${service.origin}.evil.example/send/x`,
      'file:///etc/passwd',
      'x',
    ]) {
      const refused = await new Phone({ subscription: { endpoint, keys } }).register(uri);
      expect([endpoint, refused.json.error]).toEqual([endpoint, 'endpoint_refused']);
    }
    expect((await new Phone({ subscription: service.subscribe().subscription }).register(uri)).status).toBe(201);
  });

  it('takes no key that is none', async () => {
    const { uri } = await invited();
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });
    const { jwk } = new Phone();
    for (const key of [rsa, { ...jwk, d: jwk.x }, { ...jwk, crv: 'P-384' }, { ...jwk, x: 'A'.repeat(43) }, 'x', null]) {
      expect((await new Phone().register(uri, { key })).status).toBe(400);
    }
    const keys = { p256dh: `B${'A'.repeat(86)}`, auth: 'A'.repeat(22) };
    const off = new Phone({ subscription: { endpoint: `${service.origin}/send/x`, keys } });
    expect((await off.register(uri)).json).toMatchObject({ error: 'invalid' });
  });

  it('answers bodies that are none without telling anything', async () => {
    const url = `${scene.gateway.url}/authenticator/api/register`;
    const post = (body: string, type = 'application/json') =>
      fetch(url, { method: 'POST', body, headers: { 'content-type': type } });
    expect((await post('{}')).status).toBe(400);
    expect((await post('{')).status).toBe(400);
    expect((await post('{}', 'text/plain')).status).toBe(415);
    expect((await post(JSON.stringify({ x: 'x'.repeat(9_000) }))).status).toBe(413);
    const { headers, status } = await fetch(url, { method: 'OPTIONS' });
    expect([status, headers.get('access-control-allow-origin')]).toEqual([204, '*']);
    expect(headers.get('access-control-allow-credentials')).toBeNull();
  });
});

describe('streams of events', () => {
  it('are for the browser of the sign-in, and a few of it', async () => {
    const { someone, phone } = await two();
    later();
    const { other, page, number } = await asked(someone);
    const { events } = waitingOn(page);
    expect((await new Client().get(events)).status).toBe(400);
    // One more than there may be: whichever comes last is refused, and the others stay open.
    const asking = Array.from({ length: 6 }, () => other.client.get(events));
    expect((await Promise.race(asking)).status).toBe(429);
    await phone.approve(number);
    const answers = await Promise.all(asking);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(1);
    const streams = answers.filter(({ status }) => status === 200);
    expect(streams.map(({ body }) => body.includes('event: changed\n'))).toEqual(Array(5).fill(true));
  });
});
