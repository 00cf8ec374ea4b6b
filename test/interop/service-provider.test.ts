import { verify, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Prepared, prepareServiceProvider } from '../../demo/service-provider/prepare.ts';
import { type ServiceProvider, startServiceProvider } from '../../demo/service-provider/server.ts';
import { createIdentity, type Identity } from '../../src/saml/testing/identity.ts';
import { redirect, sign, soap } from '../../src/saml/testing/messages.ts';
import { axe, launch, watch } from '../support/chromium.ts';
import { Client, type Reply } from '../support/client.ts';
import { form } from '../support/forms.ts';
import { FakeIdentityProvider, type Saying, statusElement } from '../support/identity-provider.ts';
import { freePort } from '../support/ports.ts';

/** The demo's service provider against an identity provider that says anything: what it must refuse. */
const MFA = 'https://refeds.org/profile/mfa';
const NAME_ID =
  '<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">name-of-alice</saml:NameID>';
const folder = mkdtempSync(join(tmpdir(), 'sallyport-sp-'));
let idp: FakeIdentityProvider;
let stranger: Identity;
let prepared: Prepared;
let sp: ServiceProvider;

beforeAll(async () => {
  stranger = await createIdentity();
  idp = await FakeIdentityProvider.start();
  prepared = await prepareServiceProvider({ folder, url: `http://127.0.0.1:${await freePort()}` });
  sp = await startServiceProvider({ prepared, identityProvider: idp.url });
});
afterAll(async () => {
  await sp.close();
  idp.close();
  rmSync(folder, { recursive: true });
});

const home = (id = 'laboratory') => `${sp.url}/${id}`;
const parties = (id = 'laboratory') => ({ entityId: `${home(id)}/metadata`, acs: `${home(id)}/acs` });

interface Begun {
  client: Client;
  xml: string;
  inResponseTo: string;
  relayState: string;
  url: URL;
}

async function begin(query = '', client = new Client(), id = 'laboratory'): Promise<Begun> {
  const { location: url = new URL(home()) } = await client.get(`${home(id)}/login${query}`);
  const deflated = Buffer.from(url.searchParams.get('SAMLRequest') ?? '', 'base64');
  const xml = inflateRawSync(deflated).toString('utf8');
  const inResponseTo = /\bID="([^"]+)"/.exec(xml)?.[1] ?? '';
  return { client, xml, inResponseTo, relayState: url.searchParams.get('RelayState') ?? '', url };
}

async function answer(begun: Begun, saying: Partial<Saying> = {}, id = 'laboratory'): Promise<Reply> {
  const xml = idp.response({ ...parties(id), inResponseTo: begun.inResponseTo, ...saying });
  return post(begun.client, xml, begun.relayState, id);
}

async function post(client: Client, xml: string, relayState = '', id = 'laboratory'): Promise<Reply> {
  const fields = { SAMLResponse: Buffer.from(xml).toString('base64'), RelayState: relayState };
  return client.follow(await client.post(`${home(id)}/acs`, fields, { from: idp.url }));
}

async function signedIn(id = 'laboratory'): Promise<Begun> {
  const begun = await begin('', new Client(), id);
  await answer(begun, {}, id);
  return begun;
}

const session = async (client: Client, id = 'laboratory') => client.get(`${home(id)}/session.json`);

describe('an AuthnRequest', () => {
  it('by Redirect is signed with the key in the metadata', async () => {
    const { url, xml } = await begin();
    const { body } = await new Client().get(`${home()}/metadata`);
    const certificate = /<ds:X509Certificate>([^<]+)/.exec(body)?.[1] ?? '';
    const [octets = '', signature = ''] = url.search.slice(1).split('&Signature=');
    const { publicKey } = new X509Certificate(Buffer.from(certificate, 'base64'));
    const value = Buffer.from(decodeURIComponent(signature), 'base64');
    expect(verify('sha256', Buffer.from(octets), publicKey, value)).toBe(true);
    expect(url.origin + url.pathname).toBe(`${idp.url}/sso`);
    expect(xml).toContain(`AssertionConsumerServiceURL="${home()}/acs"`);
    expect(xml).not.toMatch(/ForceAuthn|IsPassive|RequestedAuthnContext|Format=/);
  });

  it('carries what its query asks for', async () => {
    const query = `?force=1&passive=1&nameid=transient&comparison=minimum&acr=${MFA}&acr=urn:x`;
    const { xml } = await begin(query);
    expect(xml).toMatch(/ForceAuthn="true"/);
    expect(xml).toMatch(/IsPassive="true"/);
    expect(xml).toContain('nameid-format:transient');
    expect(xml).toMatch(/Comparison="minimum"/);
    expect(xml.match(/<saml:AuthnContextClassRef[^>]*>[^<]+/g)?.map((one) => one.split('>')[1])).toEqual([
      MFA,
      'urn:x',
    ]);
  });

  it('by POST is signed inside, and sent by a form', async () => {
    const page = await new Client().get(`${home()}/login?binding=post`);
    const { action, fields } = form(page.body, '/sso');
    expect(action).toBe(`${idp.url}/sso`);
    const xml = Buffer.from(fields.SAMLRequest ?? '', 'base64').toString();
    expect(xml).toMatch(/<samlp:AuthnRequest [\s\S]+<SignatureValue>/);
    expect(page.headers['content-security-policy']).toContain(`form-action 'self' ${idp.url}`);
  });

  it('is refused with a comparison that there is not', async () => {
    expect((await new Client().get(`${home()}/login?comparison=about`)).status).toBe(400);
  });
});

describe('a response', () => {
  it('signs in, with all that the assertion says', async () => {
    const begun = await begin();
    const before = begun.client.jar.value('session');
    const attributes =
      '<saml:AttributeStatement><saml:Attribute Name="urn:oid:2.5.4.3"><saml:AttributeValue>&lt;b&gt;Alice</saml:AttributeValue></saml:Attribute><saml:Attribute Name="groups"><saml:AttributeValue>a</saml:AttributeValue><saml:AttributeValue>b</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>';
    const page = await answer(begun, { attributes });
    expect(page.url.href).toBe(home());
    expect(page.text).toContain('You are signed in as <b>Alice');
    expect(page.body).not.toContain('<b>Alice');
    expect((await session(begun.client)).json()).toMatchObject({
      issuer: idp.url,
      nameId: { value: 'name-of-alice', nameQualifier: idp.url, spNameQualifier: `${home()}/metadata` },
      attributes: { groups: ['a', 'b'] },
      authnContextClassRef: 'https://refeds.org/profile/sfa',
      sessionIndex: 'index-1',
      encrypted: false,
      unsolicited: false,
    });
    expect(begun.client.jar.value('session')).not.toBe(before);
  });

  it('may hold an encrypted assertion', async () => {
    const begun = await begin();
    await answer(begun, { encryptFor: prepared.keys.encryption.certificate });
    expect((await session(begun.client)).json()).toMatchObject({ encrypted: true, sessionIndex: 'index-1' });
  });

  it.each<[string, Partial<Saying> | (() => Partial<Saying>)]>([
    ['for another audience', { audience: 'https://other.example' }],
    ['for another recipient', { recipient: 'https://other.example/acs' }],
    ['for another destination', { destination: 'https://other.example/acs' }],
    ['of another issuer', { issuer: 'https://evil.example' }],
    ['that has expired', { lasts: -60_000 }],
    ['with the assertion alone signed', { sign: 'assertion' }],
    ['with the response alone signed', { sign: 'response' }],
    ["signed with a stranger's key", () => ({ signer: stranger })],
    ['to another request', { inResponseTo: '_somebody-else' }],
    ['to no request', { inResponseTo: undefined }],
    ['without a name', { name: '' }],
  ])('is refused %s', async (_fault, saying) => {
    const begun = await begin();
    const reply = await answer(begun, typeof saying === 'function' ? saying() : saying);
    expect(reply.status).toBe(400);
    expect((await session(begun.client)).status).toBe(401);
  });

  it('is refused where it is lower or older than what was asked for', async () => {
    const wanted = await begin(`?acr=${MFA}`);
    expect((await answer(wanted)).text).toContain('answered https://refeds.org/profile/sfa');
    const afresh = await begin('?force=1');
    expect((await answer(afresh, { authnInstant: Date.now() - 60_000 })).text).toContain('did not ask afresh');
    const met = await begin(`?acr=${MFA}&force=1`);
    expect((await answer(met, { classRef: MFA })).status).toBe(200);
  });

  it('counts in the browser that asked, with its RelayState, and once', async () => {
    const begun = await begin();
    const xml = idp.response({ ...parties(), inResponseTo: begun.inResponseTo });
    expect((await post(new Client(), xml, begun.relayState)).text).toContain("wasn't begun in this browser");
    const other = await begin();
    const swapped = idp.response({ ...parties(), inResponseTo: other.inResponseTo });
    expect((await post(other.client, swapped, 'another')).status).toBe(400);
    expect((await post(begun.client, xml, begun.relayState)).status).toBe(200);
    expect((await post(begun.client, xml, begun.relayState)).status).toBe(400);
  });

  it('is refused with a document type, or where it is no XML', async () => {
    const { client, inResponseTo, relayState } = await begin();
    const xml = idp.response({ ...parties(), inResponseTo });
    for (const text of [`<!DOCTYPE a>${xml}`, '', 'x', '<a', xml.replace('name-of-alice', 'name-of-mallory')]) {
      expect((await post(client, text, relayState)).status).toBe(400);
    }
    expect((await client.post(`${home()}/acs`, {})).status).toBe(400);
  });

  it.each([
    ['NoPassive', 'allowed no questions'],
    ['RequestDenied', 'will not sign you in here'],
    ['NoAuthnContext', 'by any of the ways'],
    ['Unheard', 'answered Unheard'],
  ])('says %s in words', async (code, words) => {
    const begun = await begin();
    const page = await answer(begun, { status: ['Responder', code] });
    expect(page.status).toBe(403);
    expect(page.text).toContain(`${code} `);
    expect(page.text).toContain(words);
  });

  it('comes unasked to the application that takes such, once', async () => {
    const client = new Client();
    const xml = idp.response(parties('reading-room'));
    expect((await post(client, xml, '', 'reading-room')).status).toBe(200);
    expect((await session(client, 'reading-room')).json()).toMatchObject({ unsolicited: true });
    expect((await post(new Client(), xml, '', 'reading-room')).text).toContain('used before');
  });

  it('is believed with the new key after a rollover', async () => {
    const before = idp.identity;
    idp.identity = await createIdentity();
    const begun = await begin();
    expect((await answer(begun)).status).toBe(200);
    const late = await begin();
    expect((await answer(late, { signer: before })).status).toBe(400);
  });
});

describe('signing out', () => {
  async function leave(begun: Begun) {
    const { location: url = new URL(home()) } = await begun.client.post(`${home()}/logout`);
    const xml = inflateRawSync(Buffer.from(url.searchParams.get('SAMLRequest') ?? '', 'base64')).toString();
    return {
      url,
      xml,
      id: /\bID="([^"]+)"/.exec(xml)?.[1] ?? '',
      relayState: url.searchParams.get('RelayState') ?? '',
    };
  }

  async function answerLogout(begun: Begun, status: string, options: { id?: string; signer?: Identity } = {}) {
    const sent = await leave(begun);
    const xml = idp.logout('LogoutResponse', `${home()}/slo`, `InResponseTo="${options.id ?? sent.id}"`, status);
    const query = redirect(xml, { signer: options.signer ?? idp.identity, relayState: sent.relayState });
    return begun.client.get(`${home()}/slo?${query}`);
  }

  it('names the session to the identity provider, and comes back', async () => {
    const begun = await signedIn();
    const { url, xml } = await leave(begun);
    expect(url.origin + url.pathname).toBe(`${idp.url}/slo`);
    expect(url.searchParams.has('Signature')).toBe(true);
    expect(xml).toContain('>name-of-alice</saml:NameID>');
    expect(xml).toContain('>index-1</saml2p:SessionIndex>');
    expect((await session(begun.client)).status).toBe(401);
    expect((await answerLogout(await signedIn(), statusElement('Success'))).text).toContain('You are signed out.');
    const partial = await answerLogout(await signedIn(), statusElement('Success', 'PartialLogout'));
    expect(partial.text).toContain('not every other application could be told');
  });

  it('takes the answer by POST as well', async () => {
    const begun = await signedIn();
    const { id, relayState } = await leave(begun);
    const xml = idp.logout('LogoutResponse', `${home()}/slo`, `InResponseTo="${id}"`, statusElement('Success'));
    const fields = { SAMLResponse: Buffer.from(sign(xml, idp.identity)).toString('base64'), RelayState: relayState };
    const reply = await begun.client.post(`${home()}/slo`, fields, { from: idp.url });
    expect((await begun.client.follow(reply)).text).toContain('You are signed out.');
  });

  it('takes no answer to another request, nor one of a stranger, nor failure for success', async () => {
    expect((await answerLogout(await signedIn(), statusElement('Success'), { id: '_x' })).status).toBe(400);
    expect((await answerLogout(await signedIn(), statusElement('Success'), { signer: stranger })).status).toBe(400);
    expect((await answerLogout(await signedIn(), statusElement('Responder', 'RequestDenied'))).status).toBe(403);
  });

  const request = (destination: string, content = `${NAME_ID}<samlp:SessionIndex>index-1</samlp:SessionIndex>`) =>
    idp.logout('LogoutRequest', destination, '', content);

  it('is asked for by the identity provider, by Redirect', async () => {
    const { client } = await signedIn();
    const query = redirect(request(`${home()}/slo`), { signer: idp.identity, relayState: 'r' });
    const { location } = await new Client().get(`${home()}/slo?${query}`);
    expect(location?.searchParams.get('RelayState')).toBe('r');
    expect(location?.searchParams.has('Signature')).toBe(true);
    expect((await session(client)).status).toBe(401);
  });

  it('is asked for by the identity provider, by POST', async () => {
    const { client } = await signedIn();
    const SAMLRequest = Buffer.from(sign(request(`${home()}/slo`), idp.identity)).toString('base64');
    const { location } = await new Client().post(`${home()}/slo`, { SAMLRequest }, { from: idp.url });
    expect(location?.searchParams.has('SAMLResponse')).toBe(true);
    expect((await session(client)).status).toBe(401);
  });

  it('is asked for by the identity provider, by SOAP, where there is no browser', async () => {
    const { client } = await signedIn('personnel');
    const address = `${home('personnel')}/slo/soap`;
    const body = soap(sign(request(address), idp.identity));
    const headers = { 'content-type': 'text/xml; charset=utf-8' };
    const reply = await new Client().post(address, body, { headers });
    expect(reply.status).toBe(200);
    expect(reply.body).toMatch(/<samlp:LogoutResponse [\s\S]+status:Success[\s\S]+<\/S:Envelope>$/);
    expect(reply.body).toContain('<SignatureValue>');
    expect((await session(client, 'personnel')).status).toBe(401);
    const unsigned = await new Client().post(address, soap(request(address)), { headers });
    expect(unsigned.status).toBe(400);
    expect((await new Client().post(`${home()}/slo/soap`, body, { headers })).status).toBe(404);
  });

  it.each<[string, () => string]>([
    ['without a signature', () => redirect(request(`${home()}/slo`))],
    ['of a stranger', () => redirect(request(`${home()}/slo`), { signer: stranger })],
    ['for another address', () => redirect(request('https://other.example/slo'), { signer: idp.identity })],
    [
      'for another person',
      () => redirect(request(`${home()}/slo`, '<saml:NameID>bob</saml:NameID>'), { signer: idp.identity }),
    ],
    [
      'of another session',
      () =>
        redirect(request(`${home()}/slo`, `${NAME_ID}<samlp:SessionIndex>x</samlp:SessionIndex>`), {
          signer: idp.identity,
        }),
    ],
    ['with a parameter twice', () => `${redirect(request(`${home()}/slo`), { signer: idp.identity })}&SAMLRequest=x`],
    ['that is nothing', () => ''],
  ])('does not end this session by a request %s', async (_fault, query) => {
    const { client } = await signedIn();
    await new Client().get(`${home()}/slo?${query()}`);
    expect((await session(client)).status).toBe(200);
  });
});

describe('around it', () => {
  it('keeps its keys for its owner alone, and the same ones', async () => {
    const again = await prepareServiceProvider({ folder, url: sp.url });
    expect(again.keys).toEqual(prepared.keys);
    expect(statSync(join(folder, 'service-provider.json')).mode & 0o777).toBe(0o600);
  });

  it('answers to its own name alone', async () => {
    expect((await new Client().get(sp.url, { headers: { host: 'evil.example' } })).status).toBe(421);
  });

  it('reads no metadata over http from another machine', async () => {
    const other = { ...prepared, url: `http://127.0.0.1:${await freePort()}` };
    const start = startServiceProvider({ prepared: other, identityProvider: 'http://idp.example' });
    await expect(start).rejects.toThrow(/must come by https/);
  });

  it('has pages that axe and the browser find nothing wrong with', async () => {
    const browser = await launch();
    const context = await browser.newContext({ viewport: { width: 360, height: 700 } });
    const page = await context.newPage();
    const { problems } = watch(page);
    const violations: string[] = [];
    for (const address of [sp.url, home(), `${home()}/login?binding=post`]) {
      await page.goto(address);
      violations.push(...(await axe(page)));
    }
    expect({ problems, violations }).toEqual({ problems: [], violations: [] });
    await browser.close();
  });
});
