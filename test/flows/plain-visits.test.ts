import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { Provider } from 'oidc-provider';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { application, gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import { call, Person, RelyingParty, secretOf } from '../support/relying-party.ts';

/** Koa answers nothing but by this, which oidc-provider takes over. */
const byProvider = vi.spyOn(Provider.prototype as unknown as { handleRequest(): void }, 'handleRequest');

const site = (id: string) => `https://${id}.example.org/callback`;
const with_ = (id: string, oidc: Record<string, unknown> = {}, more = {}) =>
  application(id, { redirectUris: [site(id)], scopes: ['openid', 'profile', 'email', 'groups'], ...oidc }, more);
const PLAIN = ['web', 'lasting', 'apart', 'told'];
const OTHERS = ['asking', 'aged', 'native', 'pushed', 'bound'];

const of = gatewayOfFile({
  applications: {
    web: with_('web'),
    lasting: with_('lasting', { reauthenticate: '2d' }),
    apart: with_('apart', { subject: 'pairwise', idTokenAlgorithm: 'ES256' }),
    told: with_('told', { backchannelLogoutUri: 'http://127.0.0.1:9/logout' }),
    asking: with_('asking', {}, { consent: 'ask' }),
    aged: with_('aged', { defaultMaxAge: '1h' }),
    native: with_('native', { applicationType: 'native', dangerouslySilentNative: true }),
    pushed: with_('pushed', { requirePushedAuthorizationRequests: true }),
    bound: with_('bound', { senderConstraint: 'dpop' }),
  },
  policy: { rules: rules(...PLAIN, ...OTHERS) },
});

const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk-0123456789';
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');
const LONG = { unknown: '1' };
type Fields = Readonly<Record<string, string | undefined>>;

interface Answered {
  status: number | undefined;
  headers: Record<string, unknown>;
  body: string;
  /** Before oidc-provider. */
  plainly: boolean;
}

const encoded = (fields: Fields) =>
  new URLSearchParams(Object.entries(fields).filter((it): it is [string, string] => it[1] !== undefined)).toString();

async function send(path: string, headers: Record<string, string>, form?: string): Promise<Answered> {
  const { host, port } = new URL(of.gateway.url);
  byProvider.mockClear();
  const method = form === undefined ? 'GET' : 'POST';
  const type = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(form?.length) };
  const all = { host, ...(form === undefined ? {} : type), ...headers };
  const sent = request({ host: 'localhost', port, path, method, headers: all, setHost: false });
  sent.end(form);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const { date: _, 'x-request-id': reference, ...rest } = answer.headers;
  expect(reference).toMatch(/^[A-Z2-9]{10}$/);
  const body = Buffer.concat((await answer.toArray()) as Buffer[]).toString();
  return { status: answer.statusCode, headers: rest, body, plainly: byProvider.mock.calls.length === 0 };
}

let alice: Person;
const cookie = () => {
  const { jar } = alice.client;
  return jar
    .for(new URL(of.gateway.url))
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ');
};

const asked = (id: string): Fields => ({
  ...{ client_id: id, response_type: 'code', scope: 'openid profile', redirect_uri: site(id), state: 's & t' },
  ...{ nonce: 'n', code_challenge: CHALLENGE, code_challenge_method: 'S256' },
});

const authorize = (fields: Fields, headers: Record<string, string> = {}) =>
  send(`/authorize?${encoded(fields)}`, { cookie: cookie(), ...headers });

const codeIn = ({ headers }: Answered) => new URL(String(headers.location)).searchParams.get('code') ?? '';

const basic = (id: string, secret = secretOf(id)) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
});

const exchanged = (id: string, code: string): Fields => ({
  ...{ grant_type: 'authorization_code', code, redirect_uri: site(id), code_verifier: VERIFIER },
});

const redeem = (id: string, fields: Fields, headers: Record<string, string> = basic(id)) =>
  send('/token', headers, encoded(fields));

/** Without what is new in each answer. */
function withoutCode(answer: Answered) {
  const code = codeIn(answer);
  expect(code).toMatch(/^[\w-]{43}$/);
  const { plainly: _, ...rest } = answer;
  return JSON.parse(JSON.stringify(rest).replaceAll(code, 'the code'));
}

beforeAll(async () => {
  alice = new Person(of.gateway, 'alice');
  const rp = (id: string) => RelyingParty.of(of.gateway, id, { redirectUri: site(id) });
  // The first visit enters the application into the session, the second writes what that has changed.
  await alice.signIn(await rp('web'));
  for (const id of [...PLAIN, 'aged', 'native']) {
    for (let visits = 2; visits > 0; visits -= 1) await (await rp(id)).visit(alice, { scope: 'openid profile' });
  }
});

describe('a visit that is asked plainly is answered as the long way would', () => {
  it.each(PLAIN)('of %s', async (id) => {
    const plain = await authorize(asked(id));
    const long = await authorize({ ...asked(id), ...LONG });
    expect([plain.plainly, long.plainly]).toEqual([true, false]);
    expect(withoutCode(plain)).toEqual(withoutCode(long));
    const bare = { ...asked(id), state: undefined, nonce: undefined, scope: 'profile openid' };
    const [less, lessLong] = [await authorize(bare), await authorize({ ...bare, ...LONG })];
    expect(less.plainly).toBe(true);
    expect(withoutCode(less)).toEqual(withoutCode(lessLong));

    // Codes of both ways are exchanged by both, and come to the same.
    const answers = await Promise.all(
      [plain, long, less, lessLong].map(async (of_, at) => {
        const fields = exchanged(id, codeIn(of_));
        const answer = await redeem(id, at % 2 === 0 ? fields : { ...fields, ...LONG });
        expect(answer.status, answer.body).toBe(200);
        return answer;
      }),
    );
    const [first, second, third, fourth] = await Promise.all(answers.map((it) => describeTokens(id, it)));
    expect(first).toEqual(second);
    expect(third).toEqual(fourth);
    const again = await redeem(id, exchanged(id, codeIn(await authorize(asked(id)))));
    expect(again.plainly).toBe(true);
    expect(await describeTokens(id, again)).toEqual(first);
  });
});

/** All that a token response says, and what is known of its tokens. */
async function describeTokens(id: string, { headers, body }: Answered) {
  const { access_token: access, refresh_token: refresh, id_token, ...rest } = JSON.parse(body);
  const { iat = 0, exp = 0, ...claims } = decodeJwt(id_token);
  const {
    iat: _,
    exp: __,
    ...introspected
  } = (await call(of.gateway, '/introspect', { token: access }, id)).json() as Record<string, unknown>;
  const { 'content-length': length, ...told } = headers;
  expect(Number(length)).toBe(Buffer.byteLength(body));
  if (refresh !== undefined) {
    const fields = { grant_type: 'refresh_token', refresh_token: refresh };
    expect((await redeem(id, fields)).status).toBe(200);
  }
  const ofTokens = [access, refresh].map((token: string | undefined) => token?.length);
  const keys = Object.keys(JSON.parse(body));
  return {
    told,
    keys,
    rest,
    header: decodeProtectedHeader(id_token),
    claims,
    lasts: exp - iat,
    introspected,
    ofTokens,
  };
}

describe('whatever isn’t plain goes the long way', () => {
  const cases: Record<string, Fields> = {
    'nobody may be asked': { prompt: 'none' },
    'a sign-in is asked for': { prompt: 'login' },
    'an age': { max_age: '3600' },
    'a class': { acr_values: 'https://refeds.org/profile/mfa' },
    'single claims': { claims: '{"id_token":{"email":null}}' },
    'another mode': { response_mode: 'form_post' },
    'nothing at all': { state: '' },
    'another challenge': { code_challenge_method: 'plain' },
    'no challenge': { code_challenge: undefined, code_challenge_method: undefined },
    'a short challenge': { code_challenge: CHALLENGE.slice(1) },
    'a scope twice': { scope: 'openid openid' },
    'more than was granted': { scope: 'openid groups' },
    'a scope that nobody knows': { scope: 'openid unheard' },
    'a scope that is not its own': { scope: 'openid phone' },
    'no scope of ours': { scope: 'profile' },
    'access without a person': { scope: 'openid offline_access' },
    'another address': { redirect_uri: 'https://elsewhere.example/callback' },
    'an address that begins like its own': { redirect_uri: `${site('web')}/further` },
    'another application’s address': { redirect_uri: site('told') },
    'nobody’s name': { client_id: 'nobody' },
    'another response': { response_type: 'none' },
    'a resource': { resource: 'https://api.example.org/' },
  };
  it.each(Object.entries(cases))('%s', async (_name, more) => {
    const fields = { ...asked('web'), ...more };
    const [answer, long] = [await authorize(fields), await authorize({ ...fields, ...LONG })];
    expect(answer.plainly).toBe(false);
    expect(answer.status).toBe(long.status);
  });

  it('a parameter twice', async () => {
    const answer = await send(`/authorize?${encoded(asked('web'))}&state=another`, { cookie: cookie() });
    expect(answer.plainly).toBe(false);
    expect(answer.headers.location).toMatch(/error=invalid_request/);
  });

  it('applications that want more, and those that the session doesn’t know', async () => {
    for (const id of OTHERS) expect((await authorize(asked(id))).plainly, id).toBe(false);
  });

  it('a session that isn’t there, isn’t one, or comes twice', async () => {
    const own = cookie();
    const session = /sallyport_session=([^;]+)/.exec(own)?.[1] ?? '';
    const another = `${'x'.repeat(43)}.${session.split('.')[1]}`;
    const without = own.replace(session, another);
    const quoted = await authorize(asked('web'), { cookie: own.replace(session, `"${session}"`) });
    expect(quoted.plainly).toBe(false);
    for (const it of ['', without]) {
      const answer = await authorize(asked('web'), { cookie: it });
      expect(answer.plainly).toBe(false);
      expect(answer.headers.location).not.toMatch(/code=/);
    }
    const planted = await authorize(asked('web'), { cookie: `sallyport_session=${another}; ${own}` });
    expect(planted.plainly).toBe(false);
    const disguised = await authorize(asked('web'), {
      cookie: own.replace('sallyport_session', 'a_sallyport_session'),
    });
    expect(disguised.headers.location).not.toMatch(/code=/);
  });

  it('other methods, and readers of something else', async () => {
    expect((await authorize(asked('web'), { accept: 'application/json' })).plainly).toBe(false);
    const posted = await send('/authorize', { cookie: cookie() }, encoded(asked('web')));
    expect([posted.status, posted.plainly]).toEqual([303, true]);
    expect(posted.headers.location).toMatch(/posted_request=/);
  });
});

describe('a code is exchanged plainly once, by whoever it is for', () => {
  let code: string;
  beforeEach(async () => {
    code = codeIn(await authorize(asked('lasting')));
  });

  const wrong: Record<string, (code: string) => [string, Fields, Record<string, string>?]> = {
    'another verifier': (it) => ['lasting', { ...exchanged('lasting', it), code_verifier: `${VERIFIER}x` }],
    'no verifier': (it) => ['lasting', { ...exchanged('lasting', it), code_verifier: undefined }],
    'another address': (it) => ['lasting', { ...exchanged('lasting', it), redirect_uri: site('web') }],
    'another application': (it) => ['web', exchanged('lasting', it)],
    'a wrong secret': (it) => ['lasting', exchanged('lasting', it), basic('lasting', 'wrong')],
    'no secret': (it) => ['lasting', exchanged('lasting', it), {}],
    'another code': (it) => ['lasting', exchanged('lasting', `${it.slice(1)}x`)],
  };
  it.each(Object.keys(wrong))('not with %s', async (name) => {
    const [id, fields, headers] = wrong[name]?.(code) ?? ['', {}];
    const answer = await redeem(id, fields, headers ?? basic(id));
    expect(answer.plainly).toBe(false);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.body).not.toMatch(/access_token/);
  });

  it('of many at once, and then ends what it gave', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => redeem('lasting', exchanged('lasting', code))));
    const right = answers.filter(({ status }) => status === 200);
    expect(right.length).toBeLessThanOrEqual(1);
    for (const { status, body } of answers.filter((it) => !right.includes(it))) {
      expect([status, JSON.parse(body).error]).toEqual([400, 'invalid_grant']);
    }
    for (const { body } of right) {
      const { access_token: token, refresh_token } = JSON.parse(body);
      expect((await call(of.gateway, '/introspect', { token }, 'lasting')).json()).toEqual({ active: false });
      const again = await redeem('lasting', { grant_type: 'refresh_token', refresh_token });
      expect(again.status).toBe(400);
    }
    // The grant is gone, and the next visit has another one, by the long way.
    const next = await authorize(asked('lasting'));
    expect([next.status, next.plainly]).toEqual([303, false]);
    expect((await redeem('lasting', exchanged('lasting', codeIn(next)))).status).toBe(200);
  });
});
