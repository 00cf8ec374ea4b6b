import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { createIdentity } from '../../src/saml/testing/identity.ts';
import { authnRequest, redirect } from '../../src/saml/testing/messages.ts';
import type { Reply } from '../support/client.ts';
import { SECONDS } from '../support/clock.ts';
import { asksPassword, type Someone, stage } from '../support/scene.ts';
import { leaveAll } from '../support/service-provider.ts';

const BINDING = 'urn:oasis:names:tc:SAML:2.0:bindings:';

/** What each service provider that goes wrong offers for single logout. */
const WRONG: Readonly<Record<string, readonly (readonly [binding: string, path: string])[]>> = {
  // Shows a page of its own, and leaves the person there.
  archive: [['HTTP-Redirect', '/stays']],
  // Closes the connection.
  office: [
    ['SOAP', '/closes'],
    ['HTTP-POST', '/stays'],
  ],
  // Was never made for it.
  museum: [],
};

const site = createServer((request, response) => {
  if (request.url === '/closes') return void request.socket.destroy();
  response.end('Please wait');
});
await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
const SITE = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
const identity = await createIdentity();
const folder = mkdtempSync(join(tmpdir(), 'sallyport-logout-'));

function metadataOf(id: string): string {
  const services = (WRONG[id] ?? []).map(
    ([binding, path]) => `<md:SingleLogoutService Binding="${BINDING}${binding}" Location="${SITE}${path}"/>`,
  );
  const file = join(folder, `${id}.xml`);
  writeFileSync(
    file,
    `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${SITE}/${id}">` +
      '<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">' +
      '<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>' +
      `<ds:X509Certificate>${identity.certificate}</ds:X509Certificate>` +
      `</ds:X509Data></ds:KeyInfo></md:KeyDescriptor>${services.join('')}` +
      `<md:AssertionConsumerService Binding="${BINDING}HTTP-POST" Location="${SITE}/acs" index="0"/>` +
      '</md:SPSSODescriptor></md:EntityDescriptor>',
  );
  return file;
}

/** Which store it rests on shows in nothing that is looked at here: the other one is for the long run. */
const LONG = process.env.TESTS === 'long';

const scene = stage(() => ({
  ...(LONG ? { redis: inject('redisUrl') } : {}),
  serviceProvider: true,
  config: {
    applications: Object.fromEntries(
      Object.keys(WRONG).map((id) => [id, { name: id, saml: { metadata: { file: metadataOf(id) } } }]),
    ),
    policy: { rules: [{ name: 'all', level: 'sfa' }] },
  },
}));
afterAll(() => {
  site.closeAllConnections();
  site.close();
  rmSync(folder, { recursive: true });
});

const DEMO = ['library', 'courses', 'reading-room', 'laboratory', 'personnel'];

/** Somebody new who opened these with one password. */
async function opened(...applications: string[]): Promise<Someone> {
  const someone = await scene.newcomer();
  await someone.enter('library');
  for (const application of applications) {
    if (Object.hasOwn(WRONG, application)) await visit(someone, application);
    else await someone.begin(application);
  }
  return someone;
}

/** Signs in to a service provider that goes wrong: its part is played here. */
async function visit({ client }: Someone, application: string): Promise<void> {
  const sso = `${scene.gateway.url}/saml/sso`;
  const request = authnRequest({ issuer: `${SITE}/${application}`, destination: sso, instant: Date.now() });
  expect((await client.get(`${sso}?${redirect(request)}`)).body).toContain('name="SAMLResponse"');
}

async function standing(someone: Someone): Promise<string[]> {
  const found = await Promise.all(DEMO.map(async (id) => ((await someone.claims(id)) ? [id] : [])));
  return found.flat();
}

/** Signs out at a relying party, up to the gateway's first page after it. */
async function signOut({ client }: Someone): Promise<Reply> {
  const asked = await client.follow(await client.post(`${scene.gateway.relyingParty}/library/logout`));
  return client.follow(await client.submit(asked, {}, { action: '/logout/confirm' }));
}

/** Entries of the audit since a call of this, by event. */
function audited() {
  const before = scene.audit().length;
  return (event: string) =>
    scene
      .audit()
      .slice(before)
      .filter((it) => it.event === event)
      .map(({ application }) => application)
      .sort();
}

describe('single logout across doors', () => {
  it('begun over OpenID Connect: tells by server whom it can, and visits the others', async () => {
    const someone = await opened(...DEMO);
    expect(await standing(someone)).toEqual(DEMO);
    const entries = audited();
    const page = await signOut(someone);
    expect(page.url.href).toBe(`${scene.gateway.url}/saml/logout`);
    expect(page.text).toContain('Signing you out');
    expect(await standing(someone)).toEqual(['reading-room', 'laboratory']);

    const done = await leaveAll(someone.client, page);
    expect(done.url.origin).toBe(scene.gateway.relyingParty);
    expect(await standing(someone)).toEqual([]);
    await expect.poll(() => entries('logout.application')).toEqual([...DEMO].sort());
    expect(entries('logout.unreached')).toEqual([]);
    expect(asksPassword(await someone.begin('reading-room'))).toBe(true);
  });

  it('begun over SAML: reaches the relying parties, and answers who asked', async () => {
    const someone = await opened(...DEMO);
    const reply = await someone.client.post(`${scene.gateway.serviceProvider}/reading-room/logout`);
    const page = await someone.client.follow(reply);
    expect(await standing(someone)).not.toContain('library');
    const done = await leaveAll(someone.client, page);
    expect(done.url.href).toMatch(`${scene.gateway.serviceProvider}/reading-room/slo`);
    expect(done.text).toContain('You are signed out.');
    expect(await standing(someone)).toEqual([]);
  });

  it('names whom it couldn’t tell, and then answers a partial logout', async () => {
    const someone = await opened('reading-room', 'archive', 'office', 'museum');
    const entries = audited();
    const { client } = someone;
    const reply = await client.post(`${scene.gateway.serviceProvider}/reading-room/logout`);
    let page = await client.follow(reply);
    // Two are visited and keep the person; the page is come back to.
    for (const _ of ['archive', 'office']) {
      await client.follow(await client.get(`${scene.gateway.url}/saml/logout/next`));
      scene.clock.advance(4 * SECONDS);
      page = await client.open(`${scene.gateway.url}/saml/logout`);
    }
    expect(page.text).toContain('You may still be signed in somewhere');
    const onward = /class="button" href="([^"]+)"/.exec(page.body)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const answer = await client.open(new URL(onward, page.url));
    expect(answer.url.origin).toBe(scene.gateway.serviceProvider);
    expect(answer.text).toContain('not every other application could be told');
    await expect.poll(() => entries('logout.unreached')).toEqual(['archive', 'museum', 'office']);
    expect(await standing(someone)).toEqual([]);
  });

  it('begun on the account page: everywhere by server, and in this browser by the browser', async () => {
    const here = await opened('reading-room', 'personnel');
    const there = scene.elsewhere(here);
    await there.enter('personnel');
    await there.begin('laboratory');
    const entries = audited();
    const confirm = await here.client.open(`${scene.gateway.url}/account/sign-out-everywhere`);
    const page = await here.client.follow(await here.client.submit(confirm, {}, { action: '/sign-out-everywhere' }));
    const done = await leaveAll(here.client, page);
    expect(done.url.pathname).toBe('/signed-out');
    expect(await standing(here)).toEqual([]);
    // The other browser isn't here to be sent anywhere.
    expect(await standing(there)).toEqual(['laboratory']);
    await expect.poll(() => entries('logout.unreached')).toEqual(['laboratory']);
    expect(asksPassword(await there.begin('reading-room'))).toBe(true);
  });

  it('begun from the command line: by server alone, and the rest is in the audit', async () => {
    const someone = await opened('reading-room', 'personnel');
    const entries = audited();
    await scene.gateway.command('user disable', [someone.username]);
    expect(await standing(someone)).toEqual(['reading-room']);
    await expect.poll(() => entries('logout.unreached')).toEqual(['reading-room']);
    expect(entries('logout.application')).toEqual(['library', 'personnel']);
  });

  it('takes part in no other person’s session', async () => {
    const first = await opened('reading-room');
    const second = await opened('reading-room');
    const reply = await first.client.post(`${scene.gateway.serviceProvider}/reading-room/logout`);
    const request = String(reply.location);
    // The first person's request, in the second one's browser.
    await second.client.get(request, { from: 'https://evil.example' });
    expect(await standing(second)).toEqual(['library', 'reading-room']);
    expect(asksPassword(await second.begin('laboratory'))).toBe(false);
  });
});
