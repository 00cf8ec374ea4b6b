import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthenticator } from '../../src/factors/totp/double.ts';
import { Client, type Reply } from '../support/client.ts';
import { forms } from '../support/forms.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { type Keycloak, startKeycloak } from '../support/keycloak.ts';
import { freePort } from '../support/ports.ts';
import { RelyingParty } from '../support/relying-party.ts';
import { wayTo } from '../support/upstream.ts';

/** A real Keycloak is the other house, by OpenID Connect and by SAML. */

const MFA = 'https://refeds.org/profile/mfa';
const SFA = 'https://refeds.org/profile/sfa';
const SECRET = 'keycloak-secret-of-the-tests-0123456789';
const PASSWORD = 'password of a nurse 42';
/** Keycloak's key is the text's octets; an authenticator's address has them in base32. */
const KEY = '12345678901234567890';
const BASE32 = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

let keycloak: Keycloak;
let gateway: Gateway;
let folder: string;
let library: RelyingParty;
let courses: RelyingParty;

const execution = (authenticator: string, requirement: string, more = {}) => ({
  ...{ authenticator, requirement, authenticatorFlow: false, userSetupAllowed: false },
  ...more,
});
const subFlow = (flowAlias: string, requirement: string) => ({
  ...{ flowAlias, requirement, authenticatorFlow: true, userSetupAllowed: false },
});
const flow = (alias: string, authenticationExecutions: object[], topLevel = false) => ({
  ...{ alias, providerId: 'basic-flow', topLevel, builtIn: false },
  authenticationExecutions: authenticationExecutions.map((it, priority) => ({ ...it, priority })),
});
const level = (value: number) => ({
  alias: `level-${value}`,
  config: { 'loa-condition-level': String(value), 'loa-max-age': '36000' },
});
const condition = (value: number) =>
  execution('conditional-level-of-authentication', 'REQUIRED', { authenticatorConfig: `level-${value}` });

/** Levels as Keycloak's guide on step-up has them: a password is 1, a code after it is 2. */
const realm = (clients: object[]) => ({
  ...{ realm: 'staff', enabled: true, sslRequired: 'NONE', browserFlow: 'levels' },
  attributes: { 'acr.loa.map': JSON.stringify({ 1: 1, 2: 2 }) },
  authenticationFlows: [
    flow('levels', [execution('auth-cookie', 'ALTERNATIVE'), subFlow('asked', 'ALTERNATIVE')], true),
    flow('asked', [subFlow('first', 'CONDITIONAL'), subFlow('second', 'CONDITIONAL')]),
    flow('first', [condition(1), execution('auth-username-password-form', 'REQUIRED')]),
    flow('second', [condition(2), execution('auth-otp-form', 'REQUIRED')]),
  ],
  authenticatorConfig: [level(1), level(2)],
  clients,
  users: ['ada', 'grace'].map((username) => ({
    ...{ username, enabled: true, emailVerified: true, email: `${username}@partner.example` },
    ...{ firstName: username, lastName: 'Partner' },
    credentials: [
      { type: 'password', value: PASSWORD },
      {
        type: 'otp',
        secretData: JSON.stringify({ value: KEY }),
        credentialData: JSON.stringify({ subType: 'totp', digits: 6, period: 30, algorithm: 'HmacSHA1' }),
      },
    ],
  })),
});

const byOpenId = (base: string) => ({
  ...{ clientId: 'sallyport', secret: SECRET, protocol: 'openid-connect', enabled: true, publicClient: false },
  redirectUris: [`${base}/return/directories/keycloak`],
  attributes: {
    'backchannel.logout.url': `${base}/return/directories/keycloak/logout`,
    'backchannel.logout.session.required': 'true',
    'post.logout.redirect.uris': `${base}/signed-out`,
  },
});

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-keycloak-'));
  const [port, site] = [await freePort(), await freePort()];
  const base = `http://localhost:${port}`;
  keycloak = await startKeycloak();
  await keycloak.admin('POST', '', realm([byOpenId(base)]));
  const issuer = `${keycloak.url}/realms/staff`;
  const metadata = join(folder, 'keycloak.xml');
  writeFileSync(metadata, (await new Client().open(`${issuer}/protocol/saml/descriptor`)).body);
  const name = 'Partner Hospital';
  gateway = await startGateway({
    ...{ folder, ports: { gateway: port, relyingParty: site }, withoutRelyingParty: true },
    config: {
      directories: {
        keycloak: {
          ...{ type: 'oidc', name, preset: 'keycloak', issuer, clientId: 'sallyport', clientSecret: SECRET },
          asks: { twoKinds: { essentialAcr: ['2'] } },
          assurance: [{ acr: ['2'], kinds: ['knowledge', 'possession'] }],
          signOutReturns: true,
        },
        'keycloak-saml': { type: 'saml', name, entityId: issuer, metadata: { file: metadata }, key: 'persistent' },
      },
    },
  });
  // As an administrator does: our metadata is read by Keycloak itself.
  const ours = await new Client().open(`${base}/directories/keycloak-saml/metadata`);
  const client = await keycloak.admin('POST', '/staff/client-description-converter', ours.body.trim());
  await keycloak.admin('POST', '/staff/clients', client);
  library = await RelyingParty.of(gateway, 'library');
  courses = await RelyingParty.of(gateway, 'courses');
}, 240_000);

afterAll(async () => {
  await gateway?.close();
  await keycloak?.close();
  rmSync(folder, { recursive: true, force: true });
});

const isHome = (next: URL) => next.href.startsWith(library.redirectUri) || next.href.startsWith(courses.redirectUri);

/** Answers the form that Keycloak shows. */
async function answer(browser: Client, page: Reply, fields: Record<string, string>): Promise<Reply> {
  const form = forms(page.body).find(({ action }) => action.includes('/login-actions/'));
  if (form === undefined) throw new Error(`nothing to answer: ${page.status} ${page.url} ${page.text}`);
  return browser.follow(await browser.post(new URL(form.action, page.url), { ...form.fields, ...fields }), isHome);
}

const leave = async (browser: Client, page: Reply, directory: string) =>
  browser.follow(await browser.get(new URL(wayTo(page.body, directory), page.url)), isHome);

async function entered(directory: string, username: string) {
  const browser = new Client();
  const begun = await library.begin();
  const there = await leave(browser, await browser.open(begun.url), directory);
  const back = await answer(browser, there, { username, password: PASSWORD });
  return { browser, claims: (await library.exchange(begun, back.location)).claims() };
}

const isIn = async (browser: Client) => {
  const reply = await browser.follow(await browser.get((await library.begin({ prompt: 'none' })).url), isHome);
  return reply.location?.searchParams.get('error') === null;
};

describe('Keycloak by OpenID Connect', () => {
  it('signs people in, shows a second step where that is asked for, and says when', async () => {
    const { browser, claims } = await entered('keycloak', 'ada');
    expect(claims).toMatchObject({ acr: SFA, auth_time: expect.any(Number) });
    const begun = await courses.begin();
    const page = await browser.open(begun.url);
    expect(page.text).toContain('Courses asks for a second step');
    const code = await leave(browser, page, 'keycloak');
    const otp = createAuthenticator(`otpauth://totp/x?secret=${BASE32}`).codeAt(Date.now());
    const back = await answer(browser, code, { otp });
    expect((await courses.exchange(begun, back.location)).claims()).toMatchObject({
      acr: MFA,
      sub: expect.any(String),
    });
  });

  it('tells of a session’s end by its back channel, and is signed out by the person’s own wish', async () => {
    const { browser } = await entered('keycloak', 'grace');
    expect(await isIn(browser)).toBe(true);
    const [grace] = (await keycloak.admin('GET', '/staff/users?username=grace')) as { id: string }[];
    await keycloak.admin('POST', `/staff/users/${grace?.id}/logout`);
    await expect.poll(() => isIn(browser), { timeout: 10_000 }).toBe(false);

    const again = await entered('keycloak', 'grace');
    const asked = await again.browser.open(`${gateway.url}/logout`);
    const page = await again.browser.follow(
      await again.browser.submit(asked, {}, { action: '/logout/confirm', button: 'Sign out' }),
    );
    const link = /href="([^"]*\/signed-out\/there[^"]*)"/.exec(page.body)?.[1] ?? '';
    const end = await again.browser.open(new URL(link, page.url));
    expect(end.url.href).toBe(`${gateway.url}/signed-out`);
    const sessions = (await keycloak.admin('GET', `/staff/users/${grace?.id}/sessions`)) as unknown[];
    expect(sessions).toEqual([]);
  });
});

describe('Keycloak by SAML', () => {
  it('reads our metadata, signs people in, and what it doesn’t say is set up here', async () => {
    const { browser, claims } = await entered('keycloak-saml', 'ada');
    expect(claims).toMatchObject({ acr: SFA, auth_time: expect.any(Number) });
    const page = await browser.open((await courses.begin()).url);
    expect(page.text).toContain('asks you to sign in again');
    // By ForceAuthn: the session there isn't enough to set a first method up on.
    const there = await leave(browser, page, 'keycloak-saml');
    expect((await answer(browser, there, { username: 'ada', password: PASSWORD })).body).toContain('otpauth:');
  });

  it('is signed out by the person’s own wish, and sends them back', async () => {
    const { browser } = await entered('keycloak-saml', 'grace');
    const asked = await browser.open(`${gateway.url}/logout`);
    const page = await browser.follow(
      await browser.submit(asked, {}, { action: '/logout/confirm', button: 'Sign out' }),
    );
    const link = /href="([^"]*\/signed-out\/there[^"]*)"/.exec(page.body)?.[1] ?? '';
    const end = await browser.open(new URL(link, page.url));
    expect(end.url.href).toBe(`${gateway.url}/signed-out`);
    const [grace] = (await keycloak.admin('GET', '/staff/users?username=grace')) as { id: string }[];
    expect(await keycloak.admin('GET', `/staff/users/${grace?.id}/sessions`)).toEqual([]);
  });
});
