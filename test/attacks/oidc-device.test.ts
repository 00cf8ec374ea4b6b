import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Client, type Reply } from '../support/client.ts';
import { application, gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import { advance, call, Person, userinfo } from '../support/relying-party.ts';

/** What RFC 8628 section 5 warns of: codes that are guessed, sent to somebody, answered by another site, or raced for. */
const device = { redirectUris: [], grants: ['device_code'] };
const it_ = gatewayOfFile({
  trustedProxies: ['127.0.0.9'],
  applications: {
    tv: application('tv', { ...device, clientSecret: undefined, authentication: 'none', reauthenticate: '2d' }),
    other: application('other', { ...device, clientSecret: undefined, authentication: 'none' }),
    secret: application('secret', device),
    ward: application('ward', { ...device, clientSecret: undefined, authentication: 'none' }),
    plain: application('plain'),
  },
  policy: {
    rules: [...rules('tv', 'other', 'secret', 'plain'), { name: 'ward', applications: ['ward'], level: 'mfa' }],
  },
});

let alice: Person;
const url = (path: string) => `${it_.gateway.url}${path}`;

beforeAll(async () => {
  alice = new Person(it_.gateway, 'alice');
  // A session, so that one click is all that is missing.
  const { user_code } = await begin();
  await alice.password(await answer(alice.client, await type(alice.client, user_code)), 'alice');
});

interface Codes {
  device_code: string;
  user_code: string;
}

async function begin(client_id = 'tv', id?: string): Promise<Codes> {
  return (await call(it_.gateway, '/device-authorization', { client_id, scope: 'openid' }, id)).json() as Codes;
}

async function poll(device_code: string, client_id = 'tv', id?: string) {
  const grant_type = 'urn:ietf:params:oauth:grant-type:device_code';
  const { status, body } = await call(it_.gateway, '/token', { grant_type, device_code, client_id }, id);
  return { status, json: JSON.parse(body) as Record<string, string> };
}

const type = (client: Client, user_code: string) => client.post(url('/device'), { user_code });

async function answer(client: Client, page: Reply, said = 'yes'): Promise<Reply> {
  return client.follow(await client.submit(page, { answer: said }, { action: '/device' }));
}

const ticketOf = (page: Reply): string => /name="ticket" value="([^"]+)"/.exec(page.body)?.[1] ?? '';

describe('codes that are guessed (section 5.1)', () => {
  const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ';
  const guess = () => Array.from({ length: 8 }, () => LETTERS[Math.floor(Math.random() * 20)]).join('');
  const from = (ip: string) => new Client({ localAddress: '127.0.0.9', headers: { 'x-forwarded-for': ip } });

  it('an address has ten, whatever else it does, and others are not in its way', async () => {
    const { user_code } = await begin();
    const stranger = from('192.0.2.66');
    const replies: number[] = [];
    for (let at = 0; at < 12; at += 1) replies.push((await type(stranger, guess())).status);
    expect(replies).toEqual([...Array(10).fill(400), 429, 429]);
    // The right one is no way on any more.
    expect((await type(from('192.0.2.66'), user_code)).status).toBe(429);
    expect((await type(from('192.0.2.67'), user_code)).status).toBe(200);
    advance(600_001);
    expect((await type(from('192.0.2.66'), (await begin()).user_code)).status).toBe(200);
  });

  it('so has a network of one household or server, whose addresses are its own to choose', async () => {
    const replies: number[] = [];
    for (let at = 0; at < 12; at += 1)
      replies.push((await type(from(`2001:db8:1:2:${at}::${at + 1}`), guess())).status);
    expect(replies).toEqual([...Array(10).fill(400), 429, 429]);
    // The same address in its other form is no other.
    expect((await type(from('::ffff:192.0.2.70'), guess())).status).toBe(400);
    for (let at = 0; at < 9; at += 1) await type(from('192.0.2.70'), guess());
    expect((await type(from('::ffff:192.0.2.70'), guess())).status).toBe(429);
  });

  it('of all codes there are, a thousand addresses together find none but by chance', async () => {
    const { user_code } = await begin();
    expect(user_code).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
    // Ten guesses of each within the life of a code, of a thousand codes at once: less than once in 2,000 such attacks.
    expect((1_000 * 10 * 1_000) / LETTERS.length ** 8).toBeLessThan(1 / 2_000);
  });

  it('right ones cost nothing: a classroom behind one address gets in', async () => {
    const room = from('192.0.2.68');
    for (let at = 0; at < 15; at += 1) expect((await type(room, (await begin()).user_code)).status).toBe(200);
  });

  it('another site cannot use up the guesses of whoever visits it', async () => {
    const address = '192.0.2.69';
    const visitor = from(address);
    const foreign: Reply[] = [];
    for (let at = 0; at < 12; at += 1)
      foreign.push(await visitor.post(url('/device'), { user_code: guess() }, { from: 'https://evil.example' }));
    expect(new Set(foreign.map(({ status }) => status))).toEqual(new Set([200]));
    // It leads to the form as a link would, with nothing looked for: no answer tells whether there is such a code.
    const { user_code } = await begin();
    const right = await visitor.post(url('/device'), { user_code }, { from: 'https://evil.example' });
    expect([right.status, right.body.includes(`value="${user_code}"`), ticketOf(right)]).toEqual([200, true, '']);
    // Browsers name where a form comes from, in one header or the other: what names nothing is none's.
    const nameless = { origin: undefined, 'sec-fetch-site': undefined };
    const unnamed = await visitor.post(url('/device'), { user_code: guess() }, { headers: nameless });
    expect(unnamed.status).toBe(200);
    expect((await type(visitor, guess())).status).toBe(400);
    expect((await type(visitor, user_code)).body).toContain('name="ticket"');
  });

  it('says the same of one that nobody has and one that was used', async () => {
    const { user_code } = await begin();
    await answer(alice.client, await type(alice.client, user_code), 'no');
    const [used, none] = [await type(alice.client, user_code), await type(alice.client, 'BBBBBBBB')];
    const bare = (reply: Reply) => reply.text.replaceAll(user_code, '').replaceAll('BBBBBBBB', '');
    expect([used.status, bare(used)]).toEqual([none.status, bare(none)]);
  });

  it('neither of both codes is kept as it is', async () => {
    const { device_code, user_code } = await begin();
    const asked = await answer(new Client(), await type(new Client(), user_code)).catch(() => undefined);
    expect(asked).toBeDefined();
    const kept = readdirSync(join(it_.folder, 'data')).map((name) =>
      readFileSync(join(it_.folder, 'data', name), 'latin1'),
    );
    const text = kept.join('\n');
    expect(text.includes('oidc:DeviceCode')).toBe(true);
    for (const code of [device_code, user_code, user_code.replace('-', '')]) expect(text.includes(code)).toBe(false);
  });
});

describe('somebody else answers (sections 5.2 to 5.4)', () => {
  it('an address with the code in it approves nothing, and asks first', async () => {
    const { device_code, user_code } = await begin();
    const page = await alice.client.open(url(`/device?user_code=${user_code}`));
    expect(page.status).toBe(200);
    expect((await poll(device_code)).json.error).toBe('authorization_pending');
  });

  it("another site's form approves nothing", async () => {
    const { device_code, user_code } = await begin();
    const from = 'https://evil.example';
    await alice.client.post(url('/device'), { user_code, confirm: 'yes', xsrf: '' }, { from });
    // With the ticket of a browser of its own.
    const ticket = ticketOf(await type(new Client(), user_code));
    const sent = await alice.client.post(url('/device'), { ticket, answer: 'yes' }, { from });
    expect(sent.status).toBe(400);
    const again = await alice.client.post(url('/device'), { ticket, answer: 'yes' });
    expect(again.status).toBe(400);
    expect((await poll(device_code)).json.error).toBe('authorization_pending');
  });

  it("oidc-provider's own form is none", async () => {
    const { device_code, user_code } = await begin();
    for (const xsrf of ['', user_code, user_code.replace('-', '')])
      await alice.client.post(url('/device'), { xsrf, user_code, confirm: 'yes', ticket: '' });
    expect((await poll(device_code)).json.error).toBe('authorization_pending');
  });

  it('a question is answered once, and in its browser', async () => {
    const { user_code } = await begin();
    const page = await type(alice.client, user_code);
    expect((await answer(alice.client, page)).text).toContain('Your device is signed in');
    expect((await answer(alice.client, page)).status).toBe(400);
  });

  it('of two browsers that say yes at once one is meant', async () => {
    const bob = new Person(it_.gateway, 'bob');
    const first = await begin();
    await bob.password(await answer(bob.client, await type(bob.client, first.user_code)), 'bob');
    const { device_code, user_code } = await begin();
    const pages = [await type(alice.client, user_code), await type(bob.client, user_code)] as const;
    const ends = await Promise.all([answer(alice.client, pages[0]), answer(bob.client, pages[1])]);
    const done = ends.map(({ text }) => text.includes('Your device is signed in'));
    expect(done.filter(Boolean)).toHaveLength(1);
    const { json } = await poll(device_code);
    const { name } = (await userinfo(it_.gateway, String(json.access_token))).json() as { name?: string };
    expect([json.token_type, name]).toEqual(['Bearer', undefined]);
  });

  it('one that waits at the sign-in is not taken over by another browser', async () => {
    const { user_code } = await begin();
    const stranger = new Person(it_.gateway, 'bob');
    const asked = await answer(stranger.client, await type(stranger.client, user_code));
    expect(asked.body).toContain('name="username"');
    expect((await type(alice.client, user_code)).status).toBe(400);
    expect((await alice.client.open(asked.url)).status).toBe(400);
  });
});

describe('the token endpoint', () => {
  it('of 20 who redeem it at once at most one gets tokens, and those are dead then', async () => {
    const { device_code, user_code } = await begin('secret', 'secret');
    await answer(alice.client, await type(alice.client, user_code));
    const answers = await Promise.all(Array.from({ length: 20 }, () => poll(device_code, 'secret', 'secret')));
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
    advance(10_000);
    expect((await poll(device_code, 'secret', 'secret')).json.error).toBe('invalid_grant');
    const [won] = answers.filter(({ status }) => status === 200);
    if (won) expect((await userinfo(it_.gateway, String(won.json.access_token))).status).toBe(401);
  });

  it('is asked at its own pace, and by its own application', async () => {
    const { device_code, user_code } = await begin();
    expect((await poll(device_code, 'other')).json.error).toBe('invalid_grant');
    advance(5_000);
    const answers = await Promise.all(Array.from({ length: 10 }, () => poll(device_code)));
    const errors = answers.map(({ json }) => json.error);
    expect(errors.filter((it) => it === 'authorization_pending')).toHaveLength(1);
    expect(errors.filter((it) => it === 'slow_down')).toHaveLength(9);
    await answer(alice.client, await type(alice.client, user_code));
    advance(5_000);
    expect((await poll(device_code)).status).toBe(200);
  });

  it('an application without the grant gets no code, nor one that is not who it says', async () => {
    const refused = async (client_id: string, id?: string) =>
      (await call(it_.gateway, '/device-authorization', { client_id, scope: 'openid' }, id)).json();
    expect(await refused('plain', 'plain')).not.toHaveProperty('device_code');
    expect(await refused('secret')).not.toHaveProperty('device_code');
    expect(await refused('nobody')).not.toHaveProperty('device_code');
  });
});

describe('what ends it', () => {
  it('"sign out everywhere" between the answer and the question, and after', async () => {
    await it_.gateway.addUser('dora');
    const dora = new Person(it_.gateway, 'dora');
    const first = await begin();
    await dora.password(await answer(dora.client, await type(dora.client, first.user_code)), 'dora');
    const { json } = await poll(first.device_code);
    const second = await begin();
    await answer(dora.client, await type(dora.client, second.user_code));
    await it_.gateway.command('user disable', ['dora']);
    expect((await poll(second.device_code)).json.error).toBe('invalid_grant');
    expect((await userinfo(it_.gateway, String(json.access_token))).status).toBe(401);
    const fields = { grant_type: 'refresh_token', refresh_token: String(json.refresh_token), client_id: 'tv' };
    expect((await call(it_.gateway, '/token', fields)).json()).toMatchObject({ error: 'invalid_grant' });
  });

  it('the same policy: a rule that wants a second factor has it asked for', async () => {
    const { device_code, user_code } = await begin('ward');
    const asked = await answer(alice.client, await type(alice.client, user_code));
    expect(asked.url.pathname).toMatch(/^\/sign-in\//);
    expect((await poll(device_code, 'ward')).json.error).toBe('authorization_pending');
  });
});

describe('strangers', () => {
  it('have no more codes kept than their address may, and no session', async () => {
    const client = new Client({ localAddress: '127.0.0.77', headers: { origin: undefined } });
    let status = 200;
    for (let at = 0; at < 2_000 && status === 200; at += 1)
      status = (
        await client.post(url('/device-authorization'), {
          client_id: 'tv',
          scope: 'openid',
          login_hint: 'x'.repeat(14_000),
        })
      ).status;
    expect(status).toBe(429);
    const page = await new Client({ localAddress: '127.0.0.78' }).get(url('/device'));
    expect(page.setCookies).toEqual([]);
  });
});
