import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { application, gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import { advance, answerOf, call, Person, RelyingParty, userinfo } from '../support/relying-party.ts';

/** Authorization requests that ask for what isn't given, pushed requests in the wrong hands, replayed assertions. */
const keys = await generateKeyPair('ES256', { extractable: true });
const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
const it_ = gatewayOfFile({
  applications: {
    other: application('other'),
    pushed: application('pushed', { requirePushedAuthorizationRequests: true }),
    keyed: application('keyed', { clientSecret: undefined, jwks: { keys: [jwk] } }),
  },
  policy: { rules: rules('other', 'pushed', 'keyed') },
});

let library: RelyingParty;
let alice: Person;

beforeAll(async () => {
  library = await RelyingParty.of(it_.gateway, 'library');
  alice = new Person(it_.gateway, 'alice');
  await alice.signIn(library);
});

afterEach(() => {
  expect(it_.gateway.logs.filter(({ level }) => level === 'error')).toEqual([]);
});

/** Pushes a request of the library's, changed, and answers the request_uri. */
async function push(change: Record<string, string> = {}): Promise<string> {
  const { url } = await library.begin(change);
  const reply = await call(it_.gateway, '/par', url.searchParams, 'library');
  expect(reply.status).toBe(201);
  return (reply.json() as { request_uri: string }).request_uri;
}

const open = (request_uri: string, client_id = 'library') =>
  alice.client.open(`${it_.gateway.url}/authorize?${new URLSearchParams({ client_id, request_uri })}`);

describe('response types and modes that are not served', () => {
  it.each(['token', 'id_token', 'id_token token', 'code id_token', 'code token', 'code id_token token', 'none', 'x'])(
    'response_type=%s',
    async (response_type) => {
      const { url } = await library.begin({ response_type });
      const reply = await alice.client.open(url);
      expect(['unsupported_response_type', 'unauthorized_client', 'invalid_request']).toContain(
        answerOf(reply).error ?? new URLSearchParams(reply.location?.hash.slice(1)).get('error'),
      );
      expect(reply.location?.href).not.toMatch(/code=|id_token=|access_token=/);
    },
  );

  it.each(['fragment.jwt', 'web_message', 'jwt', 'x'])('response_mode=%s', async (response_mode) => {
    const { url } = await library.begin({ response_mode });
    const reply = await alice.client.open(url);
    expect(reply.location?.href ?? '').not.toContain('code=');
    expect(reply.status).toBeLessThan(500);
  });
});

describe('request objects', () => {
  const claims = { response_type: 'code', scope: 'openid', redirect_uri: 'https://evil.example/' };

  it('oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported: refused, and nothing in it is believed', async () => {
    const request = new UnsecuredJWT({ ...claims, client_id: 'library', iss: 'library' })
      .setAudience(it_.gateway.url)
      .encode();
    const { url, state } = await library.begin({ request });
    expect(answerOf(await alice.client.open(url))).toMatchObject({ error: 'invalid_request_object', state });
    expect((await call(it_.gateway, '/par', url.searchParams, 'library')).json()).toMatchObject({
      error: 'invalid_request_object',
    });
  });

  it.each([
    'https://evil.example/request',
    'http://127.0.0.1:1/',
    'file:///etc/passwd',
    'urn:ietf:params:oauth:request_uri:x',
    'urn:ietf:params:oauth:request_uri:',
  ])(
    'oidcc-request-uri-unsigned, oidcc-request-uri-signed-rs256: %s is not fetched, and not gone on from',
    async (request_uri) => {
      const { url } = await library.begin();
      url.searchParams.set('request_uri', request_uri);
      const reply = await alice.client.open(url);
      expect(answerOf(reply)).not.toHaveProperty('code');
      expect([400, 303]).toContain(reply.status);
    },
  );

  it('oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported: said in discovery, and in the answer', async () => {
    expect(library.config.serverMetadata().request_uri_parameter_supported).toBe(false);
    const { url } = await library.begin();
    url.searchParams.set('request_uri', 'https://evil.example/request');
    expect(answerOf(await alice.client.open(url))).toMatchObject({ error: 'request_uri_not_supported' });
  });

  it('registration in the request is refused', async () => {
    const { url } = await library.begin({ registration: '{"redirect_uris":["https://evil.example/"]}' });
    expect(answerOf(await alice.client.open(url))).toMatchObject({ error: 'registration_not_supported' });
  });
});

describe('a pushed authorization request', () => {
  it('par-attempt-reuse-request_uri', async () => {
    const uri = await push();
    expect(answerOf(await open(uri))).toHaveProperty('code');
    const again = await open(uri);
    expect(answerOf(again)).not.toHaveProperty('code');
    expect(again.status).toBe(400);
  });

  it('used 20 times at once gives one code', async () => {
    const uri = await push();
    const replies = await Promise.all(Array.from({ length: 20 }, () => open(uri)));
    expect(replies.filter((reply) => 'code' in answerOf(reply))).toHaveLength(1);
    expect(replies.filter(({ status }) => status >= 500)).toEqual([]);
  });

  it('par-attempt-to-use-request_uri-for-different-client', async () => {
    const reply = await open(await push(), 'other');
    expect(reply.status).toBe(400);
    expect(reply.location).toBeUndefined();
  });

  it('par-attempt-to-use-expired-request_uri', async () => {
    const uri = await push();
    advance(3_600_000);
    await alice.signIn(library);
    expect(answerOf(await open(uri))).not.toHaveProperty('code');
  });

  it('what stands beside it in the address changes nothing', async () => {
    const uri = await push({ scope: 'openid' });
    const query = {
      client_id: 'library',
      request_uri: uri,
      redirect_uri: 'https://evil.example/',
      scope: 'openid groups',
      state: 'x',
    };
    const reply = await alice.client.open(`${it_.gateway.url}/authorize?${new URLSearchParams(query)}`);
    expect(reply.location?.href ?? '').not.toContain('evil');
    expect(answerOf(reply).state).not.toBe('x');
  });

  it('par-authorization-request-containing-request_uri-form-param', async () => {
    const { url } = await library.begin();
    url.searchParams.set('request_uri', await push());
    const reply = await call(it_.gateway, '/par', url.searchParams, 'library');
    expect(reply.status).toBe(400);
    expect(reply.json()).not.toHaveProperty('request_uri');
  });

  it('is refused without the secret, with a wrong one, or for another client', async () => {
    const { url } = await library.begin();
    expect((await call(it_.gateway, '/par', url.searchParams)).status).toBe(401);
    expect((await call(it_.gateway, '/par', url.searchParams, 'other')).status).toBe(400);
    const fields = { ...Object.fromEntries(url.searchParams), client_secret: 'wrong' };
    expect((await call(it_.gateway, '/par', fields)).status).toBe(401);
  });

  it('is the only way for an application that is marked so', async () => {
    const redirectUri = 'http://127.0.0.1:9/pushed/callback';
    const pushed = await RelyingParty.of(it_.gateway, 'pushed', { redirectUri });
    expect(answerOf(await alice.client.open((await pushed.begin()).url))).toMatchObject({ error: 'invalid_request' });
    expect(answerOf(await alice.client.open((await pushed.begin({}, { par: true })).url))).toHaveProperty('code');
  });
});

describe('parameters', () => {
  it.each([
    'client_id',
    'state',
    'scope',
    'nonce',
    'response_type',
    'code_challenge',
    'prompt',
    'max_age',
    'acr_values',
  ])('%s given twice', async (name) => {
    const { url } = await library.begin({ prompt: 'none', max_age: '100', acr_values: 'x' });
    url.searchParams.append(name, url.searchParams.get(name) ?? '');
    const reply = await alice.client.open(url);
    expect(answerOf(reply)).not.toHaveProperty('code');
    expect(reply.status).toBeLessThan(500);
    const pushed = await call(it_.gateway, '/par', url.searchParams, 'library');
    expect(pushed.json()).toMatchObject({ error: 'invalid_request' });
  });

  it('of a token request given twice', async () => {
    const fields = new URLSearchParams({
      grant_type: 'authorization_code',
      code: 'a',
      redirect_uri: library.redirectUri,
    });
    fields.append('code', 'b');
    expect((await call(it_.gateway, '/token', fields, 'library')).json()).toMatchObject({ error: 'invalid_request' });
  });

  it('huge ones are refused, not worked on', async () => {
    const huge = 'a'.repeat(60_000);
    expect((await call(it_.gateway, '/token', { grant_type: huge }, 'library')).status).toBe(413);
    expect((await call(it_.gateway, '/par', { state: huge }, 'library')).status).toBe(413);
    const posted = await alice.client.post(`${it_.gateway.url}/authorize`, {
      client_id: 'library',
      state: `${huge}${huge}`,
    });
    expect(posted.status).toBe(413);
    const { url } = await library.begin({ state: 'a'.repeat(20_000) });
    expect((await alice.client.get(url)).status).toBe(431);
  });

  it.each(['%', '%zz', '%00', '\u0000', '%ff%fe', '{{7*7}}', '<script>', "' or 1=1 --"])(
    'odd ones are answered calmly: %j',
    async (odd) => {
      for (const path of ['/authorize', '/logout', '/userinfo', '/token', '/authorize/x', '/sign-in/x', '/language']) {
        const reply = await alice.client.get(
          `${it_.gateway.url}${path}?client_id=${encodeURI(odd)}&state=${encodeURI(odd)}&code=${encodeURI(odd)}&id_token_hint=${encodeURI(odd)}`,
        );
        expect(reply.status, path).toBeLessThan(500);
        expect(reply.body).not.toContain('<script>');
      }
    },
  );
});

describe('an ID token of another client as id_token_hint', () => {
  it('is not taken at sign-in', async () => {
    const other = await RelyingParty.of(it_.gateway, 'other', { redirectUri: 'http://127.0.0.1:9/other/callback' });
    const hint = (await other.visit(alice)).id_token ?? '';
    const { url } = await library.begin({ prompt: 'none', id_token_hint: hint });
    expect(answerOf(await alice.client.open(url))).toMatchObject({ error: 'invalid_request' });
    const forged = `${hint.slice(0, -8)}AAAAAAAA`;
    const { url: own } = await other.begin({ prompt: 'none', id_token_hint: forged });
    expect(answerOf(await alice.client.open(own))).toMatchObject({ error: 'invalid_request' });
  });
});

describe('client assertions (private_key_jwt)', () => {
  const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
  const assertion = (change: Record<string, unknown> = {}, key = keys.privateKey) =>
    new SignJWT({
      iss: 'keyed',
      sub: 'keyed',
      aud: it_.gateway.url,
      jti: crypto.randomUUID(),
      exp: Math.floor(Date.now() / 1000) + 60,
      iat: Math.floor(Date.now() / 1000),
      ...change,
    })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .sign(key);
  const push_ = async (client_assertion: string) => {
    const fields = {
      ...{ response_type: 'code', scope: 'openid', redirect_uri: 'http://127.0.0.1:9/keyed/callback' },
      ...{ code_challenge: 'a'.repeat(43), code_challenge_method: 'S256' },
      ...{ client_id: 'keyed', client_assertion_type: TYPE, client_assertion },
    };
    return call(it_.gateway, '/par', fields);
  };

  it('a jti used 50 times at once passes once', async () => {
    const one = await assertion();
    const replies = await Promise.all(Array.from({ length: 50 }, () => push_(one)));
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(replies.filter(({ status }) => status >= 500)).toEqual([]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['expired', { exp: 1 }],
    ['of another issuer', { iss: 'library' }],
    ['of another subject', { sub: 'library' }],
    ['for another audience', { aud: 'https://evil.example' }],
    ['without jti', { jti: undefined }],
    ['without exp', { exp: undefined }],
    ['not valid yet', { nbf: 99_999_999_999 }],
  ])('refused: %s', async (_what, change) => {
    const reply = await push_(await assertion(change));
    expect([400, 401]).toContain(reply.status);
    expect(reply.json()).toMatchObject({ error: expect.stringMatching(/^invalid_(client|request)$/) });
  });

  it('refused: signed with another key, or not at all', async () => {
    const stranger = await generateKeyPair('ES256');
    expect((await push_(await assertion({}, stranger.privateKey))).status).toBe(401);
    const [, payload] = (await assertion()).split('.');
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
    expect((await push_(none)).status).toBe(401);
  });
});

describe('an access token', () => {
  it('is refused in the query (RFC 9700 section 4.3.2)', async () => {
    const { access_token } = await library.visit(alice);
    expect((await userinfo(it_.gateway, access_token, 'query')).status).toBe(400);
    expect((await userinfo(it_.gateway, access_token)).status).toBe(200);
  });
});
