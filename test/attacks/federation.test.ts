import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../src/core/person.ts';
import { Client, type Reply } from '../support/client.ts';
import { type Federation, startFederation } from '../support/federation.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import type { FakeIdentityProvider, Saying } from '../support/identity-provider.ts';
import { scrape } from '../support/management.ts';
import { freePort } from '../support/ports.ts';
import { type Flow, RelyingParty } from '../support/relying-party.ts';
import { SamlSite } from '../support/saml-site.ts';
import { type Asked, askedBy, formOf } from '../support/saml-upstream.ts';

/** Houses of one federation speak for their own people alone, and strangers choose within what an application offers. */

let gateway: Gateway;
let federation: Federation;
let folder: string;
let library: RelyingParty;
let courses: RelyingParty;
let payroll: RelyingParty;
/** Another one, whose people are known by scoped identifiers. */
let scoped: Federation;
/** A service provider with a chooser of its own. */
let survey: SamlSite;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-federation-'));
  const port = await freePort();
  const ports = { gateway: port, relyingParty: await freePort() };
  federation = await startFederation(`http://localhost:${port}`, folder);
  scoped = await startFederation(`http://localhost:${port}`, folder, 'scoped');
  survey = await SamlSite.start();
  gateway = await startGateway({
    ...{ folder, ports, withoutRelyingParty: true },
    config: {
      doors: { saml: { scope: 'hospital.example' } },
      directories: {
        federation: federation.directory,
        scoped: {
          ...{ ...scoped.directory, key: 'subject-id' },
          groups: { attributes: ['urn:oid:1.3.6.1.4.1.5923.1.1.1.9'], map: { 'staff@alpha.example': 'employees' } },
        },
      },
      applications: {
        library: { providers: ['federation'] },
        courses: { providers: [{ directory: 'federation', houses: [federation.beta.url] }] },
        payroll: { providers: ['scoped'] },
        survey: {
          ...{ name: 'Survey', providers: [{ directory: 'federation', houses: [federation.beta.url] }] },
          saml: { metadata: { file: survey.metadata('survey') } },
        },
        archive: {
          ...{ name: 'Archive', providers: ['scoped'] },
          saml: {
            metadata: { file: survey.metadata('archive') },
            attributes: ['uid', 'cn', 'displayName', 'mail', 'eduPersonPrincipalName', 'subject-id'],
          },
        },
      },
      policy: {
        rules: [
          { name: 'sfa', applications: ['library', 'archive', 'survey'], level: 'sfa' },
          { name: 'mfa', applications: ['courses', 'payroll'], level: 'mfa' },
        ],
      },
    },
  });
  library = await RelyingParty.of(gateway, 'library');
  courses = await RelyingParty.of(gateway, 'courses');
  payroll = await RelyingParty.of(gateway, 'payroll');
});

afterAll(async () => {
  await gateway?.close();
  federation?.close();
  scoped?.close();
  survey?.close();
  rmSync(folder, { recursive: true, force: true });
});

const UNBELIEVABLE = 'What came back couldn’t be verified';
const isHome = ({ href }: URL) => [library, courses, payroll].some(({ redirectUri }) => href.startsWith(redirectUri));

interface Away {
  browser: Client;
  flow: Flow;
  asked: Asked;
}

/** The links of a page that lead to houses. */
const linksOf = ({ body }: Reply): URL[] =>
  [...body.matchAll(/href="([^"]*\/leave\?[^"]*)"/g)].map(
    ([, href = '']) => new URL(href.replaceAll('&amp;', '&'), gateway.url),
  );

async function chosen(browser: Client, page: Reply, house: string): Promise<URL> {
  const list = await browser.get(new URL(`${page.url.pathname}/houses`, gateway.url));
  const link = linksOf(list).find((one) => one.searchParams.get('house') === house);
  if (!link) throw new Error(`${house} isn't offered: ${list.text}`);
  return link;
}

async function away(idp: FakeIdentityProvider, rp = library): Promise<Away> {
  const browser = new Client();
  const flow = await rp.begin();
  const page = await browser.open(flow.url);
  const left = await browser.get(await chosen(browser, page, idp.url));
  expect(left.location?.href.startsWith(`${idp.url}/sso?`)).toBe(true);
  return { browser, flow, asked: askedBy(left.location) };
}

async function back(
  { browser, asked }: Away,
  idp: FakeIdentityProvider,
  saying: Partial<Saying> = {},
  of = federation,
) {
  const { entityId, acs } = of;
  const xml = idp.response({ entityId, acs, inResponseTo: asked.id, ...saying });
  return browser.follow(await browser.post(acs, formOf(xml, asked), { from: idp.url }), isHome);
}

const reasons = (): string[] => {
  const file = new DatabaseSync(join(folder, 'data', 'sallyport.db'), { readOnly: true });
  try {
    const rows = file.prepare("SELECT detail FROM audit WHERE event = 'sign-in.refused'").all();
    return rows.map(({ detail }) => (JSON.parse(String(detail)) as { reason: string }).reason);
  } finally {
    file.close();
  }
};

describe('houses of one federation', () => {
  it('sign their own people in, of whom two of one name are two', async () => {
    const subject = async (idp: FakeIdentityProvider) => {
      const somebody = await away(idp);
      return (await library.exchange(somebody.flow, (await back(somebody, idp)).location)).claims()?.sub;
    };
    expect(await subject(federation.alpha)).not.toBe(await subject(federation.beta));
  });

  it.each([
    ['in its own name', {}],
    ['in the name of the one that was asked', { issuer: 'alpha' }],
  ])('can’t answer for each other, %s', async (_how, says) => {
    const somebody = await away(federation.alpha);
    const issuer = 'issuer' in says ? federation.alpha.url : federation.beta.url;
    const told = await back(somebody, federation.beta, { issuer });
    expect(told.text).toContain(UNBELIEVABLE);
    expect(told.location).toBeUndefined();
    await expect.poll(() => reasons().some((one) => /^(issuer|signature)/.test(one))).toBe(true);
  });

  it('end nobody’s session at each other by a SessionIndex of the same name', async () => {
    const somebody = await away(federation.alpha);
    await library.exchange(somebody.flow, (await back(somebody, federation.alpha, { sessionIndex: 'same' })).location);
    const other = await away(federation.beta);
    await back(other, federation.beta, { sessionIndex: 'same' });
    const file = new DatabaseSync(join(folder, 'data', 'sallyport.db'), { readOnly: true });
    const rows = file.prepare("SELECT data FROM records WHERE namespace = 'directory:federation'").all();
    file.close();
    const sessions = rows.flatMap(({ data }) => (JSON.parse(String(data)) as { sessions: string[] }).sessions);
    expect(new Set(sessions).size).toBe(sessions.length);
    expect(sessions).not.toContain('same');
  });
});

/** Houses that are known by scoped identifiers, with one role that counts here. */
describe('a house', () => {
  const AFFILIATION = 'urn:oid:1.3.6.1.4.1.5923.1.1.1.9';
  const saying = (subject: string, affiliation = 'staff@alpha.example') => ({
    attributes: `<saml:AttributeStatement>${[
      ['urn:oasis:names:tc:SAML:attribute:subject-id', subject],
      [AFFILIATION, affiliation],
    ]
      .map(
        ([name, value]) =>
          `<saml:Attribute Name="${name}"><saml:AttributeValue>${value}</saml:AttributeValue></saml:Attribute>`,
      )
      .join('')}</saml:AttributeStatement>`,
  });

  it('names nobody by another’s scope', async () => {
    const somebody = await away(scoped.beta, payroll);
    const told = await back(somebody, scoped.beta, saying('ada@alpha.example'), scoped);
    expect(told.text).toContain(UNBELIEVABLE);
    await expect.poll(() => reasons().some((one) => /^scope: .*alpha\.example/.test(one))).toBe(true);
    const own = await away(scoped.beta, payroll);
    expect((await back(own, scoped.beta, saying('ada@beta.example'), scoped)).text).not.toContain(UNBELIEVABLE);
  });

  it('gives nobody a role by another’s scope', async () => {
    const groupsAt = async (idp: FakeIdentityProvider, subject: string) => {
      const somebody = await away(idp, payroll);
      await back(somebody, idp, saying(subject), scoped);
      const file = new DatabaseSync(join(folder, 'data', 'sallyport.db'), { readOnly: true });
      const rows = file.prepare("SELECT data FROM records WHERE namespace = 'directory:scoped'").all();
      file.close();
      const people = rows.map(({ data }) => JSON.parse(String(data)) as { person: Person; house: string });
      return people.find(({ house }) => house === idp.url)?.person.groups;
    };
    expect(await groupsAt(scoped.alpha, 'eve@alpha.example')).toEqual(['employees']);
    // Unknown, as where none was sent at all.
    expect(await groupsAt(scoped.beta, 'eve@beta.example')).toBeUndefined();
  });
});

/** What a house calls its people, as a service provider of ours gets to read it. */
describe('a name that a house chose', () => {
  const MAIL = 'urn:oid:0.9.2342.19200300.100.1.3';
  const EPPN = 'urn:oid:1.3.6.1.4.1.5923.1.1.1.6';
  const UID = 'urn:oid:0.9.2342.19200300.100.1.1';
  const UPN = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn';
  const NAME = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name';
  let people = 0;

  /** Somebody new of Beta's, whose scope is `beta.example`. */
  async function received(said: Readonly<Record<string, string>>, nameIdFormat?: string) {
    people += 1;
    const nameIdPolicy = nameIdFormat && `<samlp:NameIDPolicy Format="${nameIdFormat}"/>`;
    const browser = new Client();
    const page = await browser.open(survey.address('archive', gateway.url, { ...(nameIdPolicy && { nameIdPolicy }) }));
    const asked = askedBy((await browser.get(await chosen(browser, page, scoped.beta.url))).location);
    const all = { 'urn:oasis:names:tc:SAML:attribute:subject-id': `x${people}@beta.example`, ...said };
    const attributes = Object.entries(all).map(
      ([name, value]) =>
        `<saml:Attribute Name="${name}"><saml:AttributeValue>${value}</saml:AttributeValue></saml:Attribute>`,
    );
    const { entityId, acs } = scoped;
    const xml = scoped.beta.response({
      ...{ entityId, acs, inResponseTo: asked.id },
      attributes: `<saml:AttributeStatement>${attributes.join('')}</saml:AttributeStatement>`,
    });
    return survey.answer(await browser.follow(await browser.post(acs, formOf(xml, asked), { from: scoped.beta.url })));
  }

  it.each([
    ['a bare one', { [UID]: 'ceo' }],
    ['one of our scope, as Microsoft’s products send it', { [UPN]: 'ceo@hospital.example' }],
    ['one of our scope in capitals', { [NAME]: 'ceo@Hospital.EXAMPLE' }],
    ['a principal name of our scope', { [EPPN]: 'ceo@hospital.example' }],
    ['one of two scopes', { [UID]: 'ceo@hospital.example@beta.example' }],
    ['a bare one and our mail', { [UID]: 'ceo', [MAIL]: 'ceo@hospital.example' }],
    ['mail of two addresses in one', { [MAIL]: 'ceo@hospital.example,x.beta.example' }],
    ['mail of a domain that ends likewise', { [MAIL]: 'ceo@evilbeta.example' }],
    ['the name that is shown', { 'urn:oid:2.5.4.3': 'ceo@hospital.example' }],
  ])('is never ours: %s', async (_what, said) => {
    const { status, attributes } = await received(said);
    expect(status).toEqual(['Success']);
    expect(Object.keys(attributes)).not.toContain('eduPersonPrincipalName');
    const { 'subject-id': subject, ...told } = attributes;
    expect(subject).toMatch(/^[0-9a-f]+@hospital\.example$/);
    expect(JSON.stringify(told)).not.toMatch(/ceo/i);
  });

  it('is told as it is within the house’s own scope, and never with ours', async () => {
    const said = { [EPPN]: 'ada@beta.example', [UID]: 'ceo', [MAIL]: 'ada@wards.beta.example' };
    const { attributes } = await received(said);
    expect(attributes).toMatchObject({ uid: 'ada@beta.example', mail: 'ada@wards.beta.example' });
    expect(Object.keys(attributes)).not.toContain('eduPersonPrincipalName');
  });

  it('is no address of ours as the name identifier either', async () => {
    const FORMAT = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress';
    const theirs = await received({ [MAIL]: 'ceo@hospital.example' }, FORMAT);
    expect([theirs.status.at(-1), theirs.nameId]).toEqual(['InvalidNameIDPolicy', undefined]);
    expect((await received({ [MAIL]: 'ada@beta.example' }, FORMAT)).nameId).toBe('ada@beta.example');
  });
});

it('are counted where others look', async () => {
  const { series } = await scrape(gateway);
  const counted = series.filter(({ name }) => name === 'sallyport_houses');
  expect(counted.map(({ labels, value }) => [labels.directory, value])).toEqual([
    ['federation', 2],
    ['scoped', 2],
  ]);
});

describe('a choice', () => {
  it('is within what the application offers, on the page and by hand', async () => {
    const browser = new Client();
    const page = await browser.open((await courses.begin()).url);
    const link = await chosen(browser, page, federation.beta.url);
    await expect(chosen(browser, page, federation.alpha.url)).rejects.toThrow('isn’t offered'.replace('’', "'"));
    for (const house of [federation.alpha.url, 'https://nobody.example', '', 'x'.repeat(5_000)]) {
      const forged = new URL(link);
      forged.searchParams.set('house', house);
      expect((await browser.get(forged)).location?.href).toMatch(/\/sign-in\/[^/]+$/);
    }
  });

  it('by the application’s own chooser is followed once, and within the same bounds', async () => {
    const browser = new Client();
    const hinted = async (rp: RelyingParty, hint: string) => {
      const { url } = await rp.begin({ idp_hint: hint });
      return browser.get((await browser.get(url)).location as URL);
    };
    const led = await hinted(courses, federation.beta.url);
    expect(led.location?.pathname).toMatch(/\/leave$/);
    const left = await browser.get(led.location as URL);
    expect(left.location?.href.startsWith(`${federation.beta.url}/sso?`)).toBe(true);
    // Back at the page: no second time.
    const again = await browser.get(led.url);
    expect(again.status).toBe(200);
    for (const hint of [federation.alpha.url, 'federation', 'local', 'https://nobody.example', 'x'.repeat(3_000)]) {
      expect((await hinted(courses, hint)).status).toBe(200);
    }
  });

  it('by a service provider’s IDPList is followed likewise', async () => {
    const asking = async (...ids: string[]) => {
      const entries = ids.map((id) => `<samlp:IDPEntry ProviderID="${id}"/>`).join('');
      const scoping = `<samlp:Scoping><samlp:IDPList>${entries}</samlp:IDPList></samlp:Scoping>`;
      const address = survey.address('survey', gateway.url, { scoping });
      const browser = new Client();
      return browser.follow(await browser.get(address), ({ origin }) => origin !== new URL(gateway.url).origin);
    };
    const led = await asking('https://nobody.example', federation.beta.url, federation.alpha.url);
    expect(led.location?.href.startsWith(`${federation.beta.url}/sso?`)).toBe(true);
    for (const id of ['https://nobody.example', scoped.beta.url, 'scoped']) {
      const { status, url } = await asking(id);
      expect([status, url.pathname]).toEqual([200, expect.stringMatching(/^\/sign-in\//)]);
    }
  });
});
