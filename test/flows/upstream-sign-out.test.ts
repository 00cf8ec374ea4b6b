import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EphemeralStore } from '../../src/core/store.ts';
import { createIdentity } from '../../src/saml/testing/identity.ts';
import { redirect } from '../../src/saml/testing/messages.ts';
import { Client, type Reply } from '../support/client.ts';
import { freePort } from '../support/ports.ts';
import { askedBy, formOf, leave, responseOf, type SamlUpstream, startSamlUpstream } from '../support/saml-upstream.ts';
import { type Someone, stage } from '../support/scene.ts';
import { startUpstream, wayTo } from '../support/upstream.ts';

/** Signing out at another house is offered and never done; its own word of an end goes on to applications, and never back. */

const [port, site] = [await freePort(), await freePort()];
const base = `http://localhost:${port}`;
const folder = mkdtempSync(join(tmpdir(), 'sallyport-sign-out-'));
const partner = await startUpstream(['partner', 'framed'].map((id) => `${base}/return/directories/${id}`));
const bySaml: SamlUpstream = await startSamlUpstream(base, folder, 'by-saml');
afterAll(async () => {
  await partner.close();
  bySaml.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Keys of messages that are known by now. */
const marked: string[] = [];
const noting = (store: EphemeralStore): EphemeralStore => ({
  ...store,
  add(key, value, ttl) {
    if (key.includes('upstream-logout')) marked.push(key);
    return store.add(key, value, ttl);
  },
});

const scene = stage(() => ({
  between: noting,
  ports: { gateway: port, relyingParty: site },
  config: {
    networks: { ward: { ranges: ['127.0.0.7/32'], shared: true } },
    directories: {
      partner: { ...partner.directory, signOutReturns: true },
      framed: { ...partner.directory, name: 'Framed', frontChannelLogout: true },
      'by-saml': { ...bySaml.directory, name: { en: 'Clinic', 'zh-Hant': '診所' } },
    },
    policy: { rules: [{ name: 'all', level: 'sfa' }] },
  },
}));

let people = 0;
beforeEach(() => {
  people += 1;
  partner.signedOut.length = 0;
  marked.length = 0;
  partner.next = { sub: `person-${people}`, claims: { name: 'Ada', sid: `session-of-person-${people}` } };
});

/** Signed in to the Library by way of a house. */
async function entered(directory = 'partner', at = new Client()): Promise<Someone> {
  const someone = scene.elsewhere(nobody, at);
  const { client } = someone;
  const page = await someone.begin('library');
  await client.follow(await client.get(new URL(wayTo(page.body, directory), page.url)));
  expect(await someone.subject('library')).toBeDefined();
  return someone;
}
let nobody: Someone;
beforeAll(async () => {
  nobody = await scene.newcomer();
});

/** The page after they signed out on their account's page. */
async function signedOut({ client }: Someone): Promise<Reply> {
  const page = await client.open(`${base}/account/sign-out-everywhere`);
  return client.follow(await client.submit(page, {}, { action: '/account/sign-out-everywhere' }));
}

const linkOn = ({ body }: Reply): URL => new URL(/href="([^"]*\/signed-out\/there[^"]*)"/.exec(body)?.[1] ?? '', base);

describe('the page after a sign-out', () => {
  it('offers to sign out at the house too, and nothing happens there by itself', async () => {
    const someone = await entered();
    const page = await signedOut(someone);
    expect(page.text).toContain('Also sign out at Partner Hospital');
    expect(partner.signedOut).toEqual([]);
    const left = await someone.client.get(linkOn(page));
    const there = left.location;
    expect(there?.origin).toBe(partner.issuer);
    expect(Object.fromEntries(there?.searchParams ?? [])).toEqual({
      ...{ client_id: 'sallyport', id_token_hint: expect.any(String), ui_locales: 'en' },
      post_logout_redirect_uri: `${base}/signed-out`,
    });
    expect(decodeJwt(there?.searchParams.get('id_token_hint') ?? '')).toMatchObject(partner.next.claims);
    await expect
      .poll(() =>
        scene
          .audit()
          .filter(({ event }) => event === 'logout.there')
          .map(({ detail }) => JSON.parse(detail)),
      )
      .toContainEqual(expect.objectContaining({ directory: 'partner' }));
  });

  it('leads there once, in that browser alone, and to no address that somebody else chose', async () => {
    const someone = await entered();
    const link = linkOn(await signedOut(someone));
    const stranger = await new Client().get(link);
    expect([stranger.status, stranger.location?.href]).toEqual([303, `${base}/signed-out`]);
    const led = new URL(link);
    for (const name of ['to', 'back', 'post_logout_redirect_uri', 'RelayState']) {
      led.searchParams.set(name, 'https://evil.example/');
    }
    expect((await someone.client.get(led)).location?.href).not.toContain('evil.example');
    expect((await someone.client.get(link)).location?.href).toBe(`${base}/signed-out`);
    expect((await someone.client.get(`${base}/signed-out/there?id=x&id=y`)).location?.href).toBe(`${base}/signed-out`);
    expect((await someone.client.get(`${base}/signed-out/there?to=https://evil.example`)).location?.href).toBe(
      `${base}/signed-out`,
    );
  });

  it('holds up no application that has its person come back, but for a shared machine', async () => {
    const leave = async ({ client }: Someone) => {
      const home = await client.open(`${scene.gateway.relyingParty}/library`);
      const asked = await client.follow(await client.submit(home, {}, { action: '/library/logout' }));
      return client.follow(await client.submit(asked, {}, { action: '/logout/confirm', button: 'Sign out' }));
    };
    const home = await leave(await entered());
    expect(home.url.href).toContain(`${scene.gateway.relyingParty}/library`);
    const shared = await leave(await entered('partner', new Client({ localAddress: '127.0.0.7' })));
    expect(shared.text).toContain('Also sign out at Partner Hospital');
    expect(shared.body).toContain(`href="${scene.gateway.relyingParty}/library/signed-out`);
  });

  it('offers nothing to whoever came by a password', async () => {
    const someone = scene.elsewhere(nobody);
    await someone.enter('library');
    expect((await signedOut(someone)).body).not.toContain('/signed-out/there');
  });
});

describe('by SAML', () => {
  async function enteredBySaml(sessionIndex: string): Promise<Someone> {
    const someone = scene.elsewhere(nobody);
    const { client } = someone;
    const asked = await leave(client, await someone.begin('library'), 'by-saml');
    const xml = responseOf(bySaml, asked, { name: `name-of-person-${people}`, sessionIndex });
    await client.follow(await client.post(bySaml.acs, formOf(xml, asked), { from: bySaml.idp.url }));
    expect(await someone.subject('library')).toBeDefined();
    return someone;
  }

  it('a LogoutRequest names them and their session, and whatever is answered ends on our page', async () => {
    const someone = await enteredBySaml('index-of-one');
    const page = await signedOut(someone);
    expect(page.text).toContain('Also sign out at Clinic');
    const { location } = await someone.client.get(linkOn(page));
    expect(location?.href).toContain(`${bySaml.idp.url}/slo?SAMLRequest=`);
    const { xml, query } = askedBy(location);
    expect(xml).toContain(`>name-of-person-${people}</saml:NameID>`);
    expect(xml).toContain('<samlp:SessionIndex>index-of-one</samlp:SessionIndex>');
    expect(query).toMatch(/&SigAlg=http[^&]+&Signature=/);
    const content =
      '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>';
    const answer = bySaml.idp.logout(
      'LogoutResponse',
      `${base}/directories/by-saml/logout`,
      'InResponseTo="_1"',
      content,
    );
    for (const signer of [bySaml.idp.identity, await createIdentity()]) {
      const parts = { signer, relayState: 'https://evil.example/' };
      const back = await new Client().get(`${base}/directories/by-saml/logout?${redirect(answer, parts)}`);
      expect([back.status, back.location?.href]).toEqual([303, `${base}/signed-out`]);
    }
  });

  it('a LogoutRequest of the house’s is answered, goes on to applications, and no request of ours goes back', async () => {
    const someone = await enteredBySaml('an-index-of-its-own');
    const content = '<saml:NameID>any</saml:NameID><samlp:SessionIndex>an-index-of-its-own</samlp:SessionIndex>';
    const xml = bySaml.idp.logout('LogoutRequest', `${base}/directories/by-saml/logout`, '', content);
    const query = redirect(xml, { signer: bySaml.idp.identity });
    const told = await someone.client.get(`${base}/directories/by-saml/logout?${query}`);
    expect(told.location?.href).toContain(`${bySaml.idp.url}/slo?SAMLResponse=`);
    expect(told.location?.href).not.toContain('SAMLRequest');
    expect(await someone.subject('library')).toBeUndefined();
  });
});

describe('a house’s word of an end', () => {
  const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

  it('by back channel goes on to applications, and never back', async () => {
    const someone = await entered();
    const iat = Math.floor(Date.now() / 1000);
    const claims = { iss: partner.issuer, aud: 'sallyport', iat, jti: `jti-${people}`, events: { [EVENT]: {} } };
    const token = await partner.sign({ ...claims, sid: partner.next.claims.sid });
    const call = new Client({ headers: { origin: undefined, 'sec-fetch-site': undefined } });
    const told = await call.post(`${base}/return/directories/partner/logout`, { logout_token: token });
    expect(told.status).toBe(200);
    expect(marked).toHaveLength(1);
    expect(await someone.subject('library')).toBeUndefined();
    expect(partner.signedOut).toEqual([]);
  });

  const framed = (parameters: Record<string, string>) =>
    new Client({ headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'iframe' } }).get(
      `${base}/return/directories/framed/logout?${new URLSearchParams(parameters)}`,
    );

  it('in a frame ends the session that it names, without a cookie, and goes on to applications', async () => {
    const [someone, other] = [await entered('framed'), await entered('partner')];
    const { sid } = partner.next.claims as { sid: string };
    const { status, headers } = await framed({ iss: partner.issuer, sid });
    expect([status, headers['cache-control']]).toEqual([200, 'no-store']);
    expect(await someone.subject('library')).toBeUndefined();
    // The same name, of another directory's session.
    expect(await other.subject('library')).toBeDefined();
    expect(partner.signedOut).toEqual([]);
    // Once more in the same session there: it ends again.
    const again = await entered('framed');
    await framed({ iss: partner.issuer, sid });
    expect(await again.subject('library')).toBeUndefined();
  });

  it('in a frame of anybody’s ends nothing, is answered alike, and in bounded number', async () => {
    const someone = await entered('framed');
    const { sid } = partner.next.claims as { sid: string };
    const forgeries: Record<string, string>[] = [
      { iss: partner.issuer, sid: 'session-of-nobody-else' },
      { iss: 'https://login.partner.example', sid },
      { sid },
      { iss: partner.issuer },
      { iss: partner.issuer, sid: 'short' },
      { iss: partner.issuer, sid: 'x'.repeat(300) },
      { iss: partner.issuer, sub: partner.next.sub },
    ];
    marked.length = 0;
    for (const forged of forgeries) expect((await framed(forged)).status).toBe(200);
    expect(await someone.subject('library')).toBeDefined();
    // Strangers may send as much as they like of it.
    expect(marked).toEqual([]);
    // Nobody listens where it isn't configured.
    const elsewhere = await new Client().get(
      `${base}/return/directories/partner/logout?iss=${partner.issuer}&sid=${sid}`,
    );
    expect(elsewhere.status).toBe(404);
  });
});
