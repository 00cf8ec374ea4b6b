import { beforeAll, describe, expect, it } from 'vitest';
import { Client, type Reply } from '../support/client.ts';
import { application, gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import { answerOf, call, Person, RelyingParty } from '../support/relying-party.ts';

/** Where the gateway sends browsers: to registered addresses alone (RFC 9700 sections 2.1 and 4.11). */
const REDIRECT = 'http://127.0.0.1:9/site/callback';
const it_ = gatewayOfFile({
  applications: {
    site: application('site', { postLogoutRedirectUris: ['http://127.0.0.1:9/site/signed-out'] }),
    secure: application('secure', { redirectUris: ['https://rp.example.org/callback'] }),
  },
  policy: { rules: rules('site', 'secure') },
});

let site: RelyingParty;
let alice: Person;

beforeAll(async () => {
  site = await RelyingParty.of(it_.gateway, 'site', { redirectUri: REDIRECT });
  alice = new Person(it_.gateway, 'alice');
  await alice.signIn(site);
});

/** Our page with a reference id, and no way to anywhere else. */
function expectOurPage(reply: Reply, status = 400): void {
  expect(reply.status).toBe(status);
  expect(reply.location).toBeUndefined();
  expect(reply.headers['content-type']).toContain('text/html');
  expect(reply.text).toMatch(/Reference: [A-Z0-9]{10}/);
  expect(reply.body).not.toMatch(/http-equiv=.?refresh|<form[^>]+action="http/i);
  expect(reply.headers).not.toHaveProperty('refresh');
}

const VARIANTS = [
  'http://127.0.0.1:9/site/callback/',
  'http://127.0.0.1:9/site/callback?added=1',
  'http://127.0.0.1:9/site/callback?',
  'http://127.0.0.1:9/site/callback#fragment',
  'http://127.0.0.1:9/site/callback#',
  'http://127.0.0.1:9/site/callback/../callback',
  'http://127.0.0.1:9/site/./callback',
  'http://127.0.0.1:9/site/x/%2e%2e/callback',
  'http://127.0.0.1:9/site/%63allback',
  'http://127.0.0.1:9/site%2Fcallback',
  'http://127.0.0.1:9/site/Callback',
  'http://127.0.0.1:9/SITE/callback',
  'http://127.0.0.1:9//site/callback',
  'http://127.0.0.1:9\\site\\callback',
  'HTTP://127.0.0.1:9/site/callback',
  'https://127.0.0.1:9/site/callback',
  'http://127.0.0.1/site/callback',
  'http://127.0.0.1:10/site/callback',
  'http://127.0.0.1:09/site/callback',
  'http://localhost:9/site/callback',
  'http://[::1]:9/site/callback',
  'http://127.1:9/site/callback',
  'http://2130706433:9/site/callback',
  'http://127.0.0.1:9@evil.example/site/callback',
  'http://user@127.0.0.1:9/site/callback',
  'http://evil.example#@127.0.0.1:9/site/callback',
  'http://evil.example\\@127.0.0.1:9/site/callback',
  'http://127.0.0.1.evil.example:9/site/callback',
  ' http://127.0.0.1:9/site/callback',
  'http://127.0.0.1:9/site/callback\t',
  'http://127.0.0.1:9/site/callback\0',
  '//127.0.0.1:9/site/callback',
  '/site/callback',
  'javascript:alert(1)//http://127.0.0.1:9/site/callback',
  'data:text/html,x',
  'https://evil.example/',
  '',
];

describe('oidcc-ensure-registered-redirect-uri', () => {
  it.each(VARIANTS)('%j is no registered redirect URI', async (uri) => {
    const { url } = await site.begin();
    url.searchParams.set('redirect_uri', uri);
    expectOurPage(await alice.client.open(url));
    url.searchParams.set('prompt', 'none');
    expectOurPage(await new Client().open(url));
    expect((await call(it_.gateway, '/par', url.searchParams, 'site')).json()).toMatchObject({
      error: expect.stringMatching(/^invalid_(redirect_uri|request)$/),
    });
  });

  it.each([
    'https://rp.example.org:443/callback',
    'http://rp.example.org/callback',
    'https://rp.example.org.:/callback',
    'https://RP.example.org/callback',
  ])('%j is not https://rp.example.org/callback', async (uri) => {
    const secure = await RelyingParty.of(it_.gateway, 'secure', { redirectUri: 'https://rp.example.org/callback' });
    const { url } = await secure.begin();
    url.searchParams.set('redirect_uri', uri);
    expectOurPage(await alice.client.open(url));
  });

  it('is missing, or there are two of them', async () => {
    const { url } = await site.begin();
    const twice = new URL(url);
    twice.searchParams.append('redirect_uri', 'https://evil.example/');
    expectOurPage(await alice.client.open(twice));
    const first = new URL(url);
    first.search = `redirect_uri=${encodeURIComponent('https://evil.example/')}&${url.searchParams}`;
    expectOurPage(await alice.client.open(first));
    url.searchParams.delete('redirect_uri');
    expectOurPage(await alice.client.open(url));
  });

  it('by POST too', async () => {
    const { url } = await site.begin();
    url.searchParams.set('redirect_uri', 'https://evil.example/');
    const posted = await alice.client.post(`${it_.gateway.url}/authorize`, url.searchParams, {
      from: 'https://evil.example',
    });
    expectOurPage(await alice.client.follow(posted));
  });

  it("an error never goes to another client's address", async () => {
    const { url } = await site.begin({ response_type: 'token' });
    url.searchParams.set('client_id', 'secure');
    expectOurPage(await alice.client.open(url));
  });
});

describe('an unknown client', () => {
  it.each(['nobody', '', '../library', '__proto__', 'site\0', 'SITE'])('%j is shown our page', async (id) => {
    const { url } = await site.begin();
    url.searchParams.set('client_id', id);
    expectOurPage(await alice.client.open(url));
  });

  it('no client at all', async () => {
    expectOurPage(await alice.client.open(`${it_.gateway.url}/authorize`));
    expectOurPage(
      await alice.client.open(`${it_.gateway.url}/authorize?response_type=code&redirect_uri=https://evil.example/`),
    );
  });
});

describe('Host and forwarded headers', () => {
  it.each(['evil.example', 'localhost', 'localhost:1', '127.0.0.1', 'localhost.', 'user@localhost'])(
    'Host %j is misdirected',
    async (host) => {
      for (const path of ['/.well-known/openid-configuration', '/authorize', '/', '/logout']) {
        const reply = await new Client().get(`${it_.gateway.url}${path}`, { headers: { host } });
        expect([400, 421]).toContain(reply.status);
        expect(reply.body).not.toContain(`//${host}/`);
      }
    },
  );

  it('forwarded headers change nothing that is published, nor where a sign-in goes', async () => {
    const headers = {
      ...{ 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', 'x-forwarded-port': '444' },
      ...{ forwarded: 'host=evil.example;proto=https', 'x-original-url': '/evil', 'x-rewrite-url': '/evil' },
      ...{ 'x-forwarded-prefix': '/evil', 'x-forwarded-server': 'evil.example' },
    };
    const plain = await new Client().get(`${it_.gateway.url}/.well-known/openid-configuration`);
    const lied = await new Client().get(`${it_.gateway.url}/.well-known/openid-configuration`, { headers });
    expect(lied.json()).toEqual(plain.json());
    const begun = await new Client().get((await site.begin()).url, { headers });
    expect(begun.location?.origin).toBe(it_.gateway.url);
    expect(begun.setCookies.join()).not.toMatch(/evil|domain=/i);
    const logout = await alice.client.get(`${it_.gateway.url}/logout`, { headers });
    expect(logout.body).not.toContain('evil');
  });
});

describe('open redirects', () => {
  const elsewhere = [
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example/',
    '\\\\evil.example/',
    '/\t/evil.example/',
    '/%5cevil.example',
    '/%2f%2fevil.example',
    '/.//evil.example',
    '/a/..//evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
    ' https://evil.example/',
    'http:evil.example',
    'https:/evil.example',
    '@evil.example',
  ];

  it.each(elsewhere)('/language?back=%j stays here', async (back) => {
    const query = new URLSearchParams({ to: 'en', back });
    const reply = await new Client().get(`${it_.gateway.url}/language?${query}`);
    expect(reply.status).toBe(303);
    expect(reply.location?.origin).toBe(it_.gateway.url);
    expect(reply.headers.location).toMatch(/^\/(?![/\\])/);
  });

  it.each([
    'http://127.0.0.1:9/site/signed-out/',
    'http://127.0.0.1:9/site/signed-out?added=1',
    REDIRECT,
    ...elsewhere,
  ])('a sign-out never goes to %j', async (target) => {
    const base = { post_logout_redirect_uri: target, state: 's' };
    const person = new Person(it_.gateway, 'alice', alice.client);
    for (const more of [[], ['site'], ['secure']]) {
      const url = `${it_.gateway.url}/logout?${new URLSearchParams({ ...base, ...(more[0] ? { client_id: more[0] } : {}) })}`;
      for (const reply of [await person.client.get(url), await new Client().get(url)]) {
        expect(reply.location?.origin ?? it_.gateway.url).toBe(it_.gateway.url);
        expect(reply.headers['content-security-policy']).toMatch(/form-action 'self'$/);
      }
    }
  });

  it('a registered address of the signed-out client is gone to only with that client named', async () => {
    const target = 'http://127.0.0.1:9/site/signed-out';
    const nobody = await new Client().get(
      `${it_.gateway.url}/logout?${new URLSearchParams({ post_logout_redirect_uri: target })}`,
    );
    expect(nobody.location?.origin).toBe(it_.gateway.url);
  });
});

describe("the gateway's own clients", () => {
  const own = ['sallyport-account', 'sallyport-security', 'sallyport-enrol'];

  it.each(own)('%s gives no code and no token, and leads to its own page alone', async (id) => {
    const home = `${it_.gateway.url}/account/signed-in`;
    for (const change of [
      { response_type: 'code' },
      { redirect_uri: REDIRECT, response_type: 'none' },
      { response_type: 'none', redirect_uri: `${home}?next=//evil.example` },
    ]) {
      const { url } = await site.begin({ redirect_uri: home, ...change });
      url.searchParams.set('client_id', id);
      const reply = await alice.client.get(url);
      expect(answerOf(reply)).not.toHaveProperty('code');
      expect(reply.location?.origin ?? it_.gateway.url).toBe(it_.gateway.url);
    }
    for (const grant_type of ['authorization_code', 'refresh_token', 'client_credentials']) {
      const reply = await call(it_.gateway, '/token', {
        grant_type,
        client_id: id,
        code: 'x',
        refresh_token: 'x',
        redirect_uri: home,
      });
      expect(reply.status).toBe(400);
      expect(reply.json()).not.toHaveProperty('access_token');
    }
  });
});
