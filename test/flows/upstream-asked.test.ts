import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Client, type Reply } from '../support/client.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { application } from '../support/oidc-gateway.ts';
import { freePort } from '../support/ports.ts';
import { RelyingParty } from '../support/relying-party.ts';
import { SamlSite } from '../support/saml-site.ts';
import { formOf, leave, responseOf, type SamlUpstream, startSamlUpstream } from '../support/saml-upstream.ts';
import { startUpstream, type Upstream, wayTo } from '../support/upstream.ts';

/** When another house is asked at all: never in silence, and for the same never twice. */

const MFA = 'https://refeds.org/profile/mfa';
const BOTH = ['knowledge', 'possession'];

let gateway: Gateway;
let partner: Upstream;
let bySaml: SamlUpstream;
let site: SamlSite;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-upstream-'));
  site = await SamlSite.start();
  const port = await freePort();
  partner = await startUpstream(`http://localhost:${port}/return/directories/partner`);
  bySaml = await startSamlUpstream(`http://localhost:${port}`, folder, 'by-saml');
  gateway = await startGateway({
    ...{ folder, ports: { gateway: port, relyingParty: await freePort() }, withoutRelyingParty: true },
    config: {
      doors: { oidc: {}, saml: {} },
      directories: {
        partner: {
          ...{ ...partner.directory, asks: { twoKinds: { acrValues: [MFA] } } },
          assurance: [{ acr: [MFA], kinds: BOTH }],
        },
        'by-saml': {
          ...{ ...bySaml.directory, asks: { twoKinds: [MFA] } },
          assurance: [{ class: [MFA], kinds: BOTH }],
        },
      },
      applications: {
        theirs: application('theirs'),
        reader: { name: 'Reader', saml: { metadata: { file: site.metadata('reader') } } },
      },
      policy: {
        rules: [
          { name: 'all', level: 'sfa' },
          { name: 'theirs', applications: ['theirs'], level: 'mfa', factors: ['upstream'], remember: '30d' },
        ],
      },
    },
  });
});

afterAll(async () => {
  await gateway?.close();
  await partner?.close();
  bySaml?.close();
  site?.close();
  rmSync(folder, { recursive: true, force: true });
});

let people = 0;
beforeEach(() => {
  people += 1;
  partner.asked.length = 0;
  partner.next = { sub: `person-${people}`, claims: { name: 'Ada', auth_time: Math.floor(Date.now() / 1000) } };
});

const isHome = (next: URL) => next.hostname === '127.0.0.1' && next.pathname.endsWith('/callback');
const party = (id: string) => RelyingParty.of(gateway, id, { redirectUri: `http://127.0.0.1:9/${id}/callback` });

/** Signed in by a house, with a password there. */
async function entered(): Promise<Client> {
  const browser = new Client();
  const page = await browser.open((await (await RelyingParty.of(gateway, 'library')).begin()).url);
  await browser.follow(await browser.get(new URL(wayTo(page.body, 'partner'), page.url)), isHome);
  partner.asked.length = 0;
  return browser;
}

describe('nobody is asked in silence', () => {
  it.each([
    ['of nobody', async () => new Client(), 'login_required'],
    ['of somebody of theirs who shows too little', entered, 'interaction_required'],
  ])('by prompt=none, %s', async (_whose, begin, error) => {
    const browser = await begin();
    const flow = await (await party('theirs')).begin({ prompt: 'none' });
    const end = await browser.follow(await browser.get(flow.url), isHome);
    expect(end.location?.searchParams.get('error')).toBe(error);
    expect(partner.asked).toEqual([]);
  });

  it('by IsPassive', async () => {
    const passive = () => site.address('reader', gateway.url, { passive: true, signed: true });
    const { status } = site.answer(await new Client().open(passive()));
    expect(status).toEqual(['Responder', 'NoPassive']);
    // Whoever is signed in is told of, and their house isn't asked either.
    expect(site.answer(await (await entered()).open(passive())).status).toEqual(['Success']);
    expect(partner.asked).toEqual([]);
  });
});

describe('a house that never shows what is wanted', () => {
  /** Follows whatever leads to a house, for as long as anything does. */
  async function everyWay(page: Reply, go: (page: Reply) => Promise<Reply>, id: string): Promise<Reply> {
    let last = page;
    for (let rounds = 0; last.body.includes(`upstream%3A${id}`); rounds += 1) {
      if (rounds === 8) throw new Error(`round and round: ${last.text}`);
      last = await go(last);
    }
    return last;
  }

  const wishOf = (asked: URLSearchParams) =>
    ['acr_values', 'max_age', 'prompt'].map((name) => asked.get(name)).join(' ');

  it.each<[string, Record<string, unknown>]>([
    ['says nothing of how', {}],
    ['says it of long ago', { acr: MFA, auth_time: Math.floor(Date.now() / 1000) - 86_400 }],
    ['doesn’t say when', { acr: MFA, auth_time: undefined }],
  ])('and %s is asked for each wish once, and then the way ends', async (_how, claims) => {
    Object.assign(partner.next.claims, claims);
    const browser = new Client();
    const go = async (page: Reply) =>
      browser.follow(await browser.get(new URL(wayTo(page.body, 'partner'), page.url)), isHome);
    const end = await everyWay(await browser.open((await (await party('theirs')).begin()).url), go, 'partner');
    expect(end.location).toBeUndefined();
    const wishes = partner.asked.map(wishOf);
    expect(wishes.length).toBeGreaterThan(0);
    expect(new Set(wishes).size).toBe(wishes.length);
  });

  it('or says so with an error is asked for less, once', async () => {
    partner.next.says = () => ({ error: 'unmet_authentication_requirements' });
    const browser = new Client();
    const go = async (page: Reply) =>
      browser.follow(await browser.get(new URL(wayTo(page.body, 'partner'), page.url)), isHome);
    const page = await browser.open((await (await party('theirs')).begin()).url);
    const again = await go(await go(page));
    expect(again.location).toBeUndefined();
    expect(partner.asked.map(wishOf)).toEqual([`${MFA} 43200 `, '  ']);
  });

  it('by SAML is asked for each wish once, and then the way ends', async () => {
    const browser = new Client();
    const wishes: string[] = [];
    const go = async (page: Reply) => {
      const asked = await leave(browser, page, 'by-saml');
      wishes.push(['RequestedAuthnContext', 'ForceAuthn'].map((it) => String(asked.xml.includes(it))).join(' '));
      const fields = formOf(responseOf(bySaml, asked, { name: `person-${people}` }), asked);
      return browser.follow(await browser.post(bySaml.acs, fields, { from: bySaml.idp.url }), isHome);
    };
    const end = await everyWay(await browser.open((await (await party('theirs')).begin()).url), go, 'by-saml');
    expect(end.location).toBeUndefined();
    expect(new Set(wishes).size).toBe(wishes.length);
  });
});
