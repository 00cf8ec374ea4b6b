import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import express from 'express';
import { refreshTokenGrant } from 'openid-client';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { scrape } from '../support/management.ts';
import { API, application, gatewayOfFile, REPORTS, rules } from '../support/oidc-gateway.ts';
import { advanceHere, Person, RelyingParty, secretOf } from '../support/relying-party.ts';

/** Express takes over what its applications do as they are made. */
const byExpress = vi.spyOn(express.application as unknown as { handle(): void }, 'handle');

/** Each of its signs is encoded for the header. */
const ODD = 'a secret % with: signs, of the tests';

const site = (id: string) => `https://${id}.example.org/callback`;
const of = gatewayOfFile({
  applications: {
    web: application('web', { redirectUris: [site('web')], scopes: ['openid', 'profile', 'email'] }),
    apart: application('apart', { subject: 'pairwise', redirectUris: [site('apart')] }),
    asked: application('asked', { redirectUris: [site('asked')], scopes: ['openid', 'groups'], reauthenticate: '2d' }),
    reports: application('reports', { clientSecret: ODD }),
  },
  doors: {
    oidc: {
      resources: {
        [API]: { scopes: ['read'], applications: ['asked'], format: 'opaque', introspectedBy: ['reports'] },
        [REPORTS]: { scopes: ['read'], applications: ['asked'] },
      },
    },
  },
  policy: { rules: rules('web', 'apart', 'asked', 'reports') },
  trustedProxies: ['127.0.0.1', '::1'],
});

interface Sent {
  method?: 'GET' | 'POST';
  headers?: Record<string, string | string[]>;
  body?: string;
}

interface Answered {
  status: number | undefined;
  headers: Record<string, unknown>;
  body: string;
  reference: string;
}

async function send(path: string, { method = 'GET', headers = {}, body }: Sent): Promise<Answered> {
  const { host, port } = new URL(of.gateway.url);
  const sent = request({ host: 'localhost', port, path, method, headers: { host, ...headers }, setHost: false });
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const { date: _, 'x-request-id': reference, ...rest } = answer.headers;
  const chunks = await answer.toArray();
  return {
    status: answer.statusCode,
    headers: rest,
    body: Buffer.concat(chunks as Buffer[]).toString(),
    reference: String(reference),
  };
}

/** The same, asked plainly and with a question mark, which nothing but a plain address minds. */
async function both(path: string, sent: Sent = {}) {
  const long = await send(`${path}?`, sent);
  byExpress.mockClear();
  const plain = await send(path, sent);
  return { long, plain, plainly: byExpress.mock.calls.length === 0 };
}

/** What is compared: of a signed answer, what it says but for the second of its signature. */
function comparable({ body, ...answer }: Answered) {
  const signed = /^[\w/-]+\+jwt(;|$)/.test(String(answer.headers['content-type']));
  const parts = signed ? body.split('.').slice(0, 2) : [];
  const [header, claims] = parts.map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));
  return { ...answer, reference: '', said: claims === undefined ? body : { header, claims: { ...claims, iat: 0 } } };
}

async function expectAlike(path: string, sent: Sent, status: number): Promise<Answered> {
  const { long, plain } = await both(path, sent);
  expect(comparable(plain)).toEqual(comparable(long));
  expect(plain.status).toBe(status);
  expect(plain.reference).toMatch(/^[A-Z2-9]{10}$/);
  return plain;
}

async function expectPlain(path: string, sent: Sent = {}): Promise<Answered> {
  const answer = await expectAlike(path, sent, 200);
  const { plainly } = await both(path, sent);
  expect(plainly, `${path} is answered before Express`).toBe(true);
  return answer;
}

/** As openid-client encodes it, more than it would have to. */
const encoded = (text: string) =>
  encodeURIComponent(text).replace(/[-_.!~*'()]/g, (it) => `%${it.charCodeAt(0).toString(16)}`);
const basic = (id: string, secret = id === 'reports' ? ODD : secretOf(id)) => ({
  authorization: `Basic ${Buffer.from(`${encoded(id)}:${encoded(secret)}`).toString('base64')}`,
});
const bearer = (token: string, more: Record<string, string> = {}): Sent => ({
  headers: { authorization: `Bearer ${token}`, ...more },
});
const FORM = 'application/x-www-form-urlencoded';
const asks = (id: string, body: string, more: Record<string, string> = {}): Sent => ({
  method: 'POST',
  headers: { 'content-type': FORM, 'content-length': String(Buffer.byteLength(body)), ...basic(id), ...more },
  body,
});

let alice: Person;
const rp = (id: string) => RelyingParty.of(of.gateway, id, { redirectUri: site(id) });

/** A token of a client's, of a session of its own where somebody is given. */
async function tokenOf(id: string, parameters: Record<string, string> = {}, who = alice) {
  return who.signIn(await rp(id), parameters);
}

beforeAll(async () => {
  alice = new Person(of.gateway, 'alice');
  await alice.signIn(await rp('web'));
});

describe('what is asked plainly is answered as the long way would', () => {
  it('documents', async () => {
    for (const path of ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server', '/jwks']) {
      await send(path, {});
      await expectPlain(path);
      await expectAlike(path, { headers: { origin: 'https://elsewhere.example' } }, 200);
    }
  });

  it('userinfo', async () => {
    for (const [id, scope] of [
      ['web', 'openid'],
      ['web', 'openid email profile'],
      ['apart', 'openid profile'],
      ['asked', 'groups openid'],
    ] as const) {
      const { access_token } = await tokenOf(id, { scope });
      const { body } = await expectPlain('/userinfo', bearer(access_token));
      expect(Object.keys(JSON.parse(body))[0]).toBe(scope.startsWith('groups') ? 'groups' : 'sub');
    }
  });

  it('introspection, by whose token it is and by the resource that it is for', async () => {
    const { access_token: own } = await tokenOf('web');
    expect(JSON.parse((await expectPlain('/introspect', asks('web', `token=${own}`))).body)).toMatchObject({
      ...{ active: true, client_id: 'web', token_type: 'Bearer' },
    });
    await expectPlain('/introspect', asks('web', `token=${own}&token_type_hint=access_token`));
    const { access_token: apart } = await tokenOf('apart');
    const { sub } = JSON.parse((await expectPlain('/introspect', asks('apart', `token=${apart}`))).body);
    expect(sub).not.toBe(JSON.parse((await expectPlain('/introspect', asks('web', `token=${own}`))).body).sub);
    const { access_token: other } = await tokenOf('asked', { scope: 'openid read', resource: API });
    const { body } = await expectPlain('/introspect', asks('reports', `token=${other}`));
    expect(JSON.parse(body)).toMatchObject({ active: true, aud: API, client_id: 'asked' });
  });
});

/** What a refresh gave, without what each one has anew. */
async function given({ body, headers, ...answer }: Answered, id: string) {
  const tokens = JSON.parse(body) as Record<string, string>;
  const { access_token = '', id_token = '' } = tokens;
  const [header, claims] = id_token.split('.').map((part) => Buffer.from(part, 'base64url').toString());
  const told = JSON.parse((await send('/introspect', asks(id, `token=${access_token}`))).body);
  const userinfo = await send('/userinfo', bearer(access_token));
  expect(access_token).toMatch(/^[\w-]{43}$/);
  expect(told.active).toBe(true);
  return {
    ...{ ...answer, reference: '', headers: { ...headers, 'content-length': '' }, header },
    ...{ names: Object.keys(tokens), tokens: { ...tokens, access_token: '', id_token: '' } },
    claims: { ...JSON.parse(claims ?? ''), iat: 0, exp: 0 },
    lives: JSON.parse(claims ?? '').exp - JSON.parse(claims ?? '').iat,
    told: { ...told, iat: 0, exp: told.exp - told.iat },
    userinfo: [userinfo.status, userinfo.body],
  };
}

const refreshing = (token: unknown) => `grant_type=refresh_token&refresh_token=${token}`;

describe('a refresh that is asked plainly', () => {
  it('gives what the long way gives, by a signature of the same key', async () => {
    const scope = 'openid groups';
    const { refresh_token: token } = await tokenOf('asked', { scope });
    const { long, plain, plainly } = await both('/token', asks('asked', refreshing(token)));
    expect(plainly).toBe(true);
    expect(await given(plain, 'asked')).toEqual(await given(long, 'asked'));
    expect(await given(plain, 'asked')).toMatchObject({
      ...{
        told: { client_id: 'asked', scope: expect.stringContaining('groups') },
        claims: { aud: 'asked', nonce: expect.any(String), acr: expect.any(String) },
      },
    });
    const party = await rp('asked');
    expect((await refreshTokenGrant(party.config, token ?? '')).claims()).toMatchObject({ aud: 'asked' });
  });

  it('goes the long way for whatever else is asked, and is refused alike', async () => {
    const { refresh_token: token } = await tokenOf('asked', { scope: 'openid groups' });
    const body = refreshing(token);
    const narrow = await both('/token', asks('asked', `${body}&scope=openid`));
    expect(await given(narrow.plain, 'asked')).toEqual(await given(narrow.long, 'asked'));
    await expectAlike('/token', asks('web', body), 400);
    await expectAlike('/token', asks('asked', body, basic('asked', 'another secret')), 401);
    await expectAlike('/token', asks('asked', refreshing('nobody-knows-it-0123456789')), 400);
    await expectAlike('/token', asks('asked', `${body}&${body}`), 400);
    await expectAlike('/token', asks('asked', `${body}&scope=email`), 400);
    await expectAlike('/token', asks('asked', `${body}&resource=https://nobody.example.org/`), 400);
    const { access_token: access } = await tokenOf('asked', { scope: 'openid groups' });
    await expectAlike('/token', asks('asked', refreshing(access)), 400);
    const { refresh_token: forApi } = await tokenOf('asked', { scope: 'openid read', resource: API });
    const other = await both('/token', asks('asked', refreshing(forApi)));
    expect(other.plainly).toBe(false);
    expect(JSON.parse(other.plain.body)).toMatchObject({ scope: 'read' });
  });

  it('is over with what it rests on, of 100 at once', async () => {
    await of.gateway.addUser('dave');
    const dave = new Person(of.gateway, 'dave');
    const { refresh_token: token } = await tokenOf('asked', { scope: 'openid' }, dave);
    const sent = asks('asked', refreshing(token));
    expect((await both('/token', sent)).plainly).toBe(true);
    await of.gateway.command('user disable', ['dave']);
    const answers = await Promise.all(Array.from({ length: 100 }, () => send('/token', sent)));
    expect(new Set(answers.map(({ status, body }) => `${status} ${JSON.parse(body).error}`))).toEqual(
      new Set(['400 invalid_grant']),
    );
    await expectAlike('/token', sent, 400);
  });
});

describe('whatever isn’t plain goes the long way', () => {
  it('userinfo', async () => {
    const { access_token: token } = await tokenOf('web', { scope: 'openid profile' });
    const claims = JSON.stringify({ userinfo: { email: null } });
    const { access_token: named } = await tokenOf('web', { scope: 'openid', claims });
    await expectAlike('/userinfo', bearer(named), 200);
    const { access_token: forApi } = await tokenOf('asked', { scope: 'openid read', resource: API });
    await expectAlike('/userinfo', bearer(forApi), 403);
    await expectAlike('/userinfo', bearer(token, { origin: 'https://elsewhere.example' }), 400);
    await expectAlike('/userinfo', bearer(token, { dpop: 'x' }), 400);
    await expectAlike('/userinfo', bearer(`${token}x`), 401);
    await expectAlike('/userinfo', bearer(`${token} `), 200);
    await expectAlike('/userinfo', { headers: { authorization: `DPoP ${token}` } }, 400);
    await expectAlike('/userinfo', {}, 401);
    await expectAlike('/userinfo', { ...bearer(token), method: 'POST' }, 200);
    const elsewhere = bearer(token, { host: 'elsewhere.example' });
    expect((await send('/userinfo', elsewhere)).status).toBe(421);
  });

  it('introspection', async () => {
    const { access_token: token, refresh_token: refresh } = await tokenOf('asked', { scope: 'openid' });
    const body = `token=${token}`;
    await expectAlike('/introspect', asks('asked', `token=${refresh}`), 200);
    await expectAlike('/introspect', asks('web', body), 200);
    await expectAlike('/introspect', asks('asked', 'token=nobody-knows-it-0123456789'), 200);
    await expectAlike('/introspect', asks('asked', `${body}&${body}`), 400);
    await expectAlike('/introspect', asks('asked', `${body}&client_id=web`), 400);
    await expectAlike('/introspect', asks('asked', `${body}&client_secret=${secretOf('asked')}`), 400);
    await expectAlike('/introspect', asks('asked', ''), 400);
    await expectAlike('/introspect', asks('asked', body, basic('asked', 'another secret')), 401);
    await expectAlike('/introspect', asks('asked', body, basic('nobody')), 401);
    await expectAlike('/introspect', asks('asked', body, { accept: 'application/token-introspection+jwt' }), 200);
    await expectAlike('/introspect', asks('asked', body, { 'content-type': `${FORM}; charset=utf-7` }), 415);
    await expectAlike('/introspect', asks('asked', body, { 'content-type': 'application/json' }), 400);
    await expectAlike('/introspect', asks('asked', `${body}${'&a=1'.repeat(64)}`), 400);
    await expectAlike('/introspect', asks('asked', `${body}&a=${'x'.repeat(17_000)}`), 413);
    await expectAlike('/introspect', asks('asked', `${body}&a=\u00e9`, {}), 200);
    for (const text of [`asked:${secretOf('asked')}%0a`, 'asked:%E0%A4%A', 'asked:', 'asked']) {
      const authorization = `Basic ${Buffer.from(text).toString('base64')}`;
      await expectAlike('/introspect', asks('asked', body, { authorization }), 400);
    }
  });
});

describe('what has ended is found at the very next request', () => {
  const dead = async (token: string) => {
    await expectAlike('/userinfo', bearer(token), 401);
    expect(JSON.parse((await expectAlike('/introspect', asks('web', `token=${token}`), 200)).body)).toEqual({
      active: false,
    });
  };

  it('a token that was revoked, one whose session was, and one whose time is over', async () => {
    const { access_token: revoked } = await tokenOf('web');
    await expectPlain('/userinfo', bearer(revoked));
    expect((await send('/revoke', asks('web', `token=${revoked}`))).status).toBe(200);
    await dead(revoked);

    const person = new Person(of.gateway, 'alice');
    const { access_token: bound } = await tokenOf('web', {}, person);
    await expectPlain('/userinfo', bearer(bound));
    const page = await person.client.open(`${of.gateway.url}/logout`);
    await person.answer(page, { logout: 'yes' });
    await dead(bound);

    const { access_token: late } = await tokenOf('web');
    advanceHere(3_600_000 * 24);
    await dead(late);
  });

  it('whatever an account has, and whoever is disabled, of 100 requests at once', async () => {
    await of.gateway.addUser('carol');
    const carol = new Person(of.gateway, 'carol');
    const { access_token: token } = await tokenOf('web', {}, carol);
    await expectPlain('/userinfo', bearer(token));
    await of.gateway.command('user disable', ['carol']);
    const answers = await Promise.all(Array.from({ length: 100 }, () => send('/userinfo', bearer(token))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
  });
});

describe('every request is seen, whichever way it goes', () => {
  it('in the log, by who asked, and in what is measured', async () => {
    const { access_token: token } = await tokenOf('web');
    const counted = async (route: string) => {
      const { series } = await scrape(of.gateway);
      const mine = series.filter(
        ({ name, labels }) => name === 'sallyport_request_seconds_count' && labels.route === route,
      );
      return mine.reduce((sum, { value }) => sum + value, 0);
    };
    const lines = () => of.gateway.logs.filter(({ message }) => message === 'request');
    const before = await counted('/userinfo');
    for (const [header, ip] of [
      [undefined, /^(::1|127\.0\.0\.1)$/],
      ['192.0.2.7', /^192\.0\.2\.7$/],
      ['192.0.2.9, 192.0.2.8', /^192\.0\.2\.8$/],
    ] as const) {
      const sent = bearer(token, header === undefined ? {} : { 'x-forwarded-for': header });
      const { long, plain, plainly } = await both('/userinfo', sent);
      expect(plainly).toBe(true);
      const [first, second] = [long, plain].map(({ reference }) => {
        const line = lines().find(({ fields }) => (fields as { reference: string }).reference === reference);
        return { ...line?.fields, ms: 0, reference: '' };
      });
      expect(second).toEqual(first);
      expect(second).toMatchObject({ method: 'GET', path: '/userinfo', status: 200, ip: expect.stringMatching(ip) });
    }
    await expect.poll(() => counted('/userinfo')).toBe(before + 6);
  });

  it('and once alone where a plain one has to go the long way', async () => {
    const before = of.gateway.logs.length;
    const { status, reference } = await send('/introspect', asks('web', 'token=nobody-knows-it-0123456789'));
    expect(status).toBe(200);
    const lines = of.gateway.logs.slice(before).filter(({ message }) => message === 'request');
    expect(lines.map(({ fields }) => (fields as { reference: string }).reference)).toEqual([reference]);
  });
});
