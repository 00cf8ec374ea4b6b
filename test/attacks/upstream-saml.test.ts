import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createIdentity, type Identity } from '../../src/saml/testing/identity.ts';
import { sign } from '../../src/saml/testing/messages.ts';
import { type Parts, wrappings } from '../../src/saml/testing/wrapping.ts';
import { Client } from '../support/client.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { encrypted, type Saying } from '../support/identity-provider.ts';
import { freePort } from '../support/ports.ts';
import { refusalsIn } from '../support/refusals.ts';
import { type Flow, RelyingParty } from '../support/relying-party.ts';
import {
  type Asked,
  formOf,
  leave,
  responseOf,
  type SamlUpstream,
  startSamlUpstream,
} from '../support/saml-upstream.ts';

/** Responses that are somebody else's, nobody's, or made by whoever sends them: each refused, and audited with its reason. */

let gateway: Gateway;
let partner: SamlUpstream;
let other: SamlUpstream;
let stranger: Identity;
let folder: string;
let library: RelyingParty;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-upstream-'));
  stranger = await createIdentity();
  const port = await freePort();
  const ports = { gateway: port, relyingParty: await freePort() };
  partner = await startSamlUpstream(`http://localhost:${port}`, folder);
  other = await startSamlUpstream(`http://localhost:${port}`, folder, 'other');
  gateway = await startGateway({
    ...{ folder, ports, withoutRelyingParty: true },
    config: { directories: { partner: partner.directory, other: { ...other.directory, name: 'Other House' } } },
  });
  library = await RelyingParty.of(gateway, 'library');
});

afterAll(async () => {
  await gateway?.close();
  partner?.close();
  other?.close();
  rmSync(folder, { recursive: true, force: true });
});

const UNBELIEVABLE = 'What came back couldn’t be verified';
const isHome = (next: URL) => next.href.startsWith(library.redirectUri);

/** Somebody who has left for a house. */
interface Away {
  browser: Client;
  flow: Flow;
  asked: Asked;
}

async function away(directory = 'partner'): Promise<Away> {
  const browser = new Client();
  const flow = await library.begin();
  return { browser, flow, asked: await leave(browser, await browser.open(flow.url), directory) };
}

async function back({ browser, asked }: Away, xml: string, acs = partner.acs) {
  return browser.follow(await browser.post(acs, formOf(xml, asked), { from: partner.idp.url }), isHome);
}

const reasons = () => refusalsIn(folder);
const isAudited = (reason: RegExp) => expect.poll(() => reasons().some((one) => reason.test(one))).toBe(true);

describe('a Response', () => {
  const own = (what: 'destination' | 'recipient' | 'audience') =>
    what === 'audience' ? partner.entityId : partner.acs;
  const attacks: [string, Partial<Saying> | ((asked: Asked) => string), RegExp][] = [
    ['signed by a stranger', (asked) => responseOf(partner, asked, { signer: stranger }), /^signature/],
    ['from another provider', { issuer: 'https://evil.example' }, /^issuer/],
    ['for another audience', { audience: 'https://sp.other.example' }, /^audience/],
    ['confirmed to another address', { recipient: 'https://sp.other.example/acs' }, /^recipient/],
    ['sent to another address', { destination: 'https://sp.other.example/acs' }, /^destination/],
    // Addresses and names are compared by their characters: what is only alike may be another's.
    ...(['destination', 'recipient', 'audience'] as const).flatMap((what): typeof attacks => [
      [
        `whose ${what} has a slash more`,
        (asked) => responseOf(partner, asked, { [what]: `${own(what)}/` }),
        new RegExp(`^${what}`),
      ],
      [
        `whose ${what} is written in other letters`,
        (asked) => responseOf(partner, asked, { [what]: own(what).replace('localhost', 'LOCALHOST') }),
        new RegExp(`^${what}`),
      ],
    ]),
    ['to another request', { inResponseTo: '_other' }, /^response-to/],
    ['that is over', { lasts: -200_000 }, /^instant/],
    ['with a comment in the name', { name: 'alice<!-- -->.admin' }, /^xml/],
    [
      'whose signatures were taken off',
      (asked) => responseOf(partner, asked).replace(/<ds:Signature .*?<\/ds:Signature>/gs, ''),
      /^unsigned/,
    ],
    [
      'with a forged assertion before the real one',
      (asked) => {
        const real = responseOf(partner, asked, { sign: 'assertion', name: 'mallory' });
        const [assertion = ''] = /<saml:Assertion .*<\/saml:Assertion>/s.exec(real) ?? [];
        const forged = assertion
          .replace(/<ds:Signature .*?<\/ds:Signature>/s, '')
          .replace('mallory', 'alice')
          .replace(/ID="[^"]+"/, 'ID="_forged"');
        return real.replace(assertion, () => forged + assertion);
      },
      /^assertion/,
    ],
    ['with a DOCTYPE', (asked) => `<!DOCTYPE r [<!ENTITY a "b">]>${responseOf(partner, asked)}`, /^doctype/],
    ['that is huge', (asked) => responseOf(partner, asked, { attributes: ' '.repeat(300_000) }), /^size/],
    ['that is none', () => '<html/>', /^kind/],
  ];

  it.each(attacks)('%s signs nobody in', async (_name, made, reason) => {
    const somebody = await away();
    const xml = typeof made === 'function' ? made(somebody.asked) : responseOf(partner, somebody.asked, made);
    const told = await back(somebody, xml);
    expect(told.text).toContain(UNBELIEVABLE);
    expect(told.location).toBeUndefined();
    await isAudited(reason);
  });

  it('reads nobody but whom the house signed, from an assertion signed alone and a Response signed alone', async () => {
    for (const signs of ['assertion', 'response'] as const) {
      const somebody = await away();
      expect((await back(somebody, responseOf(partner, somebody.asked, { sign: signs }))).location).toBeDefined();
    }
  });

  it('is nothing in another browser, counts once, and of nobody’s asking is none', async () => {
    const ada = await away();
    const xml = responseOf(partner, ada.asked);
    const thief = new Client();
    const stolen = await thief.follow(await thief.post(partner.acs, formOf(xml, ada.asked), { from: partner.idp.url }));
    expect(stolen.status).toBe(400);
    await isAudited(/other-browser/);
    expect((await back(ada, xml)).location?.href).toContain(library.redirectUri);
    expect((await back(ada, xml)).status).toBe(400);
    const { inResponseTo: _, ...unasked } = { entityId: partner.entityId, acs: partner.acs, inResponseTo: '' };
    const SAMLResponse = Buffer.from(partner.idp.response(unasked)).toString('base64');
    const browser = new Client();
    for (const RelayState of ['A'.repeat(43), '', 'https://elsewhere.example/']) {
      const form = { SAMLResponse, ...(RelayState && { RelayState }) };
      const end = await browser.follow(await browser.post(partner.acs, form, { from: partner.idp.url }));
      if (RelayState.length === 43) {
        expect(end.status).toBe(400);
        continue;
      }
      // A hint: a sign-in of our own begins, nobody is in, and nobody is sent on without a word of theirs.
      expect([end.status, end.url.pathname]).toEqual([200, expect.stringMatching(/^\/sign-in\//)]);
      expect(end.text).toContain('Sign in with Partner Hospital');
      expect(end.text).not.toContain('elsewhere.example');
      const account = await browser.get(`${gateway.url}/account`);
      expect(account.location?.pathname).toBe('/authorize');
      const asked = await leave(browser, end);
      const there = formOf(responseOf(partner, asked), asked);
      const home = await browser.follow(await browser.post(partner.acs, there, { from: partner.idp.url }));
      expect(home.url.pathname).not.toMatch(/^\/return/);
    }
    await isAudited(/unsolicited/);
  });

  it('in an address is none, though its octets are right', async () => {
    const somebody = await away();
    const form = new URLSearchParams(formOf(responseOf(partner, somebody.asked), somebody.asked));
    const told = await somebody.browser.follow(await somebody.browser.get(`${partner.acs}?${form}`), isHome);
    expect([told.location, told.text]).toEqual([undefined, expect.stringContaining(UNBELIEVABLE)]);
    await isAudited(/^parameters/);
  });

  it('to one tab’s request is none in the other tab, whichever RelayState comes with it', async () => {
    const browser = new Client();
    const tabs = [];
    for (const _ of ['one', 'two']) {
      const flow = await library.begin();
      tabs.push({ browser, flow, asked: await leave(browser, await browser.open(flow.url)) });
    }
    const [one, two] = tabs as [Away, Away];
    const swapped = await back(one, responseOf(partner, two.asked));
    expect([swapped.location, swapped.text]).toEqual([undefined, expect.stringContaining(UNBELIEVABLE)]);
    await isAudited(/^response-to/);
    expect((await back(two, responseOf(partner, two.asked))).location).toBeDefined();
  });

  it('counts once, however often it comes at the same moment', async () => {
    const somebody = await away();
    const form = formOf(responseOf(partner, somebody.asked), somebody.asked);
    const post = () => somebody.browser.post(partner.acs, form, { from: partner.idp.url });
    const posted = [];
    for (let copy = 0; copy < 20; copy += 1) posted.push(await post());
    const ends = await Promise.all(posted.map(({ location }) => somebody.browser.get(location ?? partner.acs)));
    expect(ends.filter(({ status }) => status === 303)).toHaveLength(1);
  });

  it('whose assertion was used already is none for the next request either', async () => {
    const [first, second] = [await away(), await away()];
    const id = '_once';
    expect((await back(first, responseOf(partner, first.asked, { id }))).location).toBeDefined();
    expect((await back(second, responseOf(partner, second.asked, { id }))).text).toContain(UNBELIEVABLE);
    await isAudited(/^replay/);
  });
});

describe('signature wrapping', () => {
  /** What the house signed for Mallory, who has an account there, and what Mallory writes of Alice. */
  const partsFor = (asked: Asked): Parts => {
    const { idp, acs, entityId } = partner;
    const saying = { entityId, acs, inResponseTo: asked.id };
    const mallory = () => idp.assertion({ ...saying, name: 'mallory', id: '_assertion' });
    const response: Parts['response'] = (content, more = {}) =>
      idp.around(saying, content, { id: '_response', ...more });
    return {
      forged: ({ id = '_forged', attributes = '' } = {}) =>
        idp.assertion({ ...saying, name: 'alice', id, attributes: statement(attributes) }),
      realAssertion: () => sign(mallory(), idp.identity, { element: 'Assertion' }),
      realResponse: () => sign(response(mallory()), idp.identity, { element: 'Response' }),
      response,
      encrypted: (xml) => encrypted(xml, ours),
    };
  };
  const statement = (inner: string) => inner && `<saml:AttributeStatement>${inner}</saml:AttributeStatement>`;
  // Nothing is made of parts before it is forged.
  const names = wrappings({} as Parts).map(([name]) => name);
  let ours: string;

  beforeAll(async () => {
    const { body } = await new Client().open(partner.entityId);
    const [, certificate = ''] = /use="encryption"[\s\S]*?X509Certificate>([^<]+)</.exec(body) ?? [];
    ours = `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----\n`;
  });

  it('signs nobody in, in any position, and each try is audited', async () => {
    const before = reasons().length;
    for (const name of names) {
      const somebody = await away();
      const forge = wrappings(partsFor(somebody.asked)).find(([one]) => one === name)?.[1];
      const told = await back(somebody, forge?.() ?? '');
      expect([name, told.location, told.text]).toEqual([name, undefined, expect.stringContaining(UNBELIEVABLE)]);
    }
    await expect.poll(() => reasons().slice(before)).toHaveLength(names.length);
    for (const reason of reasons().slice(before)) expect(reason).toMatch(/^(assertion|signature|schema|unsigned|kind)/);
  });
});

it('an older authentication isn’t taken for a new one, nor another person for the one who is known', async () => {
  const ada = await away();
  await back(ada, responseOf(partner, ada.asked, { name: 'ada' }));
  const again = async (saying: Partial<Saying>) => {
    const page = await ada.browser.open((await library.begin({ prompt: 'login' })).url);
    const asked = await leave(ada.browser, page);
    expect(asked.xml).toContain('ForceAuthn="true"');
    return back({ ...ada, asked }, responseOf(partner, asked, saying));
  };
  const old = await again({ name: 'ada', authnInstant: Date.now() - 600_000 });
  expect([old.location, old.text]).toEqual([undefined, expect.stringContaining('the rest is then asked here')]);
  await isAudited(/^authentication/);
  expect((await again({ name: 'mallory' })).text).toContain('You signed in there as somebody else');
  await isAudited(/^another-person$/);
});

describe('two subjects', () => {
  it.each<[string, (xml: string) => string]>([
    [
      'two Subjects',
      (xml) => xml.replace(/<saml:Subject>.*<\/saml:Subject>/s, (it) => it.replace('name-of-alice', 'bob') + it),
    ],
    [
      'two NameIDs',
      (xml) => xml.replace(/<saml:NameID .*?<\/saml:NameID>/s, (it) => it.replace('name-of-alice', 'bob') + it),
    ],
    ['two AuthnStatements', (xml) => xml.replace(/<saml:AuthnStatement .*?<\/saml:AuthnStatement>/s, (it) => it + it)],
  ])('%s, all of it signed by the house, sign nobody in', async (_name, doubled) => {
    const somebody = await away();
    const { idp, acs, entityId } = partner;
    const saying = { entityId, acs, inResponseTo: somebody.asked.id };
    const inner = sign(doubled(idp.assertion(saying)), idp.identity, { element: 'Assertion' });
    const before = reasons().length;
    expect((await back(somebody, idp.around(saying, inner))).text).toContain(UNBELIEVABLE);
    await expect
      .poll(() => reasons().slice(before))
      .toEqual([expect.stringMatching(/^(schema|assertion|authentication|subject)/)]);
  });
});

describe('two houses', () => {
  it('can’t answer for each other, at their own address or the other’s', async () => {
    const mixed = await away();
    expect((await back(mixed, responseOf(partner, mixed.asked), other.acs)).status).toBe(400);
    await isAudited(/mixed-up/);
    const asked = await away();
    const xml = responseOf(other, asked.asked, { acs: partner.acs, entityId: partner.entityId });
    expect((await back(asked, xml)).text).toContain(UNBELIEVABLE);
    await isAudited(/^signature|^issuer/);
  });

  it('that know the same name know two people', async () => {
    const subject = async (house: SamlUpstream, directory: string) => {
      const somebody = await away(directory);
      const home = await back(somebody, responseOf(house, somebody.asked), house.acs);
      return (await library.exchange(somebody.flow, home.location)).claims()?.sub;
    };
    expect(await subject(partner, 'partner')).not.toBe(await subject(other, 'other'));
  });
});
