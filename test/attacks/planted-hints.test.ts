import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client, type Reply } from '../support/client.ts';
import { type Federation, startFederation } from '../support/federation.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import type { FakeIdentityProvider } from '../support/identity-provider.ts';
import { freePort } from '../support/ports.ts';
import { type Parameters, RelyingParty } from '../support/relying-party.ts';
import { SamlSite } from '../support/saml-site.ts';
import { askedBy, formOf, type SamlUpstream, startSamlUpstream } from '../support/saml-upstream.ts';

/**
 * Login CSRF by way of another house. Somebody plants a request that names a house of theirs, which answers at once as
 * their account: were the browser led there without a click, its session would be theirs, and its person wouldn't know.
 */

let gateway: Gateway;
let federation: Federation;
let partner: SamlUpstream;
let site: SamlSite;
let folder: string;

/** Applications by what their `providers` name; each is there over OpenID Connect and over SAML. */
const NAMED = { library: 'nobody', courses: 'a federation', payroll: 'one of its houses' } as const;
type Id = keyof typeof NAMED;
const ids = Object.keys(NAMED) as Id[];
const survey = (id: Id) => `${id}-survey`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-planted-'));
  const ports = { gateway: await freePort(), relyingParty: await freePort() };
  const url = `http://localhost:${ports.gateway}`;
  federation = await startFederation(url, folder);
  partner = await startSamlUpstream(url, folder);
  site = await SamlSite.start();
  const own: Record<Id, object> = {
    library: {},
    courses: { providers: ['federation'] },
    payroll: { providers: ['partner', { directory: 'federation', houses: [federation.beta.url] }] },
  };
  const surveys = ids.map((id) => {
    const saml = { metadata: { file: site.metadata(survey(id)) } };
    return [survey(id), { name: 'Survey', ...own[id], saml }] as const;
  });
  gateway = await startGateway({
    ...{ folder, ports, withoutRelyingParty: true },
    config: {
      doors: { saml: {} },
      networks: { here: ['127.0.0.0/8', '::1/128'] },
      directories: {
        federation: federation.directory,
        partner: { ...partner.directory, mailDomains: ['partner.example'], networks: ['here'] },
      },
      applications: { ...own, ...Object.fromEntries(surveys) },
    },
  });
});

afterAll(async () => {
  await gateway?.close();
  federation?.close();
  partner?.close();
  site?.close();
  rmSync(folder, { recursive: true, force: true });
});

const isElsewhere = ({ origin }: URL) => origin !== new URL(gateway.url).origin;

/** How far a browser gets by what another site has it open, without its person: at most to another house's door. */
async function planted(address: string | URL, browser = new Client()): Promise<Reply> {
  return browser.follow(await browser.get(address, { from: 'https://evil.example' }), isElsewhere);
}

const byOidc = async (id: Id, parameters: Parameters = {}): Promise<URL> =>
  (await (await RelyingParty.of(gateway, id)).begin(parameters)).url;

function bySaml(id: Id, ...houses: string[]): string {
  const entries = houses.map((house) => `<samlp:IDPEntry ProviderID="${house}"/>`).join('');
  const scoping = entries && `<samlp:Scoping><samlp:IDPList>${entries}</samlp:IDPList></samlp:Scoping>`;
  return site.address(survey(id), gateway.url, { scoping, attributes: 'ProviderName="Beta Hospital"' });
}

/** The same hints by both doors. */
const hinting = async (id: Id, ...houses: string[]) => [
  await byOidc(id, { idp_hint: houses.join(' ') }),
  bySaml(id, ...houses),
];

function expectPage({ status, location, url }: Reply): void {
  expect([status, location, url.pathname]).toEqual([200, undefined, expect.stringMatching(/^\/sign-in\/[^/]+$/)]);
}

function expectAt({ location }: Reply, idp: FakeIdentityProvider): void {
  expect(location?.href.startsWith(`${idp.url}/sso?`)).toBe(true);
}

/** The person clicks on the first house that the page offers. */
async function click({ body, url }: Reply, browser: Client): Promise<Reply> {
  const [, href] = /href="([^"]*\/leave\?[^"]*)"/.exec(body) ?? [];
  if (href === undefined) throw new Error(`leads nowhere: ${body}`);
  return browser.get(new URL(href.replaceAll('&amp;', '&'), url));
}

/** The browser stays with us, one click from that house. */
async function expectClick(address: string | URL, idp: FakeIdentityProvider, browser = new Client()): Promise<void> {
  const page = await planted(address, browser);
  expectPage(page);
  expectAt(await click(page, browser), idp);
}

describe('a planted hint', () => {
  it('leads without a click to a house that the configuration names for the application', async () => {
    for (const address of await hinting('payroll', federation.beta.url)) {
      expectAt(await planted(address), federation.beta);
    }
    for (const address of await hinting('payroll', 'partner')) expectAt(await planted(address), partner.idp);
    for (const address of await hinting('payroll', federation.alpha.url, federation.beta.url)) {
      expectAt(await planted(address), federation.beta);
    }
  });

  it.each<Id>(['library', 'courses'])('leads to none that it doesn’t name for %s, which is offered', async (id) => {
    for (const address of await hinting(id, federation.beta.url)) await expectClick(address, federation.beta);
  });

  it('leads to no house with a directory of its own either', async () => {
    for (const address of await hinting('library', 'partner')) await expectClick(address, partner.idp);
  });

  it('leads to none that the application doesn’t offer', async () => {
    for (const address of await hinting('payroll', federation.alpha.url)) expectPage(await planted(address));
    for (const address of await hinting('courses', 'partner')) expectPage(await planted(address));
  });

  it('leaves the browser without a session, until its person clicks', async () => {
    const browser = new Client();
    const page = await planted(await byOidc('library', { idp_hint: federation.beta.url }), browser);
    const silent = async () => (await planted(await byOidc('library', { prompt: 'none' }), browser)).location;
    expect((await silent())?.searchParams.get('error')).toBe('login_required');
    const { acs, entityId, beta } = federation;
    const asked = askedBy((await click(page, browser)).location);
    const response = formOf(beta.response({ entityId, acs, inResponseTo: asked.id }), asked);
    await browser.follow(await browser.post(acs, response, { from: beta.url }), isElsewhere);
    expect((await silent())?.searchParams.get('code')).toBeTruthy();
    // Its last choice, of which the next browser session knows, is offered and no more.
    browser.jar.restart();
    await expectClick(await byOidc('library'), beta, browser);
  });
});

it.each(Object.entries(NAMED) as [Id, string][])(
  'nothing else leads to a house: %s, whose providers name %s',
  async (id) => {
    const addresses = [
      await byOidc(id),
      await byOidc(id, { login_hint: 'me@beta.example' }),
      await byOidc(id, { login_hint: 'me@partner.example' }),
      bySaml(id),
    ];
    for (const address of addresses) expectPage(await planted(address));
  },
);
