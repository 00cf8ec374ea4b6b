import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type AtProvider,
  adfs,
  entra,
  google,
  MULTIPLE,
  type Shown,
  shibboleth,
  TENANT,
} from '../../src/directories/saml/double.ts';
import { settings } from '../../src/directories/saml/settings.ts';
import { Client, type Reply } from '../support/client.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import type { Saying } from '../support/identity-provider.ts';
import { freePort } from '../support/ports.ts';
import { refusalsIn } from '../support/refusals.ts';
import { RelyingParty } from '../support/relying-party.ts';
import { formOf, leave, responseOf, type SamlUpstream, sayingOf, startSamlUpstream } from '../support/saml-upstream.ts';

/** Entra ID, AD FS, Google and Shibboleth by SAML, as their makers document them: what is asked, said, and made of it. */

const PROVIDERS = { entra, adfs, google, shibboleth };
type Name = keyof typeof PROVIDERS;
const NAMES = Object.keys(PROVIDERS) as Name[];

const MFA = 'https://refeds.org/profile/mfa';
const SFA = 'https://refeds.org/profile/sfa';
const BOTH = ['knowledge', 'possession'];
const BY_METHODS = { assurance: [{ methods: [MULTIPLE], kinds: BOTH }] };
const STS = `https://sts.windows.net/${TENANT}/`;

const SETTINGS: Record<Name, Record<string, unknown>> = {
  entra: { entityId: STS, key: 'objectidentifier', ...BY_METHODS, groups: { map: { 'group-1': 'staff' } } },
  adfs: { key: 'persistent', ...BY_METHODS },
  google: { key: 'persistent' },
  shibboleth: { key: 'persistent', asks: { twoKinds: [MFA] }, assurance: [{ class: [MFA], kinds: BOTH }] },
};

let gateway: Gateway;
let folder: string;
let library: RelyingParty;
let courses: RelyingParty;
const houses = new Map<Name, SamlUpstream>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-providers-'));
  const port = await freePort();
  const directories: Record<string, object> = {};
  for (const name of NAMES) {
    const house = await startSamlUpstream(`http://localhost:${port}`, folder, name);
    if (name === 'entra') house.idp.entityId = STS;
    const file = join(folder, `${name}.xml`);
    writeFileSync(file, house.idp.metadata());
    directories[name] = { ...house.directory, name, metadata: { file }, ...SETTINGS[name] };
    houses.set(name, house);
  }
  const ports = { gateway: port, relyingParty: await freePort() };
  gateway = await startGateway({ ...{ folder, ports, withoutRelyingParty: true }, config: { directories } });
  library = await RelyingParty.of(gateway, 'library');
  courses = await RelyingParty.of(gateway, 'courses');
});

afterAll(async () => {
  await gateway?.close();
  for (const house of houses.values()) house.close();
  rmSync(folder, { recursive: true, force: true });
});

const isHome = (next: URL) => next.hostname === '127.0.0.1' && next.pathname.endsWith('/callback');
type At = Partial<Omit<AtProvider, 'asked' | 'shown'>> & { change?: (saying: Partial<Saying>) => Partial<Saying> };

/** Leaves for a house, shows it that, and comes back, wherever that ends. Where nobody comes back, that is an error. */
async function through(
  browser: Client,
  page: Reply,
  name: Name,
  shown: Shown,
  { change = (it) => it, ...at }: At = {},
) {
  const house = houses.get(name) as SamlUpstream;
  const asked = await leave(browser, page, name);
  const says = PROVIDERS[name]({ asked: asked.xml, shown, since: Date.now(), now: Date.now(), ...at });
  const fields = formOf(responseOf(house, asked, change(sayingOf(says))), asked);
  const posted = await browser.post(house.acs, fields, { from: house.idp.url });
  return { asked, end: await browser.follow(posted, isHome) };
}

/** A sign-in by one house: where it ends, and what the application is told. */
async function signIn(rp: RelyingParty, name: Name, shown: Shown, at: At = {}, parameters = {}) {
  const browser = new Client();
  const flow = await rp.begin(parameters);
  const { asked, end } = await through(browser, await browser.open(flow.url), name, shown, at);
  const claims = end.location ? (await rp.exchange(flow, end.location)).claims() : undefined;
  return { browser, flow, asked, end, claims };
}

describe('Entra by SAML', () => {
  it('is asked for nothing but an anew, which it says, and says a second step by an attribute', async () => {
    const { asked, claims } = await signIn(courses, 'entra', 'second');
    expect(asked.xml).not.toMatch(/RequestedAuthnContext|Subject|ForceAuthn/);
    expect(claims).toMatchObject({ acr: MFA });
    const forced = await signIn(library, 'entra', 'password', { since: Date.now() - 86_400_000 }, { max_age: '600' });
    expect(forced.asked.xml).toContain('ForceAuthn="true"');
    expect(Number(forced.claims?.auth_time)).toBeGreaterThan(Date.now() / 1000 - 60);
  });

  it('after a password opens what takes one factor, and leads to a method of one’s own for more', async () => {
    expect((await signIn(library, 'entra', 'password')).claims).toMatchObject({ acr: SFA });
    expect((await signIn(courses, 'entra', 'password')).end.body).toContain('otpauth:');
  });

  it('knows a person by tenant and object, whatever the name identifier, and no object of another tenant', async () => {
    const subject = async (change: At['change']) =>
      (await signIn(library, 'entra', 'password', change ? { change } : {})).claims?.sub;
    const before = await subject((it) => it);
    expect(await subject((it) => ({ ...it, name: 'ada@contoso.example', nameFormat: 'emailAddress' }))).toBe(before);
    const other = (from: string, to: string) => (it: Partial<Saying>) => ({
      ...it,
      attributes: it.attributes?.replace(from, to) ?? '',
    });
    expect(await subject(other('66f3-3332eca7ea81', '66f3-3332eca7ea82'))).not.toBe(before);
    const strange = await signIn(library, 'entra', 'second', {
      change: other(TENANT, '0e2a1d4c-6c67-4c5b-b112-36a304b66dae'),
    });
    expect(strange.end.text).toContain('couldn’t be verified');
    const elsewhere = await signIn(library, 'entra', 'second', {
      change: (it) => ({ ...it, issuer: STS.replace('6babcaad', '6babcaae') }),
    });
    expect(elsewhere.end.text).toContain('couldn’t be verified');
    await expect
      .poll(() => refusalsIn(folder))
      .toEqual(expect.arrayContaining([expect.stringMatching(/^subject: .*tenant/), expect.stringMatching(/^issuer/)]));
  });

  it('must not be asked for a class: its page would be the end', () => {
    const asks = { twoKinds: [MFA] };
    const read = settings.safeParse({ name: 'Entra', metadata: { file: '/e.xml' }, entityId: STS, asks });
    expect(read.error?.issues.map(({ path, message }) => [path.join('.'), message])).toEqual([
      ['asks', expect.stringContaining('stranded')],
    ]);
    const asked = `<samlp:AuthnRequest ID="_1"><saml:AuthnContextClassRef>${MFA}</saml:AuthnContextClassRef></samlp:AuthnRequest>`;
    expect(entra({ asked, shown: 'second', since: 0, now: 0 })).toEqual({ page: 'AADSTS75011' });
  });
});

describe('AD FS by SAML', () => {
  it('says a second step only where a rule of its passes that on', async () => {
    expect((await signIn(courses, 'adfs', 'second', { ruled: true })).claims).toMatchObject({ acr: MFA });
    expect((await signIn(courses, 'adfs', 'second')).end.body).toContain('otpauth:');
  });
});

it('Google by SAML signs nobody in: an address is given to others', async () => {
  const { end } = await signIn(library, 'google', 'second');
  expect(end.text).toContain('couldn’t be verified');
});

describe('Shibboleth', () => {
  it('shows exactly what it is asked for, or says that it can’t and is then asked for less', async () => {
    expect((await signIn(courses, 'shibboleth', 'second')).claims).toMatchObject({ acr: MFA });
    const { browser, asked, end } = await signIn(courses, 'shibboleth', 'password');
    expect(asked.xml).toContain('Comparison="exact"');
    expect(end.text).toContain('the rest is then asked here');
    const again = await through(browser, end, 'shibboleth', 'password');
    expect(again.asked.xml).not.toContain('RequestedAuthnContext');
    expect(again.end.body).toContain('otpauth:');
  });
});

it.each<[Name]>([['entra'], ['adfs'], ['shibboleth']])(
  '%s: a second step of yesterday is none of today’s',
  async (name) => {
    const since = Date.now() - 13 * 3_600_000;
    const { browser, flow, asked, end } = await signIn(courses, name, 'second', { since, ruled: true });
    expect(asked.xml).not.toContain('ForceAuthn');
    expect(end.location).toBeUndefined();
    const again = await through(browser, end, name, 'second', { since, ruled: true });
    expect(again.asked.xml).toContain('ForceAuthn="true"');
    expect((await courses.exchange(flow, again.end.location)).claims()).toMatchObject({ acr: MFA });
  },
);
