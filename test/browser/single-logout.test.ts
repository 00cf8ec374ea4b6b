import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createIdentity } from '../../src/saml/testing/identity.ts';
import { authnRequest, logoutResponse, redirect, sign } from '../../src/saml/testing/messages.ts';
import { browserScene, closeBrowser, JOURNEY } from './scene.ts';
import type { Visitor } from './visitor.ts';

/** Service providers of the test's own: how each is told, and how it answers. */
const SITES = {
  redirects: 'HTTP-POST',
  posts: 'HTTP-POST',
  stays: 'HTTP-Redirect',
} as const;
type Id = keyof typeof SITES;

const BINDING = 'urn:oasis:names:tc:SAML:2.0:bindings:';
const identity = await createIdentity();
const folder = mkdtempSync(join(tmpdir(), 'sallyport-logout-'));

const textOf = async (request: IncomingMessage): Promise<string> =>
  Buffer.concat((await request.toArray()) as Buffer[]).toString();

/** A LogoutResponse to the request in a form. */
function answerTo(form: string, issuer: string): string {
  const xml = Buffer.from(new URLSearchParams(form).get('SAMLRequest') ?? '', 'base64').toString();
  const inResponseTo = / ID="([^"]+)"/.exec(xml)?.[1] ?? '';
  return logoutResponse({ issuer, destination: slo(), instant: Date.now(), inResponseTo });
}

const site = createServer(async (request, response) => {
  const at = URL.parse(request.url ?? '', SITE)?.pathname;
  response.setHeader('content-type', 'text/html');
  if (at === '/redirects') {
    const query = redirect(answerTo(await textOf(request), `${SITE}/redirects/metadata`), { signer: identity });
    return void response.writeHead(303, { location: `${slo()}?${query}` }).end();
  }
  if (at === '/posts') {
    const xml = sign(answerTo(await textOf(request), `${SITE}/posts/metadata`), identity);
    const value = Buffer.from(xml).toString('base64');
    return void response.end(
      `<html lang="en"><title>Out</title><form method="post" action="${slo()}"><input type="hidden" name="SAMLResponse" value="${value}"><button>Send</button></form><script>document.forms[0].submit()</script>`,
    );
  }
  response.end(`<html lang="en"><title>Here</title><link rel="icon" href="data:,"><h1>${at}</h1>`);
});
await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
const SITE = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;

function metadataOf(id: Id): string {
  const file = join(folder, `${id}.xml`);
  writeFileSync(
    file,
    `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${SITE}/${id}/metadata">` +
      '<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">' +
      '<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>' +
      `<ds:X509Certificate>${identity.certificate}</ds:X509Certificate>` +
      '</ds:X509Data></ds:KeyInfo></md:KeyDescriptor>' +
      `<md:SingleLogoutService Binding="${BINDING}${SITES[id]}" Location="${SITE}/${id}"/>` +
      `<md:AssertionConsumerService Binding="${BINDING}HTTP-POST" Location="${SITE}/acs" index="0"/>` +
      '</md:SPSSODescriptor></md:EntityDescriptor>',
  );
  return file;
}

const scene = browserScene(() => ({
  config: {
    doors: { saml: {} },
    applications: Object.fromEntries(
      (Object.keys(SITES) as Id[]).map((id) => [id, { name: id, saml: { metadata: { file: metadataOf(id) } } }]),
    ),
    policy: { rules: [{ name: 'all', level: 'sfa' }] },
  },
}));
const slo = (): string => `${scene.gateway.url}/saml/slo`;

afterAll(async () => {
  await closeBrowser();
  site.closeAllConnections();
  site.close();
  rmSync(folder, { recursive: true });
});

/** Signs in to Library and to these; `send` presses the button of the form that takes the answer there. */
async function opened(me: Visitor & { username: string }, ids: readonly Id[], send?: () => Promise<void>) {
  await me.open('library');
  await me.password(me.username);
  await me.page.waitForURL(`${scene.gateway.relyingParty}/library`);
  const destination = `${scene.gateway.url}/saml/sso`;
  for (const id of ids) {
    const request = authnRequest({ issuer: `${SITE}/${id}/metadata`, destination, instant: Date.now() });
    await me.page.goto(`${destination}?${redirect(request)}`);
    await send?.();
    await me.page.waitForURL(`${SITE}/acs`);
  }
}

/** Signs out at Library, up to the gateway's confirmation. */
async function signOut(me: Visitor): Promise<void> {
  await me.page.goto(`${scene.gateway.relyingParty}/library`);
  await me.press('Sign out');
  await me.press('Sign out');
}

describe('single logout in a browser', JOURNEY, () => {
  it('goes through every application by itself, and back to who asked', async () => {
    const me = await scene.visit();
    await opened(me, ['redirects', 'posts']);
    const seen: string[] = [];
    me.page.on('framenavigated', (frame) => seen.push(frame.url()));
    await signOut(me);
    await me.page.waitForURL(`${scene.gateway.relyingParty}/library/signed-out**`);
    // Before the first, between the two, and at the end.
    expect(seen.filter((url) => url === `${scene.gateway.url}/saml/logout`)).toHaveLength(3);
    expect(await me.claims('library')).toBeUndefined();
  });

  it('comes back from an application that keeps the person, and says which one it was', async () => {
    const me = await scene.visit();
    await opened(me, ['stays', 'redirects']);
    await signOut(me);
    await me.page.waitForURL(`${SITE}/stays?*`);
    await me.page.goBack();
    await me.page.getByRole('heading', { name: 'You may still be signed in somewhere' }).waitFor();
    const states = await me.page.locator('.stop').allInnerTexts();
    expect(states.map((text) => text.replaceAll(/\s+/g, ' '))).toEqual([
      'stays Couldn’t be reached',
      'redirects Signed out',
    ]);
    expect(await me.faults()).toEqual([]);
    await me.follow('Continue');
    await me.page.waitForURL(`${scene.gateway.relyingParty}/**`);
  });

  it('needs no script', async () => {
    const me = await scene.visit({ javaScriptEnabled: false });
    await opened(me, ['redirects'], () => me.press('Continue'));
    await signOut(me);
    expect(await me.heading()).toBe('Signing you out');
    await me.follow('Continue');
    await me.press('Continue');
    expect(await me.heading()).toBe('You’re signed out');
    await me.follow('Continue');
    await me.page.waitForURL(`${scene.gateway.relyingParty}/**`);
    expect(await me.claims('library')).toBeUndefined();
  });
});
