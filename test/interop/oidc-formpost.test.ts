import { UnsecuredJWT } from 'jose';
import { ClientSecretPost, fetchUserInfo, refreshTokenGrant } from 'openid-client';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Reply } from '../support/client.ts';
import { form } from '../support/forms.ts';
import { PASSWORD } from '../support/gateway.ts';
import { holdKey, KeyHolder, now } from '../support/key-holder.ts';
import { application, gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import {
  advance,
  type Flow,
  type Parameters,
  Person,
  RelyingParty,
  secretOf,
  userinfo,
} from '../support/relying-party.ts';

/**
 * The modules of oidcc-formpost-basic-certification-test-plan, which are Basic's: each answer comes in a form that the
 * browser posts (OAuth 2.0 Form Post Response Mode). What the modules look at besides stands with Basic's own tests.
 */
const key = await holdKey();
const scopes = ['openid', 'profile', 'email', 'address', 'phone', 'offline_access'];
const it_ = gatewayOfFile({
  applications: {
    site: application('site', { scopes, reauthenticate: '1d' }),
    post: application('post', { authentication: 'client_secret_post' }),
    keyed: application('keyed', { clientSecret: undefined, jwks: { keys: [key.jwk] } }),
  },
  policy: { rules: rules('site', 'post', 'keyed') },
});

let site: RelyingParty;
let carol: Person;
let sub: string;

beforeAll(async () => {
  const details = { name: 'Carol Reader', email: 'carol@example.org' };
  await it_.gateway.command('user add', ['carol'], details, PASSWORD);
  site = await RelyingParty.of(it_.gateway, 'site', { redirectUri: 'http://127.0.0.1:9/site/callback' });
  carol = new Person(it_.gateway, 'carol');
  sub = String((await carol.signIn(site)).claims()?.sub);
});

const begin = (parameters: Parameters = {}, by = site) => by.begin({ ...parameters, response_mode: 'form_post' });

/** What the page's form would post, as an address with all of it. */
function posted(page: Reply, by = site): URL {
  const { action, method, fields } = form(page.body);
  expect([action, method]).toEqual([by.redirectUri, 'POST']);
  return new URL(`${action}?${new URLSearchParams(fields)}`);
}
const errorOf = (page: Reply) => Object.fromEntries(posted(page).searchParams);

async function visit(parameters: Parameters = {}, by = site, change = (_flow: Flow) => {}) {
  const flow = await begin(parameters, by);
  change(flow);
  const tokens = await by.exchange(flow, posted(await carol.client.open(flow.url), by));
  expect(tokens.claims()?.sub).toBe(sub);
  return tokens;
}

describe('oidcc-formpost-basic: what is answered with a code', () => {
  it.each<[string, Parameters]>([
    ['oidcc-server', {}],
    ['oidcc-idtoken-signature', {}],
    ['oidcc-display-page', { display: 'page' }],
    ['oidcc-display-popup', { display: 'popup' }],
    ['oidcc-prompt-none-logged-in', { prompt: 'none' }],
    ['oidcc-max-age-10000', { max_age: '10000' }],
    ['oidcc-ensure-request-with-unknown-parameter-succeeds', { extra: 'foobar' }],
    ['oidcc-login-hint', { login_hint: 'carol' }],
    ['oidcc-ui-locales', { ui_locales: 'se' }],
    ['oidcc-claims-locales', { claims_locales: 'se' }],
    ['oidcc-ensure-request-with-acr-values-succeeds', { acr_values: '1 2' }],
    ['oidcc-ensure-request-with-valid-pkce-succeeds', {}],
  ])('%s', async (_module, parameters) => {
    await visit(parameters);
  });

  it.each<[string, string, readonly string[]]>([
    ['oidcc-scope-profile', 'profile', ['name', 'preferred_username', 'updated_at']],
    ['oidcc-scope-email', 'email', ['email']],
    ['oidcc-scope-address', 'address', []],
    ['oidcc-scope-phone', 'phone', []],
    ['oidcc-scope-all', 'profile email address phone', ['email', 'name', 'preferred_username', 'updated_at']],
  ])('%s', async (_module, scope, names) => {
    const { access_token } = await visit({ scope: `openid ${scope}` });
    const told = await fetchUserInfo(site.config, access_token, sub);
    const own = ['sub', 'acr', 'amr', 'auth_time'];
    expect(
      Object.keys(told)
        .filter((it) => !own.includes(it))
        .sort(),
    ).toEqual([...names].sort());
  });

  it.each([
    ['oidcc-userinfo-get', 'get'],
    ['oidcc-userinfo-post-header', 'post-header'],
    ['oidcc-userinfo-post-body', 'post-body'],
  ] as const)('%s', async (_module, how) => {
    expect((await userinfo(it_.gateway, (await visit()).access_token, how)).json()).toMatchObject({ sub });
  });

  it('oidcc-claims-essential', async () => {
    const { access_token } = await visit({ claims: '{"userinfo":{"name":{"essential":true}}}' });
    expect(await fetchUserInfo(site.config, access_token, sub)).toMatchObject({ name: 'Carol Reader' });
  });

  it('oidcc-ensure-request-without-nonce-succeeds-for-code-flow', async () => {
    const { url } = await begin();
    url.searchParams.delete('nonce');
    expect(posted(await carol.client.open(url)).searchParams.get('code')).toBeTruthy();
  });

  it('oidcc-id-token-hint', async () => {
    const { id_token = '' } = await visit();
    await visit({ prompt: 'none', id_token_hint: id_token });
  });

  it('oidcc-ensure-request-object-with-redirect-uri', async () => {
    const keyed = new KeyHolder(it_.gateway.url, 'keyed', key, key, 'http://127.0.0.1:9/keyed/callback');
    keyed.more = { response_mode: 'form_post' };
    const claims = { ...(await keyed.request()), client_id: 'keyed', iss: 'keyed', aud: it_.gateway.url };
    const request = await keyed.sign({ ...claims, exp: now() + 60 });
    const query = new URLSearchParams({ client_id: 'keyed', request });
    const { action, fields } = form((await carol.client.open(`${it_.gateway.url}/authorize?${query}`)).body);
    expect([action, fields.state, fields.code]).toEqual([keyed.redirectUri, 'a-state', expect.any(String)]);
  });

  it('oidcc-ensure-post-request-succeeds', async () => {
    const flow = await begin();
    const from = 'http://127.0.0.1:9';
    const asked = await carol.client.post(`${it_.gateway.url}/authorize`, flow.url.searchParams, { from });
    const tokens = await site.exchange(flow, posted(await carol.client.follow(asked)));
    expect(tokens.claims()?.sub).toBe(sub);
  });

  it('oidcc-server-client-secret-post, and oidcc-alternate-happy-flow: a second client in the same session', async () => {
    const authentication = ClientSecretPost(secretOf('post'));
    const redirectUri = 'http://127.0.0.1:9/post/callback';
    const second = await RelyingParty.of(it_.gateway, 'post', { authentication, redirectUri });
    await visit({}, second);
    await visit({ prompt: 'none' });
  });

  it('oidcc-refresh-token', async () => {
    const { refresh_token = '' } = await visit({ scope: 'openid offline_access', prompt: 'none' });
    const next = await refreshTokenGrant(site.config, refresh_token);
    expect(next.claims()?.sub).toBe(sub);
  });

  it.each([
    ['oidcc-codereuse', 0],
    ['oidcc-codereuse-30seconds', 30_000],
  ])('%s', async (_module, later) => {
    const flow = await begin();
    const answer = posted(await carol.client.open(flow.url));
    const { access_token } = await site.exchange(flow, answer);
    advance(later);
    await expect(site.exchange(flow, answer)).rejects.toMatchObject({ error: 'invalid_grant' });
    expect((await userinfo(it_.gateway, access_token)).status).toBe(401);
  });
});

describe('oidcc-formpost-basic: what is asked first', () => {
  it.each<[string, Parameters]>([
    ['oidcc-prompt-login', { prompt: 'login' }],
    ['oidcc-max-age-1', { max_age: '1' }],
  ])('%s', async (_module, parameters) => {
    const before = Number((await visit()).claims()?.auth_time);
    advance(5_000);
    const flow = await begin(parameters);
    const page = await carol.client.open(flow.url);
    expect(page.body).toContain('name="password"');
    const tokens = await site.exchange(flow, posted(await carol.type(page)));
    expect(tokens.claims()).toMatchObject({ sub });
    expect(Number(tokens.claims()?.auth_time)).toBeGreaterThanOrEqual(before + 5);
  });
});

describe('oidcc-formpost-basic: what is answered with an error, in the form too', () => {
  it('oidcc-prompt-none-not-logged-in', async () => {
    const { url, state } = await begin({ prompt: 'none' });
    const page = await new Person(it_.gateway, 'carol').client.open(url);
    expect(errorOf(page)).toMatchObject({ error: 'login_required', state, iss: it_.gateway.url });
  });

  it('oidcc-response-type-missing', async () => {
    const { url, state } = await begin();
    url.searchParams.delete('response_type');
    expect(errorOf(await carol.client.open(url))).toMatchObject({ error: 'invalid_request', state });
  });

  it.each<[string, () => Parameters, string]>([
    [
      'oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported',
      () => ({ request_uri: 'https://evil.example/request' }),
      'request_uri_not_supported',
    ],
    [
      'oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported',
      () => ({ request: new UnsecuredJWT({ client_id: 'site', iss: 'site' }).setAudience(it_.gateway.url).encode() }),
      'invalid_request_object',
    ],
    [
      'oidcc-idtoken-unsigned: none is given, whatever is asked for',
      () => ({ response_type: 'code id_token' }),
      'unsupported_response_type',
    ],
  ])('%s', async (_module, change, error) => {
    const { url, state } = await begin();
    for (const [name, value] of Object.entries(change())) url.searchParams.set(name, value);
    const { error: said, state: back, code } = errorOf(await carol.client.open(url));
    expect([said, back, code]).toEqual([expect.stringMatching(`^(${error}|unauthorized_client)$`), state, undefined]);
  });

  it('oidcc-ensure-registered-redirect-uri: our own page, and no form', async () => {
    const { url } = await begin({ redirect_uri: 'http://127.0.0.1:9/site/other' });
    const page = await carol.client.open(url);
    expect(page.status).toBe(400);
    expect(page.body).not.toContain('http://127.0.0.1:9/site/other');
  });
});
