import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { buildEndSessionUrl } from 'openid-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Reply } from '../support/client.ts';
import { forms } from '../support/forms.ts';
import { application, gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import { advance, answerOf, HomeClient, type Parameters, Person, RelyingParty } from '../support/relying-party.ts';

/** RP-Initiated Logout and Back-Channel Logout, by the names of the conformance suite. */
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const SIGNED_OUT = 'http://127.0.0.1:9/site/signed-out';

/** Logout tokens received, by path; `/failing` answers 500. */
let received: { path: string; token: string }[] = [];
const receiver: Server = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => {
    body += chunk;
  });
  request.on('end', () => {
    const path = request.url ?? '';
    received.push({ path, token: new URLSearchParams(body).get('logout_token') ?? '' });
    response.writeHead(path === '/failing' ? 500 : 200).end();
  });
});
await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
const home = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;

const it_ = gatewayOfFile({
  applications: {
    site: application('site', { postLogoutRedirectUris: [SIGNED_OUT], backchannelLogoutUri: `${home}/site` }),
    second: application('second', { backchannelLogoutUri: `${home}/second`, subject: 'pairwise' }),
    failing: application('failing', { backchannelLogoutUri: `${home}/failing` }),
    native: application('native', {
      ...{ clientSecret: undefined, authentication: 'none', applicationType: 'native' },
      ...{ redirectUris: ['org.example.app:/callback'], postLogoutRedirectUris: ['org.example.app:/signed-out'] },
    }),
  },
  policy: { rules: rules('site', 'second', 'failing', 'native') },
});

let site: RelyingParty;
let second: RelyingParty;

beforeAll(async () => {
  site = await RelyingParty.of(it_.gateway, 'site', { redirectUri: 'http://127.0.0.1:9/site/callback' });
  second = await RelyingParty.of(it_.gateway, 'second', { redirectUri: 'http://127.0.0.1:9/second/callback' });
});
beforeEach(() => {
  received = [];
});
afterAll(() => {
  receiver.closeAllConnections();
  receiver.close();
});

async function signedIn() {
  const person = new Person(it_.gateway, 'alice');
  const tokens = await person.signIn(site);
  return { person, tokens, hint: tokens.id_token ?? '' };
}

const logout = (person: Person, parameters: Parameters) =>
  person.client.get(`${it_.gateway.url}/logout?${new URLSearchParams(parameters)}`);

const confirm = async (person: Person, page: Reply) =>
  person.client.follow(await person.client.submit(page, {}, { action: '/logout/confirm' }));

/** The same claims for somebody else; its signature is void. */
function withAudience(hint: string, aud: string): string {
  const [header, payload = '', signature] = hint.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  return [header, Buffer.from(JSON.stringify({ ...claims, aud })).toString('base64url'), signature].join('.');
}

const isSignedIn = async (person: Person) =>
  'code' in answerOf(await person.client.open((await site.begin({ prompt: 'none' })).url));

describe('what is published', () => {
  it.each([
    ['oidcc-rp-initiated-logout-discovery-endpoint-verification', {}],
    [
      'oidcc-backchannel-logout-discovery-endpoint-verification',
      { backchannel_logout_supported: true, backchannel_logout_session_supported: true },
    ],
  ])('%s', (_module, more) => {
    const published = { end_session_endpoint: `${it_.gateway.url}/logout`, ...more };
    expect(site.config.serverMetadata()).toMatchObject(published);
  });
});

describe('RP-initiated logout', () => {
  it('oidcc-rp-initiated-logout: asks, ends the session, and returns with state', async () => {
    const { person, hint } = await signedIn();
    const url = buildEndSessionUrl(site.config, {
      id_token_hint: hint,
      post_logout_redirect_uri: SIGNED_OUT,
      state: 'a b&c',
    });
    const page = await person.client.open(url);
    expect(page.text).toContain('site');
    expect(page.headers['content-security-policy']).toContain(`form-action 'self' ${new URL(SIGNED_OUT).protocol}`);
    expect(await isSignedIn(person)).toBe(true);
    const done = await confirm(person, await person.client.open(url));
    expect(done.location?.href.split('?')[0]).toBe(SIGNED_OUT);
    expect(answerOf(done)).toEqual({ state: 'a b&c' });
    expect(await isSignedIn(person)).toBe(false);
  });

  it('oidcc-rp-initiated-logout-no-state', async () => {
    const { person, hint } = await signedIn();
    const page = await logout(person, { id_token_hint: hint, post_logout_redirect_uri: SIGNED_OUT });
    expect((await confirm(person, page)).location?.href).toBe(SIGNED_OUT);
  });

  it.each<[string, (hint: string) => Parameters]>([
    ['oidcc-rp-initiated-logout-no-params', () => ({})],
    ['oidcc-rp-initiated-logout-only-state', () => ({ state: 's' })],
    ['oidcc-rp-initiated-logout-no-post-logout-redirect-uri', (id_token_hint) => ({ id_token_hint, state: 's' })],
    ['oidcc-rp-initiated-logout-no-id-token-hint', () => ({ post_logout_redirect_uri: SIGNED_OUT, state: 's' })],
  ])('%s: signs out, and stays here', async (_name, parameters) => {
    const { person, hint } = await signedIn();
    const done = await confirm(person, await logout(person, parameters(hint)));
    expect(done.status).toBe(200);
    expect(done.url.origin).toBe(it_.gateway.url);
    expect(done.text).toMatch(/signed out/i);
    expect(await isSignedIn(person)).toBe(false);
  });

  it('with client_id in the place of the hint', async () => {
    const { person } = await signedIn();
    const page = await logout(person, { client_id: 'site', post_logout_redirect_uri: SIGNED_OUT });
    expect((await confirm(person, page)).location?.href).toBe(SIGNED_OUT);
  });

  it.each<[string, (hint: string) => Parameters]>([
    [
      'oidcc-rp-initiated-logout-bad-post-logout-redirect-uri',
      (id_token_hint) => ({ id_token_hint, post_logout_redirect_uri: `${SIGNED_OUT}/x` }),
    ],
    [
      'oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri',
      (id_token_hint) => ({ id_token_hint, post_logout_redirect_uri: `${SIGNED_OUT}?foo=bar` }),
    ],
    [
      'oidcc-rp-initiated-logout-modified-id-token-hint',
      (hint) => ({ id_token_hint: `${hint.slice(0, -6)}AAAAAA`, post_logout_redirect_uri: SIGNED_OUT }),
    ],
    [
      'oidcc-rp-initiated-logout-bad-id-token-hint',
      () => ({ id_token_hint: 'bad', post_logout_redirect_uri: SIGNED_OUT }),
    ],
    [
      "another client's id beside the hint",
      (id_token_hint) => ({ id_token_hint, client_id: 'second', post_logout_redirect_uri: SIGNED_OUT }),
    ],
    ['the hint of an application that is gone', (hint) => ({ id_token_hint: withAudience(hint, 'gone') })],
    ['the id of an application that is gone', () => ({ client_id: 'gone' })],
  ])('%s: asks all the same, signs out and leads nowhere else', async (_name, parameters) => {
    const { person, hint } = await signedIn();
    const before = it_.gateway.logs.length;
    const page = await person.client.follow(await logout(person, { ...parameters(hint), state: 's' }));
    expect(page.status).toBe(200);
    expect(page.text).toContain('couldn’t be read in full');
    expect(await isSignedIn(person)).toBe(true);
    const refusal = { endpoint: 'end_session', reference: expect.stringMatching(/^[A-Z0-9]{10}$/) };
    const lines = it_.gateway.logs.slice(before).map(({ fields }) => fields);
    expect(lines).toContainEqual(expect.objectContaining(refusal));
    const done = await confirm(person, page);
    expect(done.url.origin).toBe(it_.gateway.url);
    expect(done.text).toMatch(/signed out/i);
    expect(await isSignedIn(person)).toBe(false);
  });

  it('an ID token that has expired still names the client', async () => {
    const { person, hint } = await signedIn();
    advance(2 * 3_600_000);
    const page = await logout(person, { id_token_hint: hint, post_logout_redirect_uri: SIGNED_OUT });
    expect(page.status).toBeLessThan(400);
  });

  it('goes on without asking where nobody is signed in', async () => {
    const nobody = new Person(it_.gateway, 'alice');
    const { hint } = await signedIn();
    const reply = await logout(nobody, { id_token_hint: hint, post_logout_redirect_uri: SIGNED_OUT, state: 'x' });
    expect(reply.status).toBe(303);
    expect(reply.location?.href).toBe(`${SIGNED_OUT}?state=x`);
    const bare = await nobody.client.open(`${it_.gateway.url}/logout`);
    expect(bare.text).toMatch(/signed out/i);
    expect(forms(bare.body).filter(({ action }) => action.includes('/logout'))).toEqual([]);
  });

  it('by POST, as section 2 has it', async () => {
    const { person, hint } = await signedIn();
    const fields = { id_token_hint: hint, post_logout_redirect_uri: SIGNED_OUT };
    const posted = await person.client.post(`${it_.gateway.url}/logout`, fields);
    expect((await confirm(person, await person.client.follow(posted))).location?.href).toBe(SIGNED_OUT);
  });

  it("by POST from the application's own site, where our cookie does not come along", async () => {
    const { person, hint } = await signedIn();
    const fields = { id_token_hint: hint, post_logout_redirect_uri: SIGNED_OUT };
    const reply = await person.client.post(`${it_.gateway.url}/logout`, fields, { from: 'http://127.0.0.1:9' });
    expect((await confirm(person, await person.client.follow(reply))).location?.href).toBe(SIGNED_OUT);
    expect(await isSignedIn(person)).toBe(false);
  });

  it('to the own scheme of a native application, which the page may submit to', async () => {
    const { person } = await signedIn();
    const target = { client_id: 'native', post_logout_redirect_uri: 'org.example.app:/signed-out' };
    const page = await logout(person, target);
    expect(page.headers['content-security-policy']).toContain("form-action 'self' org.example.app:");
    const done = await person.client.submit(page, {}, { action: '/logout/confirm' });
    expect(done.headers.location).toBe('org.example.app:/signed-out');
  });
});

describe('oidcc-backchannel-rp-initiated-logout', () => {
  it('tells every application of the session, in a token that proves itself', async () => {
    const { person, tokens } = await signedIn();
    const other = await second.visit(person);
    const elsewhere = new Person(it_.gateway, 'alice', new HomeClient(it_.gateway));
    await elsewhere.signIn(site);
    await confirm(person, await logout(person, {}));

    expect(received.map(({ path }) => path).sort()).toEqual(['/second', '/site']);
    const jwks = createRemoteJWKSet(new URL(`${it_.gateway.url}/jwks`));
    for (const { path, token } of received) {
      const claims = (path === '/site' ? tokens : other).claims();
      const { payload, protectedHeader } = await jwtVerify(token, jwks, {
        issuer: it_.gateway.url,
        audience: path.slice(1),
        typ: 'logout+jwt',
        currentDate: new Date(Date.now()),
      });
      expect(protectedHeader.alg).toBe('RS256');
      expect(payload).toMatchObject({
        sub: claims?.sub,
        sid: claims?.sid,
        jti: expect.any(String),
        events: { [EVENT]: {} },
      });
      expect(payload).not.toHaveProperty('nonce');
      expect(payload.exp).toBeGreaterThan(Number(payload.iat));
    }
    expect(await isSignedIn(elsewhere)).toBe(true);
  });

  it('an application that cannot be reached holds nobody up', async () => {
    const failing = await RelyingParty.of(it_.gateway, 'failing', {
      redirectUri: 'http://127.0.0.1:9/failing/callback',
    });
    const { person } = await signedIn();
    await failing.visit(person);
    const done = await confirm(person, await logout(person, {}));
    expect(done.status).toBe(200);
    expect(done.text).toContain('failing');
    // It says where somebody was signed in: to this browser alone.
    const elsewhere = await new HomeClient(it_.gateway).get(done.url);
    expect([elsewhere.status, elsewhere.text.includes('failing')]).toEqual([200, false]);
    expect((await person.client.get(done.url)).text).toContain('failing');
    expect(received.map(({ path }) => path).sort()).toEqual(['/failing', '/site']);
    expect(await isSignedIn(person)).toBe(false);
  });

  it('ending all sessions of an account tells the applications of each', async () => {
    const { tokens } = await signedIn();
    await signedIn();
    const { unreached } = await it_.gateway.app.core.endAll(String(tokens.claims()?.sub));
    expect(unreached).toEqual([]);
    expect(received.filter(({ path }) => path === '/site').length).toBeGreaterThanOrEqual(2);
  });

  it('the application that asked has its person back, who reads on the account page what could not be told', async () => {
    const failing = await RelyingParty.of(it_.gateway, 'failing', {
      redirectUri: 'http://127.0.0.1:9/failing/callback',
    });
    const { person, hint } = await signedIn();
    await failing.visit(person);
    const asked = { id_token_hint: hint, post_logout_redirect_uri: SIGNED_OUT, state: 's' };
    const done = await confirm(person, await logout(person, asked));
    expect(done.location?.href).toBe(`${SIGNED_OUT}?state=s`);
    const told = async () => {
      const page = await person.client.open(`${it_.gateway.url}/account`);
      return (person.isBack(page) || page.url.pathname === '/account' ? page : await person.through(page)).text;
    };
    await expect.poll(told).toContain('You signed out, but these applications couldn’t be told failing');
  });
});
