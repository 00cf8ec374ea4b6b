import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { trustedHere } from '../support/certificate.ts';
import { SECONDS } from '../support/clock.ts';
import { interrupted } from '../support/interrupted.ts';
import { application } from '../support/oidc-gateway.ts';
import { type Owner, phones, startPushService, withPhones } from '../support/phones.ts';
import { call } from '../support/relying-party.ts';
import { stage } from '../support/scene.ts';

/** What a client is told in ping mode (CIBA Core 1.0 section 10.2): by whom, once, whatever stops, and by what it named. */
interface Told {
  authorization: string | undefined;
  id: string;
}

let told: Told[] = [];
const till = createServer(await trustedHere(), (request, response) => {
  let text = '';
  request.on('data', (part: Buffer) => {
    text += part.toString();
  });
  request.on('end', () => {
    told.push({ authorization: request.headers.authorization, id: JSON.parse(text).auth_req_id });
    response.writeHead(204).end();
  });
});
await new Promise<void>((resolve) => void till.listen(0, '127.0.0.1', resolve));
const service = await startPushService({ now: () => Date.now() });
afterAll(() => {
  till.closeAllConnections();
  till.close();
  return service.close();
});

const writes = interrupted();
const scene = stage(() => ({
  between: writes.over,
  config: {
    ...withPhones(service),
    applications: {
      till: application('till', {
        ...{ grants: ['ciba'], redirectUris: [], backchannelTokenDeliveryMode: 'ping' },
        backchannelClientNotificationEndpoint: `https://localhost:${(till.address() as AddressInfo).port}/told`,
      }),
      desk: application('desk', { grants: ['ciba'], redirectUris: [] }),
    },
    policy: {
      rules: [
        { name: 'low', applications: ['till', 'desk'], level: 'sfa' },
        { name: 'high', applications: ['courses'], level: 'mfa' },
      ],
    },
    allowedPrivateNetworks: ['127.0.0.0/8'],
  },
}));
const { owner } = phones(scene, () => service);
const grant_type = 'urn:openid:params:grant-type:ciba';

let ada: Owner;
beforeEach(() => {
  told = [];
});

async function asked(fields: Record<string, string>, id: string) {
  const all = { scope: 'openid', login_hint: ada.someone.username, ...fields };
  const { status, body } = await call(scene.gateway, '/backchannel-authentication', all, id);
  return { status, json: JSON.parse(body) as Record<string, unknown> };
}

async function begin(fields: Record<string, string> = {}) {
  const { status, json } = await asked({ client_notification_token: 'a-token', ...fields }, 'till');
  return { status, ...(json as Record<'auth_req_id' | 'binding_number' | 'error', string>) };
}

async function poll(auth_req_id: string, id = 'till') {
  const { status, body } = await call(scene.gateway, '/token', { grant_type, auth_req_id }, id);
  return { status, json: JSON.parse(body) as Record<string, string> };
}

describe('a client that is told', () => {
  beforeEach(async () => {
    ada = await owner();
  });

  it('is, where the node that it asked has stopped before the phone answered', async () => {
    const { auth_req_id, binding_number } = await begin();
    await scene.restart();
    await ada.phone.approve(binding_number);
    await expect.poll(() => told, { timeout: 15_000 }).toEqual([{ authorization: 'Bearer a-token', id: auth_req_id }]);
    expect((await poll(auth_req_id)).status).toBe(200);
  });

  it('is, where another reading of the configuration came between', async () => {
    const { auth_req_id, binding_number } = await begin();
    const { exitCode } = await scene.gateway.app.reload('cli');
    expect(exitCode).toBe(0);
    await ada.phone.decline('cancel');
    await expect.poll(() => told.map(({ id }) => id), { timeout: 15_000 }).toEqual([auth_req_id]);
    expect((await poll(auth_req_id)).json.error).toBe('access_denied');
    expect(binding_number).toMatch(/^\d\d$/);
  });

  it('is told once, and not of what it has fetched already', async () => {
    const { auth_req_id, binding_number } = await begin();
    await ada.phone.approve(binding_number);
    await expect.poll(() => told.length).toBe(1);
    expect((await poll(auth_req_id)).status).toBe(200);
    // Nothing of it is left for the node that starts next.
    await scene.restart();
    scene.clock.advance(6 * SECONDS);
    const next = await begin();
    await ada.phone.approve(next.binding_number);
    await expect.poll(() => told.map(({ id }) => id)).toEqual([auth_req_id, next.auth_req_id]);
  });
});

describe('a question that comes while another one takes what was approved', () => {
  it.each([
    ['as soon as the phone’s answer is taken', 'sign-in:{'],
    ['when it is about to be written down what that gives', 'oidc:Grant:'],
  ])('%s is told to wait; the first has the token, and nobody is asked again', async (_when, place) => {
    ada = await owner();
    const { json } = await asked({}, 'desk');
    const id = String(json.auth_req_id);
    const before = ada.subscriber.posts;
    await ada.phone.approve(String(json.binding_number));
    let second: Awaited<ReturnType<typeof poll>> | undefined;
    const came = writes.before(place, async () => {
      scene.clock.advance(5 * SECONDS);
      second = await poll(id, 'desk');
    });
    const first = await poll(id, 'desk');
    expect([came(), second?.json.error]).toEqual([true, 'authorization_pending']);
    expect([first.status, first.json.token_type]).toEqual([200, 'Bearer']);
    expect((await ada.phone.pending()).json.requests).toEqual([]);
    expect(ada.subscriber.posts).toBe(before);
  });
});

describe('what a client names to know us by', () => {
  it.each<[string, string]>([
    ['two lines', 'a-token\r\nx-forwarded-for: 127.0.0.1'],
    ['two words', 'a token'],
    ['a byte that ends it', 'a\u0000token'],
    ['letters of no header', 'токен'],
    ['nothing', ''],
    ['1,025 characters', 'a'.repeat(1_025)],
  ])('%s is refused', async (_what, client_notification_token) => {
    expect(await begin({ client_notification_token })).toMatchObject({ status: 400, error: 'invalid_request' });
    expect((await ada.phone.pending()).json.requests).toEqual([]);
  });

  it('is given back as it is, of 1,024 characters too', async () => {
    ada = await owner();
    const token = `${'aA0-._~+/'.repeat(113)}abcdefg`;
    expect(token).toHaveLength(1_024);
    const { auth_req_id, binding_number } = await begin({ client_notification_token: token });
    await ada.phone.approve(binding_number);
    await expect.poll(() => told).toEqual([{ authorization: `Bearer ${token}`, id: auth_req_id }]);
  });
});

describe('a request of another client', () => {
  it('is no one else’s to ask after, whatever they do with its id', async () => {
    ada = await owner();
    const { auth_req_id, binding_number } = await begin();
    const strangers = await Promise.all(Array.from({ length: 5 }, () => poll(auth_req_id, 'desk')));
    expect(
      strangers.map(({ json }) => json.error).filter((it) => it !== 'invalid_grant' && it !== 'slow_down'),
    ).toEqual([]);
    expect(strangers.every(({ status }) => status === 400)).toBe(true);
    await ada.phone.approve(binding_number);
    await expect.poll(() => told.length).toBe(1);
    scene.clock.advance(6 * SECONDS);
    expect((await poll(auth_req_id, 'desk')).json.error).toBe('invalid_grant');
    scene.clock.advance(6 * SECONDS);
    expect((await poll(auth_req_id)).status).toBe(200);
  });

  it('lives no longer than ours, for whatever time it asks', async () => {
    for (const requested_expiry of ['0', '-1', '1.5', 'NaN', '1e3', '99999999999999999999', '0x10', '']) {
      const ask = () => asked({ requested_expiry }, 'desk');
      let answer = await ask();
      // One that was taken keeps the next from being sent.
      if (answer.status === 429) {
        ada = await owner();
        answer = await ask();
      }
      expect([requested_expiry, [200, 400].includes(answer.status)]).toEqual([requested_expiry, true]);
      if (answer.status !== 200) continue;
      expect(answer.json.expires_in).toBeGreaterThan(0);
      expect(answer.json.expires_in).toBeLessThanOrEqual(120);
    }
  });
});
