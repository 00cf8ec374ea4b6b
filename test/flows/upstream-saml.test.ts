import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createIdentity } from '../../src/saml/testing/identity.ts';
import { redirect as redirectQuery, sign, signature } from '../../src/saml/testing/messages.ts';
import { Client, type Reply } from '../support/client.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import type { Saying } from '../support/identity-provider.ts';
import { freePort } from '../support/ports.ts';
import { type Flow, RelyingParty } from '../support/relying-party.ts';
import { formOf, leave, responseOf, type SamlUpstream, startSamlUpstream } from '../support/saml-upstream.ts';

/** People of another house sign in at its SAML provider, from the application's request to its ID token. */

const MFA = 'https://refeds.org/profile/mfa';

let gateway: Gateway;
let partner: SamlUpstream;
let folder: string;
let library: RelyingParty;
let courses: RelyingParty;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-upstream-'));
  const port = await freePort();
  const ports = { gateway: port, relyingParty: await freePort() };
  partner = await startSamlUpstream(`http://localhost:${port}`, folder);
  gateway = await startGateway({
    ...{ folder, ports, withoutRelyingParty: true },
    config: {
      directories: {
        partner: {
          ...partner.directory,
          asks: { twoKinds: [MFA] },
          assurance: [{ class: [MFA], kinds: ['knowledge', 'possession'] }],
        },
      },
    },
  });
  library = await RelyingParty.of(gateway, 'library');
  courses = await RelyingParty.of(gateway, 'courses');
});

afterAll(async () => {
  await gateway?.close();
  partner?.close();
  rmSync(folder, { recursive: true, force: true });
});

const isHome = (next: URL) => next.href.startsWith(library.redirectUri) || next.href.startsWith(courses.redirectUri);
const name = (value: string, friendly: string) =>
  `<saml:Attribute Name="${friendly}"><saml:AttributeValue>${value}</saml:AttributeValue></saml:Attribute>`;
const described = (...all: string[]) => `<saml:AttributeStatement>${all.join('')}</saml:AttributeStatement>`;
const DISPLAY = 'urn:oid:2.16.840.1.113730.3.1.241';

/** Leaves for the house and comes back with what it says, wherever that ends. */
async function through(browser: Client, page: Reply, saying: Partial<Saying> = {}) {
  const asked = await leave(browser, page);
  const fields = formOf(responseOf(partner, asked, saying), asked);
  const posted = await browser.post(partner.acs, fields, { from: partner.idp.url });
  return { asked, back: await browser.follow(posted, isHome) };
}

async function signIn(rp: RelyingParty, saying: Partial<Saying> = {}) {
  const browser = new Client();
  const flow: Flow = await rp.begin();
  const page = await browser.open(flow.url);
  const { asked, back } = await through(browser, page, saying);
  return { browser, asked, back, claims: async () => (await rp.exchange(flow, back.location)).claims() };
}

describe('a first sign-in', () => {
  it('ends in the application, with the time that the house says', async () => {
    const at = Date.now() - 60_000;
    const { asked, claims } = await signIn(library, { authnInstant: at, attributes: described(name('Ada', DISPLAY)) });
    expect(await claims()).toMatchObject({ acr: 'https://refeds.org/profile/sfa', auth_time: Math.floor(at / 1000) });
    expect(asked.xml).toContain('<samlp:NameIDPolicy AllowCreate="true"');
    expect(asked.xml).not.toContain('RequestedAuthnContext');
    expect(asked.query).toMatch(/&SigAlg=http[^&]+&Signature=/);
    expect(asked.id).toMatch(/^_/);
  });

  it('finds the same person again, and another by another name', async () => {
    const subject = async (it: string) => (await (await signIn(library, { name: it })).claims())?.sub;
    const before = await subject('name-of-ada');
    expect(await subject('name-of-ada')).toBe(before);
    expect(await subject('name-of-bob')).not.toBe(before);
  });
});

describe('more than who it is', () => {
  it('is asked for there, and counts by the table', async () => {
    const { asked, claims } = await signIn(courses, { classRef: MFA, name: 'grace' });
    expect(asked.xml).toContain(
      `Comparison="exact"><saml:AuthnContextClassRef xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${MFA}<`,
    );
    expect(await claims()).toMatchObject({ acr: MFA });
  });

  it('is set up here where the house doesn’t show it, and adds nothing by itself', async () => {
    const { back } = await signIn(courses, { classRef: 'https://refeds.org/profile/MFA', name: 'linus' });
    expect(back.body).toContain('otpauth:');
  });
});

it('takes nobody else at a step-up: it is refused, and nobody is switched', async () => {
  const { browser, claims } = await signIn(library, { name: 'margaret' });
  const before = (await claims())?.sub;
  const flow = await library.begin({ prompt: 'login' });
  const page = await browser.open(flow.url);
  const { asked, back: told } = await through(browser, page, { name: 'mallory' });
  expect(asked.xml).toContain('ForceAuthn="true"');
  expect(told.text).toContain('You signed in there as somebody else');
  const { back } = await through(browser, await browser.open(flow.url), { name: 'margaret' });
  expect((await library.exchange(flow, back.location)).claims()?.sub).toBe(before);
});

it('says that it couldn’t be shown there, where the house says so', async () => {
  const { back } = await signIn(courses, { status: ['Responder', 'NoAuthnContext'] });
  expect(back.text).toContain('Partner Hospital');
});

it('reads what the house encrypts for the key of our metadata', async () => {
  const { body } = await new Client().open(partner.entityId);
  const [, certificate = ''] = /use="encryption"[\s\S]*?X509Certificate>([^<]+)</.exec(body) ?? [];
  const encryptFor = `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----\n`;
  const { claims } = await signIn(library, { encryptFor, name: 'ada' });
  expect(await claims()).toHaveProperty('sub');
});

describe('a logout from there', () => {
  const soap = (xml: string) =>
    `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>${xml}</soap:Body></soap:Envelope>`;
  const logoutAt = () => `${gateway.url}/directories/partner/logout`;
  const content = (index: string) =>
    `<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">name-of-alice</saml:NameID><samlp:SessionIndex>${index}</samlp:SessionIndex>`;
  const request = (index: string) => partner.idp.logout('LogoutRequest', logoutAt(), '', content(index));
  const isSignedIn = async (browser: Client) => {
    const flow = await library.begin();
    return (await browser.follow(await browser.get(flow.url), isHome)).location !== undefined;
  };
  const bySoap = (xml: string) =>
    fetch(logoutAt(), { method: 'POST', headers: { 'content-type': 'text/xml' }, body: soap(xml) });

  it('ends that session alone, by SOAP and without a cookie, and ends it well a second time', async () => {
    const [ada, phone] = [
      await signIn(library, { sessionIndex: 'here' }),
      await signIn(library, { sessionIndex: 'there' }),
    ];
    expect([await isSignedIn(ada.browser), await isSignedIn(phone.browser)]).toEqual([true, true]);
    for (const _ of ['once', 'as where two requests cross']) {
      const told = await bySoap(sign(request('here'), partner.idp.identity, { element: 'LogoutRequest' }));
      const xml = await told.text();
      expect([told.status, xml]).toEqual([200, expect.stringContaining('status:Success')]);
      expect(xml).toContain('<ds:Signature');
    }
    expect([await isSignedIn(ada.browser), await isSignedIn(phone.browser)]).toEqual([false, true]);
  });

  it('by redirect is answered by redirect, signed as it was sent, in lower-case percent-encoding too', async () => {
    const ada = await signIn(library, { sessionIndex: 'mine' });
    const query = redirectQuery(request('mine'), { signer: partner.idp.identity, relayState: 'a/b' });
    const lower = query.replace(/%[0-9A-F]{2}/g, (it) => it.toLowerCase());
    // As AD FS writes it: other octets, so the signature of these is another.
    const cut = lower.slice(0, lower.indexOf('&Signature='));
    const signed = `${cut}&Signature=${encodeURIComponent(signature(cut, partner.idp.identity))}`;
    const refused = await new Client().get(`${logoutAt()}?${lower}`);
    expect(refused.status).toBe(400);
    expect(await isSignedIn(ada.browser)).toBe(true);
    const told = await new Client().get(`${logoutAt()}?${signed}`);
    expect(told.location?.href).toContain(`${partner.idp.url}/slo?SAMLResponse=`);
    expect(told.location?.searchParams.get('RelayState')).toBe('a/b');
    expect(await isSignedIn(ada.browser)).toBe(false);
  });

  it('unsigned, of a stranger or to another address ends nothing', async () => {
    const ada = await signIn(library, { sessionIndex: 'kept' });
    const stranger = await createIdentity();
    const elsewhere = partner.idp.logout('LogoutRequest', `${gateway.url}/elsewhere`, '', content('kept'));
    const attempts = [
      request('kept'),
      sign(request('kept'), stranger, { element: 'LogoutRequest' }),
      sign(elsewhere, partner.idp.identity, { element: 'LogoutRequest' }),
      '<x/>',
    ];
    for (const xml of attempts) expect((await bySoap(xml)).status).toBe(400);
    expect(await isSignedIn(ada.browser)).toBe(true);
  });
});
