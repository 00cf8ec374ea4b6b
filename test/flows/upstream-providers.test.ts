import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type AtProvider,
  adfs,
  entra,
  google,
  keycloak,
  okta,
  type Says,
  type Shown,
  TENANT,
} from '../../src/directories/oidc/double.ts';
import { Client, type Reply } from '../support/client.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { application } from '../support/oidc-gateway.ts';
import { freePort } from '../support/ports.ts';
import { RelyingParty } from '../support/relying-party.ts';
import { startUpstream, type Upstream, wayTo } from '../support/upstream.ts';

/** Entra ID, Google, Okta, Keycloak and AD FS, as their makers document them: what is asked, said, and made of it. */

const PROVIDERS = { entra, google, okta, keycloak, adfs };
type Name = keyof typeof PROVIDERS;
const NAMES = Object.keys(PROVIDERS) as Name[];

const MFA = 'https://refeds.org/profile/mfa';
const SFA = 'https://refeds.org/profile/sfa';

/** Beside name, issuer and client. */
const SETTINGS: Record<Name, Record<string, unknown>> = {
  entra: { requires: { tid: [TENANT] }, asks: { twoKinds: { acrs: ['c1'] } }, groups: { map: { 'group-1': 'staff' } } },
  google: { requires: { hd: ['partner.example'] } },
  okta: {},
  keycloak: {
    asks: { twoKinds: { essentialAcr: ['2'] } },
    assurance: [{ acr: ['2'], kinds: ['knowledge', 'possession'] }],
  },
  adfs: {},
};

let gateway: Gateway;
let upstream: Upstream;
let folder: string;
let library: RelyingParty;
let courses: RelyingParty;
let strict: RelyingParty;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-providers-'));
  const port = await freePort();
  const ports = { gateway: port, relyingParty: await freePort() };
  upstream = await startUpstream(NAMES.map((name) => `http://localhost:${port}/return/directories/${name}`));
  const directories = NAMES.map((name) => [name, { ...upstream.directory, name, preset: name, ...SETTINGS[name] }]);
  gateway = await startGateway({
    ...{ folder, ports, withoutRelyingParty: true },
    config: {
      directories: Object.fromEntries(directories),
      applications: { strict: application('strict') },
      policy: {
        rules: [
          { name: 'library', applications: ['library'], level: 'sfa' },
          { name: 'courses', applications: ['courses'], level: 'mfa', remember: '30d' },
          { name: 'strict', applications: ['strict'], level: 'phr', factors: ['upstream'] },
        ],
      },
    },
  });
  library = await RelyingParty.of(gateway, 'library');
  courses = await RelyingParty.of(gateway, 'courses');
  strict = await RelyingParty.of(gateway, 'strict', { redirectUri: 'http://127.0.0.1:9/strict/callback' });
});

afterAll(async () => {
  await gateway?.close();
  await upstream?.close();
  rmSync(folder, { recursive: true, force: true });
});

let people = 0;
beforeEach(() => {
  upstream.asked.length = 0;
  people += 1;
});

const now = () => Math.floor(Date.now() / 1000);
const isHome = (next: URL) => next.hostname === '127.0.0.1' && next.pathname.endsWith('/callback');

/** What a house answers from now on, to somebody who shows that. */
function there(name: Name, shown: Shown, more: Partial<Omit<AtProvider, 'asked'>> = {}): void {
  const says = (asked: URLSearchParams): Says =>
    PROVIDERS[name]({ asked, shown, since: now(), now: now(), optional: true, ...more });
  upstream.next = {
    sub: `person-${people}`,
    claims: {},
    says(asked) {
      const said = says(asked);
      // A person of each test's own, whatever a house calls them.
      return 'error' in said
        ? said
        : { claims: { ...said.claims, ...(name === 'entra' ? { oid: `oid-${people}` } : {}) } };
    },
  };
}

async function through(browser: Client, page: Reply, name: Name): Promise<Reply> {
  return browser.follow(await browser.get(new URL(wayTo(page.body, name), page.url)), isHome);
}

/** A sign-in by one house: where it ends, and what the application is told. */
async function signIn(rp: RelyingParty, name: Name, parameters = {}) {
  const browser = new Client();
  const flow = await rp.begin(parameters);
  const end = await through(browser, await browser.open(flow.url), name);
  const claims = end.location ? (await rp.exchange(flow, end.location)).claims() : undefined;
  return { browser, flow, end, claims };
}

describe.each<[Name, Shown, string | undefined]>([
  ['entra', 'second', MFA],
  ['entra', 'passkey', 'phr'],
  ['google', 'second', MFA],
  ['okta', 'second', MFA],
  ['okta', 'passkey', MFA],
  ['keycloak', 'second', MFA],
])('%s, after %s', (name, shown, acr) => {
  it('opens what takes two factors', async () => {
    there(name, shown);
    expect((await signIn(courses, name)).claims).toMatchObject({ acr, amr: expect.arrayContaining(['mfa']) });
  });
});

describe.each<[Name]>([['entra'], ['google'], ['adfs']])('%s, after a password', (name) => {
  it('opens what takes one factor, and leads to a method of one’s own for more', async () => {
    there(name, 'password');
    expect((await signIn(library, name)).claims).toMatchObject({ acr: SFA });
    const { browser, end } = await signIn(courses, name);
    if (name !== 'adfs') return expect(end.body).toContain('otpauth:');
    // What nobody dates is no ground to set a method up on, and it is asked for it once.
    expect(end.text).toContain('asks you to sign in again');
    expect((await through(browser, end, name)).text).toContain('than your own institution could tell');
  });
});

it.each<[Name]>([['okta'], ['keycloak']])('%s says that it can’t, and is then asked for less', async (name) => {
  there(name, 'password');
  const { browser, end } = await signIn(courses, name);
  expect(end.text).toContain('the rest is then asked here');
  const page = await through(browser, end, name);
  expect(page.body).toContain('otpauth:');
  const [first, second] = upstream.asked;
  expect(first?.get('acr_values') ?? first?.get('claims')).toMatch(/2/);
  expect(second?.get('acr_values') ?? second?.get('claims')).toBeNull();
});

it('Entra: a context that it issues where nothing was shown counts for nothing', async () => {
  there('entra', 'password');
  const { end } = await signIn(courses, 'entra');
  expect(upstream.asked[0]?.get('claims')).toContain('"acrs":{"essential":true,"value":"c1"}');
  expect(end.body).toContain('otpauth:');
});

it('Entra: a passkey is phishing-resistant, whatever else is not; a second factor isn’t', async () => {
  there('entra', 'passkey');
  expect((await signIn(strict, 'entra')).claims).toBeDefined();
  people += 1;
  there('entra', 'second');
  expect((await signIn(strict, 'entra')).claims).toBeUndefined();
});

it('Entra: without its optional claims nothing is known of how, nor when', async () => {
  there('entra', 'second', { optional: false });
  const { claims } = await signIn(library, 'entra');
  expect(claims).toMatchObject({ acr: SFA });
  expect(claims).not.toHaveProperty('auth_time');
});

it('Entra: is asked anew where an application wants it so, for it knows no age', async () => {
  there('entra', 'second', { since: now() - 86_400 });
  const { claims } = await signIn(library, 'entra', { max_age: '600' });
  expect(upstream.asked[0]?.get('prompt')).toBe('login');
  expect(upstream.asked[0]?.get('max_age')).toBeNull();
  expect(Number(claims?.auth_time)).toBeGreaterThan(now() - 60);
});

it('Google: a session of weeks meets no age, and nothing can be asked for', async () => {
  there('google', 'second', { since: now() - 86_400 });
  const { end } = await signIn(library, 'google', { max_age: '600' });
  expect(end.text).toContain('than your own institution could tell');
  expect((await signIn(library, 'google')).claims?.auth_time).toBe(upstream.next.claims.auth_time);
});

it('Entra: tells of a session’s end in a frame, and the others don’t', async () => {
  const framed = async (name: Name) => {
    const query = new URLSearchParams({ iss: upstream.issuer, sid: 'a-session-of-nobody-at-all' });
    return (await new Client().get(`${gateway.url}/return/directories/${name}/logout?${query}`)).status;
  };
  expect([await framed('entra'), await framed('google'), await framed('okta')]).toEqual([200, 404, 404]);
});
