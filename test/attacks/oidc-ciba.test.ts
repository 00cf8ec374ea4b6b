import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { numberOn } from '../../src/factors/push/testing/phone.ts';
import { trustedHere } from '../support/certificate.ts';
import { Client } from '../support/client.ts';
import { HOURS, MINUTES, SECONDS } from '../support/clock.ts';
import { application } from '../support/oidc-gateway.ts';
import { type Owner, phones, startPushService, withPhones } from '../support/phones.ts';
import { call, userinfo } from '../support/relying-party.ts';
import { stage } from '../support/scene.ts';

/** Requests that an application begins (OpenID CIBA Core 1.0): who can have somebody's phone asked, and who gets what it says. */
const calls: string[] = [];
const identity = await trustedHere();
const elsewhere = createServer(identity, (request, response) => {
  calls.push(request.url ?? '');
  response.writeHead(302, { location: '/inside' }).end();
});
await new Promise<void>((resolve) => void elsewhere.listen(0, '127.0.0.1', resolve));
const { port } = elsewhere.address() as AddressInfo;
const service = await startPushService({ now: () => Date.now() });
afterAll(() => {
  elsewhere.closeAllConnections();
  elsewhere.close();
  return service.close();
});

const asks = { grants: ['ciba'], redirectUris: [] };
const ping = (uri: string) => ({
  ...{ ...asks, backchannelTokenDeliveryMode: 'ping' },
  backchannelClientNotificationEndpoint: uri,
});
const scene = stage(() => ({
  config: {
    ...withPhones(service),
    applications: {
      desk: application('desk', { ...asks, reauthenticate: '2d' }),
      other: application('other', asks),
      curious: application('curious', asks),
      safe: application('safe', asks),
      wary: application('wary', asks, { consent: 'ask' }),
      plain: application('plain', { redirectUris: ['http://127.0.0.1:9/callback'] }),
      inside: application('inside', ping('https://10.11.12.13/told')),
      moved: application('moved', ping(`https://localhost:${port}/told`)),
    },
    policy: {
      rules: [
        {
          name: 'low',
          applications: ['desk', 'other', 'curious', 'plain', 'inside', 'moved', 'wary', 'library'],
          level: 'sfa',
        },
        { name: 'high', applications: ['safe', 'courses', 'payroll'], level: 'mfa' },
      ],
    },
    allowedPrivateNetworks: ['127.0.0.0/8'],
  },
}));
const { owner } = phones(scene, () => service);
const grant_type = 'urn:openid:params:grant-type:ciba';

let ada: Owner;
beforeEach(async () => {
  ada = await owner();
});

interface Begun {
  status: number;
  error: string;
  error_description: string;
  auth_req_id: string;
  binding_number: string;
  retryAfter: number;
}

async function begin(id = 'desk', fields: Record<string, string | undefined> = {}): Promise<Begun> {
  const all = { scope: 'openid', login_hint: ada.someone.username, ...fields };
  const sent = Object.entries(all).filter((it): it is [string, string] => it[1] !== undefined);
  const { status, body, headers } = await call(
    ...([scene.gateway, '/backchannel-authentication', Object.fromEntries(sent), id] as const),
  );
  return { status, ...JSON.parse(body), retryAfter: Number(headers['retry-after']) };
}

async function poll(auth_req_id: string, id = 'desk') {
  const { status, body } = await call(scene.gateway, '/token', { grant_type, auth_req_id }, id);
  return { status, json: JSON.parse(body) as Record<string, string> };
}

/** As long as a client has to wait before it asks again. */
const pause = () => scene.clock.advance(5 * SECONDS);
const asked = async () => ((await ada.phone.pending()).json.requests as unknown[]).length;

describe('what was approved', () => {
  it('is the client’s that asked, and no other’s', async () => {
    const { auth_req_id, binding_number } = await begin();
    await ada.phone.approve(binding_number);
    expect((await poll(auth_req_id, 'other')).json.error).toBe('invalid_grant');
    pause();
    expect((await poll(auth_req_id)).status).toBe(200);
  });

  it('is redeemed once, of any number at once, and whoever tries again ends it', async () => {
    const { auth_req_id, binding_number } = await begin();
    await ada.phone.approve(binding_number);
    const answers = await Promise.all(Array.from({ length: 10 }, () => poll(auth_req_id)));
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
    pause();
    const token = answers.find(({ status }) => status === 200)?.json ?? (await poll(auth_req_id)).json;
    expect((await userinfo(scene.gateway, String(token.access_token))).status).toBe(200);
    pause();
    expect((await poll(auth_req_id)).json.error).toBe('invalid_grant');
    expect((await userinfo(scene.gateway, String(token.access_token))).status).toBe(401);
  });

  it('ends with all else, where its person signs out everywhere', async () => {
    const { auth_req_id, binding_number } = await begin();
    await ada.phone.approve(binding_number);
    const { access_token = '', refresh_token = '' } = (await poll(auth_req_id)).json;
    expect((await userinfo(scene.gateway, access_token)).status).toBe(200);
    const { client } = ada.someone;
    const confirm = await client.open(`${scene.gateway.url}/account/sign-out-everywhere`);
    await client.follow(await client.submit(confirm, {}, { action: '/sign-out-everywhere' }));
    expect((await userinfo(scene.gateway, access_token)).status).toBe(401);
    const fields = { grant_type: 'refresh_token', refresh_token };
    expect((await call(scene.gateway, '/token', fields, 'desk')).json()).toMatchObject({ error: 'invalid_grant' });
  });

  it('stands nowhere as it is: neither the request’s id nor what the client is told by', async () => {
    const { auth_req_id } = await begin('moved', { client_notification_token: 'a-secret-of-the-client' });
    const folder = scene.data;
    const kept = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'));
    const text = kept.join('\n');
    expect(text.includes('oidc:BackchannelAuthenticationRequest')).toBe(true);
    for (const secret of [auth_req_id, 'a-secret-of-the-client']) expect(text.includes(secret)).toBe(false);
  });
});

describe('what is approved while many ask', () => {
  const rounds = Array.from({ length: 12 }, (_, at) => at);
  const token = { client_notification_token: 'a-token' };
  // At the push service itself: the audit is told a moment later.
  const sent = () => ada.subscriber.posts;
  const polls = (auth_req_id: string, many: number) => Array.from({ length: many }, () => poll(auth_req_id, 'moved'));
  const told = () =>
    scene.audit().filter(({ event }) => event === 'backchannel.unreached' || event === 'backchannel.notified').length;

  it('gives one token, and asks nobody again: one poll among them, whenever it comes', async () => {
    const first = told();
    for (const at of rounds) {
      const [before, heard] = [sent(), told()];
      const { auth_req_id, binding_number } = await begin('moved', token);
      const approved = ada.phone.approve(binding_number);
      // The client is told by this node, which takes what was approved at the same moment.
      if (at % 2 === 1) await approved;
      const answers = await Promise.all(polls(auth_req_id, 20 + at));
      await approved;
      const errors = answers.map(({ json }) => json.error ?? 'none');
      expect(errors.filter((one) => !['none', 'authorization_pending', 'slow_down'].includes(one))).toEqual([]);
      if (!errors.includes('none')) {
        // What the round before is told of may come by now, and this node still be looking: a client asks again then.
        await expect.poll(told).toBeGreaterThan(heard);
        const pending = async () => {
          pause();
          const answer = await poll(auth_req_id, 'moved');
          if (answer.json.error !== 'authorization_pending') answers.push(answer);
          return answer.json.error;
        };
        await expect.poll(pending).not.toBe('authorization_pending');
      }
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(await asked()).toBe(0);
      expect(sent()).toBe(before + 1);
      pause();
    }
    expect(told()).toBeLessThanOrEqual(first + rounds.length);
  });

  it('asks nobody again, however long a look takes: none is in the way of the next for ever', async () => {
    const before = sent();
    const { auth_req_id, binding_number } = await begin('moved', token);
    const approved = ada.phone.approve(binding_number);
    const asking = Array.from({ length: 10 }, () => {
      const one = poll(auth_req_id, 'moved');
      pause();
      return one;
    });
    await approved;
    const answers = await Promise.all(asking);
    answers.push(await poll(auth_req_id, 'moved'));
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
    expect(await asked()).toBe(0);
    await expect.poll(sent).toBe(before + 1);
  });
});

describe('what was not', () => {
  it('is said: wait, slow down, and that it has ended', async () => {
    const { auth_req_id } = await begin();
    expect(await poll(auth_req_id)).toMatchObject({ status: 400, json: { error: 'authorization_pending' } });
    expect(await poll(auth_req_id)).toMatchObject({ status: 400, json: { error: 'slow_down' } });
    scene.clock.advance(61 * SECONDS);
    expect(await poll(auth_req_id)).toMatchObject({ status: 400, json: { error: 'expired_token' } });
    scene.clock.advance(2 * MINUTES);
    expect((await poll(auth_req_id)).json.error).toMatch(/^(expired_token|invalid_grant)$/);
  });

  it.each(['cancel', 'wrong'] as const)('%s: access_denied, for good', async (how) => {
    const { auth_req_id, binding_number } = await begin();
    if (how === 'cancel') await ada.phone.decline('cancel');
    else await ada.phone.approve(binding_number === '11' ? '12' : '11');
    expect((await poll(auth_req_id)).json.error).toBe('access_denied');
    pause();
    expect((await poll(auth_req_id)).json.error).not.toBeUndefined();
    expect(await asked()).toBe(0);
  });

  it('“No, it’s not me” ends it, signs out everywhere, and nobody is asked again', async () => {
    const { auth_req_id } = await begin();
    expect(await ada.someone.subject('courses')).toBeDefined();
    await ada.phone.decline('not-me');
    expect((await poll(auth_req_id)).json.error).toBe('access_denied');
    scene.clock.advance(2 * HOURS);
    expect(await begin()).toMatchObject({ status: 403, error: 'access_denied' });
    const events = () => scene.audit().map(({ event }) => event);
    await expect.poll(events).toEqual(expect.arrayContaining(['backchannel.asked', 'push.denied', 'report.made']));
  });
});

describe('what policy asks for', () => {
  it('mfa: nothing is sent, for a phone alone is one factor', async () => {
    expect(await begin('safe')).toMatchObject({ status: 403, error: 'access_denied' });
    expect(await asked()).toBe(0);
  });

  it('a class that it cannot reach: refused where that is essential, passed over where it is not', async () => {
    const claims = JSON.stringify({
      id_token: { acr: { essential: true, values: ['https://refeds.org/profile/mfa'] } },
    });
    expect(await begin('desk', { claims })).toMatchObject({ status: 403, error: 'access_denied' });
    expect(await asked()).toBe(0);
    const { auth_req_id, binding_number } = await begin('desk', { acr_values: 'https://refeds.org/profile/mfa' });
    await ada.phone.approve(binding_number);
    const { json } = await poll(auth_req_id);
    const claimed = JSON.parse(Buffer.from(String(json.id_token).split('.')[1] ?? '', 'base64url').toString());
    expect(claimed).toMatchObject({ acr: 'https://refeds.org/profile/sfa', amr: ['pop', 'swk'] });
  });

  it('consent: none is given on a phone', async () => {
    const { auth_req_id, binding_number } = await begin('wary');
    await ada.phone.approve(binding_number);
    expect((await poll(auth_req_id, 'wary')).json.error).toBe('access_denied');
  });

  it('nobody without a phone is asked, nor anybody who is not there', async () => {
    const someone = await scene.newcomer();
    // Who has never come here has no phone here, and no account is made for them.
    expect(await begin('desk', { login_hint: someone.username })).toMatchObject({ error: 'unknown_user_id' });
    await someone.enter('library');
    expect(await begin('desk', { login_hint: someone.username })).toMatchObject({ status: 403 });
    expect(await begin('desk', { login_hint: 'nobody' })).toMatchObject({ status: 400, error: 'unknown_user_id' });
  });

  it('it opens nothing else: the browser is asked for all that it was asked before', async () => {
    const { auth_req_id, binding_number } = await begin();
    await ada.phone.approve(binding_number);
    expect((await poll(auth_req_id)).status).toBe(200);
    const other = scene.elsewhere(ada.someone, new Client());
    expect((await other.begin('library')).body).toContain('name="password"');
  });
});

describe('phones that are asked again and again', () => {
  it('the application hears 429, and when to come again, once nobody approved three in an hour', async () => {
    for (let at = 0; at < 3; at += 1) {
      expect((await begin(at === 1 ? 'other' : 'desk')).status).toBe(200);
      const early = await begin();
      expect([early.status, early.error]).toEqual([429, 'temporarily_unavailable']);
      scene.clock.advance(4 * MINUTES);
    }
    const { status, retryAfter } = await begin('other');
    expect(status).toBe(429);
    expect(retryAfter).toBeGreaterThan(1_800);
    expect(await asked()).toBe(0);
    await expect.poll(() => scene.audit().map(({ event }) => event)).toContain('backchannel.refused');
    scene.clock.advance(HOURS);
    const { auth_req_id, binding_number } = await begin();
    await ada.phone.approve(binding_number);
    expect((await poll(auth_req_id)).status).toBe(200);
  });

  it('it is not in the way of a sign-in that is under way, nor does it take its place', async () => {
    const other = scene.elsewhere(ada.someone, new Client());
    const number = numberOn(await other.enter('payroll'));
    expect((await begin()).status).toBe(429);
    expect(number).toBeDefined();
    await ada.phone.approve(String(number));
  });
});

describe('whoever asks for people one after the other', () => {
  it('learns of 60 in an hour that they are there, or have a phone; each is in the audit', async () => {
    const someone = await scene.newcomer();
    await someone.enter('library');
    const refused = () => scene.audit().filter(({ event }) => event === 'backchannel.refused');
    // To the beginning of one.
    scene.clock.advance(HOURS - (Date.now() % HOURS));
    const before = refused().length;
    for (let at = 0; at < 5; at += 1)
      expect(await begin('curious', { login_hint: someone.username })).toMatchObject({ error: 'access_denied' });
    const names = Array.from({ length: 75 }, (_, at) => `nobody${at}`);
    const answers = await Promise.all(names.map((login_hint) => begin('curious', { login_hint })));
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(20);
    expect(answers.filter(({ error }) => error === 'unknown_user_id')).toHaveLength(55);
    await expect.poll(() => refused().length).toBe(before + 61);
    const told = refused().slice(before);
    expect(told.every(({ application: id }) => id === 'curious')).toBe(true);
    expect(told.filter(({ account }) => account !== null)).toHaveLength(5);
    const { status, retryAfter } = await begin('curious');
    expect(status).toBe(429);
    expect(retryAfter).toBeGreaterThan(0);
    expect(retryAfter).toBeLessThanOrEqual(3_600);
    expect(await asked()).toBe(0);
    // Others may, and so may it in another hour.
    const { auth_req_id, binding_number } = await begin();
    await ada.phone.approve(binding_number);
    expect((await poll(auth_req_id)).status).toBe(200);
    scene.clock.advance(HOURS);
    expect((await begin('curious')).status).toBe(200);
  });
});

describe('what a request may say', () => {
  it.each([
    ['no hint', { login_hint: undefined }, 'invalid_request'],
    ['two hints', { id_token_hint: 'a.b.c' }, 'invalid_request'],
    ['a hint of somebody else’s making', { login_hint: undefined, login_hint_token: 'a.b.c' }, 'invalid_request'],
    ['an ID token of nobody’s', { login_hint: undefined, id_token_hint: 'a.b.c' }, 'invalid_request'],
    ['a code of the person’s', { user_code: '1234' }, 'invalid_request'],
    ['a message of two lines', { binding_message: 'Till 4\nApproved already' }, 'invalid_binding_message'],
    ['one that reads backwards', { binding_message: 'Till \u202e4' }, 'invalid_binding_message'],
    ['one with what isn’t seen', { binding_message: 'Till\u200b 4' }, 'invalid_binding_message'],
    ['one with a mark of another script', { binding_message: 'Till \u061c4' }, 'invalid_binding_message'],
    ['one with tags', { binding_message: 'Till 4\u{e0041}' }, 'invalid_binding_message'],
    ['one that is too long', { binding_message: 'a'.repeat(65) }, 'invalid_binding_message'],
    ['no time', { requested_expiry: '-1' }, 'invalid_request'],
    ['no openid', { scope: 'profile' }, 'invalid_request'],
  ])('%s is refused', async (_what, fields, error) => {
    expect(await begin('desk', fields)).toMatchObject({ status: 400, error });
    expect(await asked()).toBe(0);
  });

  it('none of an application without the grant, nor one that proves nothing', async () => {
    expect(await begin('plain')).toMatchObject({ status: 400, error: 'invalid_request' });
    const fields = { client_id: 'desk', scope: 'openid', login_hint: ada.someone.username };
    expect((await call(scene.gateway, '/backchannel-authentication', fields)).status).toBe(401);
  });
});

describe('where a client is told', () => {
  it('is no private address that isn’t allowed, and nowhere that it leads to', async () => {
    calls.length = 0;
    for (const id of ['inside', 'moved']) {
      ada = await owner();
      const { binding_number, auth_req_id } = await begin(id, { client_notification_token: 'a-token' });
      const before = scene.audit().length;
      await ada.phone.approve(binding_number);
      const unreached = () =>
        scene
          .audit()
          .slice(before)
          .filter(({ event }) => event === 'backchannel.unreached');
      await expect.poll(() => unreached().map((it) => it.application)).toContain(id);
      expect((await poll(auth_req_id, id)).status).toBe(200);
      scene.clock.advance(MINUTES);
    }
    expect(calls).toEqual(['/told']);
  });
});
