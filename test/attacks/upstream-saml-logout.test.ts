import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sign } from '../../src/saml/testing/messages.ts';
import { Client } from '../support/client.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import type { Saying } from '../support/identity-provider.ts';
import { freePort } from '../support/ports.ts';
import { RelyingParty } from '../support/relying-party.ts';
import { formOf, leave, responseOf, type SamlUpstream, startSamlUpstream } from '../support/saml-upstream.ts';

/**
 * saml-core section 2.7.2 has providers number sessions by small integers that repeat from one person to the next, so
 * that service providers learn nothing by them: whose session ends is for the name identifier to say.
 */

let gateway: Gateway;
let folder: string;
let library: RelyingParty;
/** By what people are known there. */
const houses: Record<'persistent' | 'subject', SamlUpstream> = {} as never;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-upstream-'));
  const port = await freePort();
  for (const id of ['persistent', 'subject'] as const)
    houses[id] = await startSamlUpstream(`http://localhost:${port}`, folder, id);
  const subject = { ...houses.subject.directory, key: 'subject-id', scopes: ['clinic.example'], name: 'Clinic' };
  gateway = await startGateway({
    ...{ folder, ports: { gateway: port, relyingParty: await freePort() }, withoutRelyingParty: true },
    config: { directories: { persistent: houses.persistent.directory, subject } },
  });
  library = await RelyingParty.of(gateway, 'library');
});

afterAll(async () => {
  await gateway?.close();
  for (const house of Object.values(houses)) house.close();
  rmSync(folder, { recursive: true, force: true });
});

type Id = keyof typeof houses;
const isHome = (next: URL) => next.href.startsWith(library.redirectUri);
const SUBJECT = 'urn:oasis:names:tc:SAML:attribute:subject-id';
const subjectOf = (who: string) =>
  `<saml:AttributeStatement><saml:Attribute Name="${SUBJECT}"><saml:AttributeValue>${who}@clinic.example</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>`;

/** Somebody at a house: the subject's one names them by a transient identifier, another one at each sign-in. */
async function signedIn(id: Id, who: string, sessionIndex: string): Promise<{ browser: Client; nameId: string }> {
  const browser = new Client();
  const asked = await leave(browser, await browser.open((await library.begin()).url), id);
  const name = `name-of-${who}`;
  const nameFormat = id === 'persistent' ? 'persistent' : 'transient';
  const saying: Partial<Saying> = { name, nameFormat, sessionIndex, attributes: subjectOf(who) };
  const fields = formOf(responseOf(houses[id], asked, saying), asked);
  const home = await browser.follow(await browser.post(houses[id].acs, fields, { from: houses[id].idp.url }), isHome);
  expect(home.location).toBeDefined();
  const format = `urn:oasis:names:tc:SAML:2.0:nameid-format:${nameFormat}`;
  return { browser, nameId: `<saml:NameID Format="${format}">${name}</saml:NameID>` };
}

const isSignedIn = async ({ browser }: { browser: Client }) =>
  (await browser.follow(await browser.get((await library.begin()).url), isHome)).location !== undefined;

/** The application itself isn't there to be told. */
const ENDED = /^(Success|PartialLogout)$/;

async function toldOf(id: Id, nameId: string, index: string): Promise<string> {
  const at = `${gateway.url}/directories/${id}/logout`;
  const content = `${nameId}<samlp:SessionIndex>${index}</samlp:SessionIndex>`;
  const { idp } = houses[id];
  const request = sign(idp.logout('LogoutRequest', at, '', content), idp.identity, { element: 'LogoutRequest' });
  const body = `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>${request}</soap:Body></soap:Envelope>`;
  const answer = await fetch(at, { method: 'POST', headers: { 'content-type': 'text/xml' }, body });
  return /status:(\w+)"\s*\/?>(?:<\/samlp:StatusCode>)?<\/samlp:Status/.exec(await answer.text())?.[1] ?? '';
}

describe.each<Id>(['persistent', 'subject'])('people known by %s whose sessions bear the same number', (id) => {
  it('are signed out each by their own name', async () => {
    const all = [];
    for (const who of ['ada', 'bob', 'eve']) all.push(await signedIn(id, who, '1'));
    const [ada, bob, eve] = all as [(typeof all)[0], (typeof all)[0], (typeof all)[0]];
    expect(await toldOf(id, bob.nameId, '1')).toMatch(ENDED);
    expect([await isSignedIn(ada), await isSignedIn(bob), await isSignedIn(eve)]).toEqual([true, false, true]);
    expect(await toldOf(id, eve.nameId, '1')).toMatch(ENDED);
    expect([await isSignedIn(ada), await isSignedIn(eve)]).toEqual([true, false]);
  });

  it('aren’t by the name of somebody else, of whom nothing is known here', async () => {
    const ada = await signedIn(id, 'ada', '7');
    const stranger = ada.nameId.replace('name-of-ada', 'name-of-nobody');
    await toldOf(id, stranger, '7');
    expect(await isSignedIn(ada)).toBe(true);
  });
});

it('a session that is named as no other can be is ended by that alone, as where Entra names people otherwise', async () => {
  const ada = await signedIn('subject', 'ada', '_8d1f5c0e-7a51-4f6e-9b0e-5a5f3a1c2d3e');
  const unspecified = '<saml:NameID>ada@clinic.example</saml:NameID>';
  expect(await toldOf('subject', unspecified, '_8d1f5c0e-7a51-4f6e-9b0e-5a5f3a1c2d3e')).toMatch(ENDED);
  expect(await isSignedIn(ada)).toBe(false);
});
