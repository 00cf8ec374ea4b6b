import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SAML, type SamlConfig } from '@node-saml/node-saml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeKeys, type ServiceProviderKeys } from '../../demo/service-provider/keys.ts';
import type { SignedIn } from '../../demo/service-provider/sessions.ts';
import type { Reply } from '../support/client.ts';
import { DAYS, MINUTES } from '../support/clock.ts';
import { form } from '../support/forms.ts';
import { asksCode, asksPassword, asksToEnrol, Someone, stage } from '../support/scene.ts';
import { leaveAll } from '../support/service-provider.ts';

/** Service providers on node-saml: the demo's three, and one that is configured by node-saml's own metadata alone. */
const SFA = 'https://refeds.org/profile/sfa';
const MFA = 'https://refeds.org/profile/mfa';
const PHRH = 'phrh';
const BARE = 'http://127.0.0.1:9/bare';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-node-saml-'));
const keys: ServiceProviderKeys = await makeKeys();
const scene = stage(() => ({
  serviceProvider: true,
  config: {
    applications: {
      ...Object.fromEntries((['both', 'assertion', 'response'] as const).map((sign) => [`bare-${sign}`, bare(sign)])),
      closed: bare('closed'),
    },
    policy: {
      rules: [
        { name: 'sfa', applications: ['library', 'reading-room', ...BARES], level: 'sfa' },
        { name: 'mfa', applications: ['courses', 'laboratory'], level: 'mfa', remember: '30d' },
        { name: 'always', applications: ['payroll', 'personnel'], level: 'mfa', remember: 'never' },
        { name: 'closed', applications: ['closed'], deny: true },
      ],
    },
  },
}));
afterAll(() => rmSync(folder, { recursive: true }));

const BARES = ['bare-both', 'bare-assertion', 'bare-response'];

/** An application configured by what node-saml writes. */
function bare(name: string) {
  const metadata = new SAML({ ...bareConfig(name), idpCert: 'unused' }).generateServiceProviderMetadata(
    keys.encryption.certificate,
    keys.signing.certificate,
  );
  const file = join(folder, `${name}.xml`);
  writeFileSync(file, metadata);
  return {
    name,
    saml: { metadata: { file }, attributes: ['displayName'], ...(name === 'closed' ? {} : { sign: name }) },
  };
}

function bareConfig(name: string): Omit<SamlConfig, 'idpCert'> {
  return {
    issuer: `${BARE}/${name}`,
    callbackUrl: `${BARE}/${name}/acs`,
    privateKey: keys.signing.privateKey,
    decryptionPvk: keys.encryption.privateKey,
    signatureAlgorithm: 'sha256',
    digestAlgorithm: 'sha256',
    identifierFormat: null,
    disableRequestedAuthnContext: true,
    wantAssertionsSigned: name !== 'response',
    wantAuthnResponseSigned: name !== 'assertion',
  };
}

const said = async (someone: Someone, application: string): Promise<SignedIn | undefined> =>
  (await someone.claims(application)) as unknown as SignedIn | undefined; // session.json of the demo

/** Begins, gives the password where it is asked for, and answers what came of it. */
async function enter(someone: Someone, application: string, query = ''): Promise<SignedIn | undefined> {
  await someone.enter(application, query);
  return said(someone, application);
}

let alice: Someone;
beforeAll(async () => {
  alice = await scene.newcomer({ username: 'alice' });
  await scene.gateway.command('user add', ['mia'], { email: 'mia@university.example', name: 'Mia <Müller>' }, PASSWORD);
});
const PASSWORD = 'correct horse battery staple';

describe('metadata', () => {
  it('is served signed, as what it is', async () => {
    const { headers, body, status } = await alice.client.get(`${scene.gateway.url}/saml/metadata`);
    expect(status).toBe(200);
    expect(headers['content-type']).toMatch(/^application\/samlmetadata\+xml/);
    expect(body).toContain('SignatureValue>');
    expect(body).toContain(`entityID="${scene.gateway.url}/saml/metadata"`);
  });
});

describe('signing in', () => {
  it('by Redirect, with an encrypted assertion that says who, how and when', async () => {
    const someone = await scene.newcomer();
    const before = Date.now();
    const signedIn = await enter(someone, 'reading-room');
    expect(signedIn).toMatchObject({
      issuer: `${scene.gateway.url}/saml/metadata`,
      nameId: { format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent' },
      authnContextClassRef: SFA,
      encrypted: true,
      unsolicited: false,
    });
    expect(signedIn?.nameId.spNameQualifier).toBe(`${scene.gateway.serviceProvider}/reading-room/metadata`);
    expect(signedIn?.sessionIndex).toMatch(/./);
    expect(Date.parse(signedIn?.authnInstant ?? '')).toBeGreaterThanOrEqual(before - 1000);
    expect(Date.parse(signedIn?.sessionNotOnOrAfter ?? '')).toBeGreaterThan(before);
    expect(Object.values(signedIn?.attributes ?? {}).flat()).toContain(`Person ${someone.username.slice(6)}`);
  });

  it('by POST, before and after there is a session', async () => {
    const someone = await scene.newcomer();
    expect(await enter(someone, 'reading-room', '?binding=post')).toMatchObject({ authnContextClassRef: SFA });
    const again = await someone.begin('reading-room', '?binding=post');
    expect(again.url.href).toBe(`${scene.gateway.serviceProvider}/reading-room`);
  });

  it('once, and by OpenID Connect in the same session; the stricter application steps up', async () => {
    const someone = await scene.newcomer();
    await enter(someone, 'reading-room');
    expect((await someone.begin('library')).url.pathname).toBe('/library');
    const page = await someone.begin('laboratory');
    expect(asksPassword(page) || asksToEnrol(page)).toBe(true);
    const enrolment = asksPassword(page) ? await someone.password(page, someone.username) : page;
    await someone.remember(await someone.enrol(enrolment), 'no');
    expect(await said(someone, 'laboratory')).toMatchObject({ authnContextClassRef: MFA });
    const first = await said(someone, 'reading-room');
    expect(first?.nameId.value).not.toBe((await said(someone, 'laboratory'))?.nameId.value);
  });

  it('every time, where nothing is remembered', async () => {
    const someone = await scene.member();
    const page = await someone.begin('personnel');
    expect(asksCode(page)).toBe(true);
    await someone.code(page, scene.nextCode(someone));
    expect(await said(someone, 'personnel')).toMatchObject({ authnContextClassRef: MFA });
    expect(asksCode(await someone.begin('personnel'))).toBe(true);
  });
});

describe('names', () => {
  it('persistent ones stay, transient ones last as long as the session', async () => {
    const someone = await scene.newcomer();
    const elsewhere = scene.elsewhere(someone);
    const nameId = async (at: Someone, query: string) => (await enter(at, 'reading-room', query))?.nameId;
    const persistent = await nameId(someone, '');
    expect(await nameId(someone, '?nameid=persistent')).toEqual(persistent);
    expect(await nameId(elsewhere, '')).toEqual(persistent);
    const transient = await nameId(someone, '?nameid=transient');
    expect(transient?.format).toBe('urn:oasis:names:tc:SAML:2.0:nameid-format:transient');
    const values = [persistent, transient, await nameId(elsewhere, '?nameid=transient')].map((it) => it?.value);
    expect(new Set(values).size).toBe(3);
  });

  it('an address where the account has one', async () => {
    const signedIn = await enter(new Someone(scene.gateway, 'mia'), 'reading-room', '?nameid=emailAddress');
    expect(signedIn?.nameId.value).toBe('mia@university.example');
    expect(Object.values(signedIn?.attributes ?? {}).flat()).toEqual(
      expect.arrayContaining(['mia@university.example', 'Mia <Müller>']),
    );
  });

  it.each([
    ['a kind that there is not', '?nameid=urn:example:shoe-size'],
    ['an address that the account has not', '?nameid=emailAddress'],
  ])('refuses %s', async (_what, query) => {
    const page = await (await scene.newcomer()).enter('reading-room', query);
    expect(page.status).toBe(403);
    expect(page.text).toContain('InvalidNameIDPolicy');
  });
});

describe('RequestedAuthnContext', () => {
  const asking = (comparison: string, ...classes: string[]) =>
    `?${new URLSearchParams([['comparison', comparison], ...classes.map((one) => ['acr', one])] as [string, string][])}`;

  it.each([
    ['exactly mfa', asking('exact', MFA), MFA],
    ['the better one', asking('better', SFA), MFA],
    ['mfa at least', asking('minimum', MFA), MFA],
    ['the first that can be had', asking('exact', PHRH, MFA), MFA],
  ])('%s steps up', async (_what, query, expected) => {
    const someone = await scene.member();
    scene.clock.advance(MINUTES);
    const page = await someone.begin('reading-room', query);
    if (asksCode(page)) await someone.code(page, scene.nextCode(someone));
    expect(await said(someone, 'reading-room')).toMatchObject({ authnContextClassRef: expected });
  });

  it.each([
    ['sfa at least', asking('minimum', SFA)],
    ['sfa at most', asking('maximum', SFA)],
    ['exactly sfa', asking('exact', SFA)],
  ])('%s is met by a password', async (_what, query) => {
    expect(await enter(await scene.newcomer(), 'reading-room', query)).toMatchObject({ authnContextClassRef: SFA });
  });

  it.each([
    ['a class that nobody knows', asking('exact', 'urn:example:oracle')],
    ['something better than the best', asking('better', PHRH)],
  ])('%s is NoAuthnContext', async (_what, query) => {
    const page = await (await scene.newcomer()).enter('reading-room', query);
    expect(page.text).toContain('NoAuthnContext');
    expect(page.url.origin).toBe(scene.gateway.serviceProvider);
  });
});

describe('ForceAuthn and IsPassive', () => {
  it('asks for the password again, and says so', async () => {
    const someone = await scene.newcomer();
    const before = await enter(someone, 'reading-room');
    scene.clock.advance(MINUTES);
    const page = await someone.begin('reading-room', '?force=1');
    expect(asksPassword(page)).toBe(true);
    await someone.password(page, someone.username);
    const after = await said(someone, 'reading-room');
    expect(Date.parse(after?.authnInstant ?? '')).toBeGreaterThan(Date.parse(before?.authnInstant ?? '') + 50_000);
  });

  it('asks nobody where it must not', async () => {
    const someone = await scene.newcomer();
    expect((await someone.begin('reading-room', '?passive=1')).text).toContain('NoPassive');
    await enter(someone, 'reading-room');
    expect((await someone.begin('reading-room', '?passive=1')).status).toBe(200);
    expect((await someone.begin('laboratory', '?passive=1')).text).toContain('NoPassive');
    expect((await someone.begin('reading-room', '?passive=1&force=1')).text).toContain('NoPassive');
  });
});

describe("a service provider configured by node-saml's own metadata", () => {
  const away = (next: URL) => next.href.startsWith(BARE);

  async function metadataCertificates(): Promise<string[]> {
    const { body } = await alice.client.get(`${scene.gateway.url}/saml/metadata`);
    const descriptor = body.slice(body.indexOf('IDPSSODescriptor'));
    return [...descriptor.matchAll(/X509Certificate>([^<]+)</g)].map(([, found = '']) => found);
  }

  async function samlOf(name: string, over: Partial<SamlConfig> = {}): Promise<SAML> {
    const { url } = scene.gateway;
    const addresses = {
      entryPoint: `${url}/saml/sso`,
      logoutUrl: `${url}/saml/slo`,
      idpIssuer: `${url}/saml/metadata`,
    };
    return new SAML({ ...bareConfig(name), ...addresses, idpCert: await metadataCertificates(), ...over });
  }

  async function arrive(someone: Someone, url: string): Promise<Reply> {
    let page = await someone.client.follow(await someone.client.get(url), away);
    if (!asksPassword(page)) return page;
    const { action, fields } = form(page.body, '/sign-in/');
    const answer = { ...fields, username: someone.username, password: PASSWORD };
    page = await someone.client.post(new URL(action, page.url), answer);
    return someone.client.follow(page, away);
  }

  it.each(['both', 'assertion', 'response'] as const)('takes an answer that is signed: %s', async (sign) => {
    const someone = await scene.newcomer();
    const saml = await samlOf(`${sign}`);
    const page = await arrive(someone, await saml.getAuthorizeUrlAsync('state-1', undefined, {}));
    const { action, fields } = form(page.body);
    expect(action).toBe(`${BARE}/${sign}/acs`);
    expect(fields.RelayState).toBe('state-1');
    const { profile } = await saml.validatePostResponseAsync({ SAMLResponse: fields.SAMLResponse ?? '' });
    expect(profile?.issuer).toBe(`${scene.gateway.url}/saml/metadata`);
    expect(profile?.nameID).toMatch(/./);
    const xml = Buffer.from(fields.SAMLResponse ?? '', 'base64').toString();
    expect(xml).toContain('xmlenc11#aes256-gcm');
    expect(xml).not.toContain(someone.username);
  });

  it('is answered RequestDenied where policy says so', async () => {
    const someone = await scene.newcomer();
    const saml = await samlOf('closed');
    const told = await arrive(someone, await saml.getAuthorizeUrlAsync('', undefined, {}));
    expect(told.status).toBe(403);
    const page = await someone.client.follow(await someone.client.submit(told, {}, { action: '/cancel' }), away);
    const { SAMLResponse = '' } = form(page.body).fields;
    await expect(saml.validatePostResponseAsync({ SAMLResponse })).rejects.toThrow('RequestDenied');
  });

  it('gets nothing for an unsigned request, or for one that was changed', async () => {
    const someone = await scene.newcomer();
    const unsigned = await samlOf('both', { privateKey: undefined as never });
    const signed = new URL(await (await samlOf('both')).getAuthorizeUrlAsync('state', undefined, {}));
    signed.searchParams.set('RelayState', 'other');
    for (const url of [await unsigned.getAuthorizeUrlAsync('', undefined, {}), signed.href]) {
      const page = await arrive(someone, url);
      expect(page.status).toBe(400);
      expect(page.body).not.toContain('SAMLResponse');
      expect(page.text).toMatch(/Reference: [A-Z0-9]{10}/);
    }
  });
});

describe('single logout', () => {
  async function everywhere(): Promise<Someone> {
    const someone = await scene.member();
    await someone.begin('library');
    await someone.begin('reading-room');
    const page = await someone.begin('personnel');
    await someone.code(page, scene.nextCode(someone));
    return someone;
  }
  const APPLICATIONS = ['library', 'courses', 'reading-room', 'personnel'];
  const standing = async (someone: Someone) =>
    (await Promise.all(APPLICATIONS.map(async (id) => ((await someone.claims(id)) ? [id] : [])))).flat();

  it('begun at a service provider ends all', async () => {
    const someone = await everywhere();
    expect(await standing(someone)).toEqual(APPLICATIONS);
    const reply = await someone.client.post(`${scene.gateway.serviceProvider}/reading-room/logout`);
    const done = await leaveAll(someone.client, await someone.client.follow(reply));
    expect(done.url.origin).toBe(scene.gateway.serviceProvider);
    expect(done.text).toContain('You are signed out.');
    expect(await standing(someone)).toEqual([]);
    expect(asksPassword(await someone.begin('reading-room'))).toBe(true);
  });

  it('begun at a relying party ends all', async () => {
    const someone = await everywhere();
    const { client } = someone;
    const asked = await client.follow(await client.post(`${scene.gateway.relyingParty}/library/logout`));
    const done = await leaveAll(
      client,
      await client.follow(await client.submit(asked, {}, { action: '/logout/confirm' })),
    );
    expect(await standing(someone)).toEqual([]);
    expect(done.url.origin).toBe(scene.gateway.relyingParty);
  });

  it('leaves other browsers alone, and answers where nothing is left to end', async () => {
    const someone = await scene.newcomer();
    const other = scene.elsewhere(someone);
    await enter(someone, 'reading-room');
    await enter(other, 'reading-room');
    const address = `${scene.gateway.serviceProvider}/reading-room/logout`;
    await leaveAll(someone.client, await someone.client.follow(await someone.client.post(address)));
    expect(await said(other, 'reading-room')).toBeDefined();
  });
});

describe('a key rollover', () => {
  it('is followed, planned or at once', async () => {
    const someone = await scene.newcomer();
    await enter(someone, 'reading-room');
    await scene.gateway.command('keys rotate', ['saml'], { ahead: '2d' });
    expect((await someone.begin('reading-room', '?passive=1')).status).toBe(200);
    scene.clock.advance(3 * DAYS);
    expect(await enter(someone, 'reading-room')).toBeDefined();
    await scene.gateway.command('keys rotate', ['saml'], { ahead: '0s' });
    expect((await someone.begin('reading-room', '?passive=1')).status).toBe(200);
  });
});
