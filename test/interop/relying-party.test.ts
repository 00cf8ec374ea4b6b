import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import Provider, { type Configuration, interactionPolicy } from 'oidc-provider';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RelyingParty, startRelyingParty } from '../../demo/relying-party/server.ts';
import { axe, launch, watch } from '../support/chromium.ts';
import { Client, type Reply } from '../support/client.ts';

/** The demo's relying party against a bare oidc-provider: what it must refuse, whoever the issuer is. */
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const keys = await generateKeyPair('RS256', { extractable: true });
const jwk = { ...(await exportJWK(keys.privateKey)), kid: 'one', use: 'sig', alg: 'RS256' };
const application = {
  id: 'courses',
  name: 'Courses <of> study',
  clientId: 'courses',
  clientSecret: 'a secret: with % and :',
  asks: 'MFA',
};

let issuerServer: Server;
let issuer: string;
let rp: RelyingParty;
let home: string;

beforeAll(async () => {
  issuerServer = createServer();
  await new Promise<void>((resolve) => issuerServer.listen(0, 'localhost', resolve));
  issuer = `http://localhost:${(issuerServer.address() as AddressInfo).port}`;
  rp = await startRelyingParty({ port: 0, host: '127.0.0.1', issuer, applications: [application] });
  home = `${rp.url}/courses`;
  issuerServer.on('request', issuerFor(home).callback());
});

afterAll(async () => {
  await rp.close();
  issuerServer.closeAllConnections();
  issuerServer.close();
});

/** Signs everyone in as `person` at once, consents, and ignores that a class was essential. */
function issuerFor(address: string): Provider {
  const policy = interactionPolicy.base();
  policy.get('login')?.checks.remove('essential_acr');
  policy.get('login')?.checks.remove('essential_acrs');
  const configuration: Configuration = {
    jwks: { keys: [jwk] },
    clients: [
      {
        client_id: application.clientId,
        client_secret: application.clientSecret,
        redirect_uris: [`${address}/callback`],
        post_logout_redirect_uris: [`${address}/signed-out`],
        backchannel_logout_uri: `${address}/backchannel-logout`,
        backchannel_logout_session_required: true,
        grant_types: ['authorization_code', 'refresh_token'],
      },
    ],
    findAccount: (_ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId, name: '<b>Person</b>' }) }),
    issueRefreshToken: () => true,
    acrValues: ['https://refeds.org/profile/mfa'],
    claims: { acr: null, openid: ['sub'], profile: ['name'], auth_time: null, sid: null },
    cookies: { keys: ['of this test'] },
    features: {
      devInteractions: { enabled: false },
      pushedAuthorizationRequests: { enabled: true },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: { enabled: true },
      claimsParameter: { enabled: true },
    },
    fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined } as RequestInit),
    ttl: { AccessToken: 60, Grant: 600, IdToken: 60, Interaction: 600, RefreshToken: 600, Session: 600 },
    interactions: { policy, url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  };
  const provider = new Provider(issuer, configuration);
  provider.use(async (ctx, next) => {
    if (!ctx.path.startsWith('/interaction/')) return next();
    const { prompt, params, grantId } = await provider.interactionDetails(ctx.req, ctx.res);
    if (prompt.name === 'login') {
      return provider.interactionFinished(ctx.req, ctx.res, { login: { accountId: 'person', amr: ['pwd'] } });
    }
    const grant = grantId
      ? await provider.Grant.find(grantId)
      : new provider.Grant({ accountId: 'person', clientId: String(params.client_id) });
    grant?.addOIDCScope('openid profile email offline_access');
    return provider.interactionFinished(ctx.req, ctx.res, { consent: { grantId: await grant?.save() } });
  });
  return provider;
}

async function signIn(client: Client, query = ''): Promise<Reply> {
  return client.open(`${home}/login${query}`);
}

async function claims(client: Client): Promise<Record<string, string>> {
  const reply = await client.get(`${home}/session.json`);
  return (reply.json() as { claims: Record<string, string> }).claims;
}

function logoutToken(change: Record<string, unknown> = {}, header: Record<string, string> = {}, key = keys.privateKey) {
  const payload = { iss: issuer, aud: 'courses', sub: 'person', jti: crypto.randomUUID(), events: { [EVENT]: {} } };
  return new SignJWT({ ...payload, ...change })
    .setProtectedHeader({ alg: 'RS256', kid: 'one', typ: 'logout+jwt', ...header })
    .setIssuedAt()
    .setExpirationTime('2m')
    .sign(key);
}

describe('signing in', () => {
  it('pushes the request, and ends with the claims of the ID token', async () => {
    const client = new Client();
    const begun = await client.get(`${home}/login`);
    expect([...(begun.location?.searchParams.keys() ?? [])].sort()).toEqual(['client_id', 'request_uri']);
    const page = await client.follow(begun);
    const before = client.jar.value('session');
    expect(page.url.href).toBe(home);
    expect(page.text).toContain('You are signed in as person');
    expect(await claims(client)).toMatchObject({ iss: issuer, sub: 'person', aud: 'courses' });
    await client.open(`${home}/login`);
    expect(before).toBeTruthy();
    expect(client.jar.value('session')).not.toBe(before);
  });

  it('takes an answer only in the browser that asked, and once', async () => {
    const victim = new Client();
    const attacker = new Client();
    const begun = await attacker.get(`${home}/login`);
    const stopped = await attacker.follow(begun, (next) => next.pathname === '/courses/callback');
    const callback = stopped.location?.href ?? '';
    expect((await victim.open(callback)).text).toContain("wasn't begun in this browser");
    expect((await victim.get(`${home}/session.json`)).status).toBe(401);
    expect((await attacker.open(callback)).status).toBe(200);
    expect((await attacker.open(callback)).text).toContain('unknown_state');
  });

  it('refuses the answer of another issuer (RFC 9207)', async () => {
    const client = new Client();
    const stopped = await client.follow(await client.get(`${home}/login`), (next) =>
      next.pathname.endsWith('/callback'),
    );
    const forged = new URL(stopped.location ?? '');
    forged.searchParams.set('iss', 'https://evil.example');
    expect((await client.open(forged)).status).toBe(400);
    expect((await client.get(`${home}/session.json`)).status).toBe(401);
  });

  it("shows the issuer's refusal, escaped", async () => {
    const client = new Client();
    const stopped = await client.follow(await client.get(`${home}/login`), (next) =>
      next.pathname.endsWith('/callback'),
    );
    const refused = new URL(stopped.location ?? '');
    refused.searchParams.delete('code');
    refused.searchParams.set('error', 'unmet_authentication_requirements');
    refused.searchParams.set('error_description', '<script>alert(1)</script>');
    const page = await client.open(refused);
    expect(page.status).toBe(400);
    expect(page.text).toContain('unmet_authentication_requirements <script>alert(1)</script>');
    expect(page.body).not.toContain('<script');
  });

  it('asks silently, and tells that it was refused', async () => {
    expect((await signIn(new Client(), '?prompt=none')).text).toContain('login_required');
  });

  it('takes no lower level than the essential one that it asked for', async () => {
    const client = new Client();
    const value = JSON.stringify({
      id_token: { acr: { essential: true, values: ['https://refeds.org/profile/mfa'] } },
    });
    const reply = await signIn(client, `?${new URLSearchParams({ claims: value })}`);
    expect(reply.status).toBe(400);
    expect(reply.text).toContain('unmet_authentication_requirements');
    expect((await client.get(`${home}/session.json`)).status).toBe(401);
  });
});

describe('once signed in', () => {
  it('refreshes and reads userinfo', async () => {
    const client = new Client();
    const page = await signIn(client);
    expect((await client.follow(await client.submit(page, {}, { action: 'refresh' }))).status).toBe(200);
    const userinfo = await client.submit(page, {}, { action: 'userinfo' });
    expect(userinfo.text).toContain('"name": "<b>Person</b>"');
    expect(userinfo.body).not.toContain('<b>Person');
  });

  it('signs out at the issuer, and comes back', async () => {
    const client = new Client();
    const leaving = await client.submit(await signIn(client), {}, { action: 'logout' });
    expect((await client.get(`${home}/session.json`)).status).toBe(401);
    expect(leaving.location?.searchParams.get('post_logout_redirect_uri')).toBe(`${home}/signed-out`);
    const asked = await client.follow(leaving);
    const done = await client.follow(await client.submit(asked, { logout: 'yes' }, { action: '/session/end/confirm' }));
    expect(done.url.pathname).toBe('/courses/signed-out');
    expect(done.text).toContain('You are signed out.');
    expect((await client.get(`${home}/signed-out?state=forged`)).status).toBe(400);
  });

  it('is signed out by the issuer, through the back channel', async () => {
    const other = new Client();
    const client = new Client();
    await signIn(other);
    await signIn(client);
    const asked = await client.open(`${issuer}/session/end`);
    await client.follow(await client.submit(asked, { logout: 'yes' }, { action: '/session/end/confirm' }));
    expect((await client.get(`${home}/session.json`)).status).toBe(401);
    expect((await other.get(`${home}/session.json`)).status).toBe(200);
  });
});

describe('the back-channel logout endpoint', () => {
  const send = async (token: string) => new Client().post(`${home}/backchannel-logout`, { logout_token: token });

  it('ends every session of the sub, and takes a token once', async () => {
    const client = new Client();
    await signIn(client);
    const token = await logoutToken();
    expect((await send(token)).status).toBe(200);
    expect((await client.get(`${home}/session.json`)).status).toBe(401);
    expect((await send(token)).status).toBe(400);
  });

  it.each<[string, Record<string, unknown>, Record<string, string>]>([
    ['a nonce', { nonce: 'n' }, {}],
    ['another audience', { aud: 'library' }, {}],
    ['another issuer', { iss: 'https://evil.example' }, {}],
    ['no event', { events: {} }, {}],
    ['an event that is no object', { events: { [EVENT]: true } }, {}],
    ['neither sub nor sid', { sub: undefined }, {}],
    ['no jti', { jti: undefined }, {}],
    ["an ID token's type", {}, { typ: 'JWT' }],
  ])('refuses %s', async (_fault, change, header) => {
    const client = new Client();
    await signIn(client);
    const reply = await send(await logoutToken(change, header));
    expect(reply.status).toBe(400);
    expect(reply.json()).toMatchObject({ error: 'invalid_request' });
    expect(reply.headers['cache-control']).toBe('no-store');
    expect((await client.get(`${home}/session.json`)).status).toBe(200);
  });

  it('refuses another key, no signature, expired tokens and nothing at all', async () => {
    const stranger = await generateKeyPair('RS256');
    const [, payload] = (await logoutToken()).split('.');
    const unsigned = `${Buffer.from('{"alg":"none","typ":"logout+jwt"}').toString('base64url')}.${payload}.`;
    const old = await new SignJWT({ sub: 'person', jti: 'old', events: { [EVENT]: {} } })
      .setProtectedHeader({ alg: 'RS256', kid: 'one', typ: 'logout+jwt' })
      .setIssuer(issuer)
      .setAudience('courses')
      .setIssuedAt(1)
      .setExpirationTime(2)
      .sign(keys.privateKey);
    for (const token of [await logoutToken({}, {}, stranger.privateKey), unsigned, old, 'x', '']) {
      expect((await send(token)).status).toBe(400);
    }
  });
});

describe('around it', () => {
  it('answers to its own name alone', async () => {
    const reply = await new Client().get(rp.url, { headers: { host: 'evil.example' } });
    expect(reply.status).toBe(421);
  });

  it('sends no secret over http to another machine', async () => {
    const start = startRelyingParty({ port: 0, host: '127.0.0.1', issuer: 'http://idp.example', applications: [] });
    await expect(start).rejects.toThrow(/must use https/);
  });

  it('has pages that axe and the browser find nothing wrong with', async () => {
    const browser = await launch();
    for (const colorScheme of ['light', 'dark'] as const) {
      const context = await browser.newContext({ colorScheme, viewport: { width: 360, height: 700 } });
      const page = await context.newPage();
      const { problems } = watch(page);
      const violations: string[] = [];
      for (const address of [rp.url, home, `${home}/login`, `${home}/login?prompt=nonsense`]) {
        await page.goto(address);
        violations.push(...(await axe(page)));
      }
      expect({ problems, violations }).toEqual({ problems: [], violations: [] });
      await context.close();
    }
    await browser.close();
  });
});
