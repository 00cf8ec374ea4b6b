import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Client } from '../support/client.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { freePort } from '../support/ports.ts';
import { SamlSite } from '../support/saml-site.ts';
import { formOf, leave, responseOf, type SamlUpstream, startSamlUpstream } from '../support/saml-upstream.ts';
import { startUpstream, type Upstream, wayTo } from '../support/upstream.ts';

/** A house names its own people, and nobody of ours: what service providers get to read of them. */

let gateway: Gateway;
let folder: string;
let site: SamlSite;
/** One house by each protocol, and by each another one that the operator lets speak for our scope. */
const saml: Record<string, SamlUpstream> = {};
const oidc: Record<string, Upstream> = {};

const SCOPE = 'university.example';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-names-'));
  const port = await freePort();
  site = await SamlSite.start();
  for (const id of ['saml', 'saml-ours']) saml[id] = await startSamlUpstream(`http://localhost:${port}`, folder, id);
  for (const [id, host] of [
    ['oidc', '127.0.0.1'],
    ['oidc-ours', '127.0.0.2'],
  ] as const)
    oidc[id] = await startUpstream(`http://localhost:${port}/return/directories/${id}`, host);
  gateway = await startGateway({
    ...{ folder, ports: { gateway: port, relyingParty: await freePort() }, withoutRelyingParty: true },
    config: {
      doors: {
        saml: {
          scope: SCOPE,
          attributes: {
            staffName: { name: 'urn:oid:1.2.3.1', from: 'username', scoped: true },
            role: { name: 'urn:oid:1.2.3.2', from: 'groups', scoped: true },
          },
        },
      },
      directories: {
        saml: { ...saml.saml?.directory, groups: { always: ['guests'] } },
        'saml-ours': { ...saml['saml-ours']?.directory, name: 'Our own', scopes: ['University.example'] },
        oidc: { ...oidc.oidc?.directory, groups: { always: ['guests'] } },
        'oidc-ours': { ...oidc['oidc-ours']?.directory, name: 'Ours too', speaksFor: ['University.example'] },
      },
      applications: {
        archive: {
          name: 'Archive',
          saml: {
            metadata: { file: site.metadata('archive') },
            ...{ nameId: 'unspecified', nameIdFrom: 'eduPersonPrincipalName' },
            attributes: ['uid', 'cn', 'mail', 'eduPersonPrincipalName', 'staffName', 'role', 'subject-id'],
          },
        },
        wiki: {
          name: 'Wiki',
          saml: {
            metadata: { file: site.metadata('wiki') },
            attributes: ['uid', 'cn', 'mail', 'eduPersonPrincipalName', 'staffName', 'role', 'subject-id'],
          },
        },
      },
      policy: { rules: [{ name: 'sfa', applications: ['archive', 'wiki'], level: 'sfa' }] },
    },
  });
});

afterAll(async () => {
  await gateway?.close();
  for (const house of Object.values(saml)) house.close();
  for (const house of Object.values(oidc)) await house.close();
  site?.close();
  rmSync(folder, { recursive: true, force: true });
});

const MAIL = 'urn:oid:0.9.2342.19200300.100.1.3';
const UPN = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn';
const attribute = (name: string, value: string) =>
  `<saml:Attribute Name="${name}"><saml:AttributeValue>${value}</saml:AttributeValue></saml:Attribute>`;
let people = 0;

/** What a service provider reads of somebody new whom a house calls so. */
async function received(directory: string, { username, email }: { username: string; email?: string }, at = 'wiki') {
  people += 1;
  const browser = new Client();
  const page = await browser.open(site.address(at, gateway.url));
  const house = saml[directory];
  if (house) {
    const asked = await leave(browser, page, directory);
    const attributes = `<saml:AttributeStatement>${attribute(UPN, username)}${email ? attribute(MAIL, email) : ''}</saml:AttributeStatement>`;
    const form = formOf(responseOf(house, asked, { name: `name-of-${people}`, attributes }), asked);
    return site.answer(await browser.follow(await browser.post(house.acs, form, { from: house.idp.url })));
  }
  const upstream = oidc[directory];
  if (upstream === undefined) throw new Error(`no house ${directory}`);
  const sub = `somebody-${people}`;
  upstream.next = { sub, claims: { preferred_username: username, ...(email && { email, email_verified: true }) } };
  return site.answer(await browser.open(new URL(wayTo(page.body, directory), page.url)));
}

const FOREIGN = ['saml', 'oidc'].flatMap((directory) =>
  [
    { username: 'ceo' },
    { username: `ceo@${SCOPE}` },
    { username: `ceo@${SCOPE.toUpperCase()}` },
    { username: `ceo@staff.${SCOPE}` },
    { username: 'somebody@elsewhere.example', email: `ceo@${SCOPE}` },
    { username: 'somebody@elsewhere.example', email: `ceo@${SCOPE}.` },
  ].map((said) => [directory, said] as const),
);

it.each(FOREIGN)('of the house %s none is ours: %j', async (directory, said) => {
  const { status, attributes } = await received(directory, said);
  expect(status).toEqual(['Success']);
  for (const name of ['eduPersonPrincipalName', 'staffName']) expect(attributes).not.toHaveProperty(name);
  // What it has from us stays: a name of our own making, and the groups that the operator gives.
  expect(attributes).toMatchObject({ 'subject-id': expect.stringMatching(/^[0-9a-f]+@/), role: `guests@${SCOPE}` });
  const { 'subject-id': _own, role: _role, ...told } = attributes;
  expect(JSON.stringify(told)).not.toMatch(/@(?:.*\.)?university\.example/i);
});

it.each(['saml', 'oidc'])('of the house %s nobody is known by a name of ours', async (directory) => {
  const { status, nameId } = await received(directory, { username: 'ceo' }, 'archive');
  expect([status.at(-1), nameId]).toEqual(['InvalidNameIDPolicy', undefined]);
});

it.each(['saml', 'oidc'])('of the house %s its own are told as they are', async (directory) => {
  const said = { username: 'ada@partner.example', email: 'ada@partner.example' };
  const { attributes } = await received(directory, said);
  expect(attributes).toMatchObject({ uid: said.username, mail: said.email });
  expect(attributes).not.toHaveProperty('eduPersonPrincipalName');
});

it.each(['saml-ours', 'oidc-ours'])('of %s they are ours, by the operator’s word', async (directory) => {
  const ada = `ada@${SCOPE}`;
  const { attributes } = await received(directory, { username: ada, email: ada });
  expect(attributes).toMatchObject({ uid: ada, mail: ada, eduPersonPrincipalName: ada });
  expect((await received(directory, { username: 'bob' }, 'archive')).nameId).toBe(`bob@${SCOPE}`);
});
