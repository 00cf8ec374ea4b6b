import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { extension, issue } from '../../src/factors/fido2/testing/certificates.ts';
import { element, sequence } from '../../src/factors/fido2/testing/der.ts';
import { closeBrowser, JOURNEY } from '../browser/scene.ts';
import { SecurityKey } from '../browser/security-key.ts';
import { Visitor } from '../browser/visitor.ts';
import { launch } from '../support/chromium.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { freePort } from '../support/ports.ts';

/** Whose passkeys they are, and where else they may be used: no domain above both. */
const HOME = 'university.test';
const HERE = 'login.hospital.test';
const ACCOUNT = `https://${HERE}/account`;

const DAY = 86_400_000;
/** dNSName entries of a SubjectAltName (RFC 5280 section 4.2.1.6). */
const names = extension('2.5.29.17', sequence(...[HOME, HERE].map((name) => element(0x82, Buffer.from(name)))));
const { certificate, key } = issue({ from: Date.now() - DAY, to: Date.now() + DAY, extensions: [names] });
const tls = { cert: certificate.toString(), key: key.export({ format: 'pem', type: 'pkcs8' }).toString() };

/** What lets Chromium take this certificate, and find both names here: WebAuthn wants https without an error. */
function switches(home: number, here: number): string[] {
  const spki = createHash('sha256').update(certificate.publicKey.export({ format: 'der', type: 'spki' }));
  return [
    `--ignore-certificate-errors-spki-list=${spki.digest('base64')}`,
    `--host-resolver-rules=MAP ${HOME} 127.0.0.1:${home}, MAP ${HERE} 127.0.0.1:${here}`,
  ];
}

describe('passkeys of another domain, in a browser', JOURNEY, () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-'));
  const servers: Server[] = [];
  let gateway: Gateway;
  let me: Visitor;
  let authenticator: SecurityKey;
  /** Origins that the university lists, and what was asked of it. */
  let listed: string[] = [];
  const asked: (string | undefined)[] = [];

  beforeAll(async () => {
    const ports = { home: await freePort(), here: await freePort() };
    gateway = await startGateway({
      folder,
      withoutRelyingParty: true,
      config: {
        issuer: `https://${HERE}`,
        factors: { fido2: { rpId: HOME, origins: [`https://${HERE}`] } },
        policy: { rules: [{ name: 'account', applications: ['sallyport-account'], level: 'mfa', remember: 'never' }] },
      },
    });
    const home = createServer(tls, ({ url }, res) => {
      asked.push(url);
      res.setHeader('content-type', 'application/json').end(JSON.stringify({ origins: listed }));
    });
    servers.push(home.listen(ports.home, '127.0.0.1'));
    servers.push(createServer(tls, gateway.app.web).listen(ports.here, '127.0.0.1'));
    await Promise.all(servers.map((server) => once(server, 'listening')));
    await launch(...switches(ports.home, ports.here));
  });
  let people = 0;
  beforeEach(async () => {
    asked.length = 0;
    people += 1;
    await gateway.addUser(`person${people}`);
    me = await Visitor.arrive(gateway);
    authenticator = await SecurityKey.plugIn(me.page);
    return () => me.leave();
  });
  afterAll(async () => {
    await closeBrowser();
    for (const server of servers) server.close();
    await gateway.close();
    rmSync(folder, { recursive: true });
  });

  async function begin(): Promise<void> {
    await me.page.goto(ACCOUNT);
    await me.password(`person${people}`);
    await me.press(/^Passkey/);
  }
  const said = () => me.page.locator('[data-ceremony-status]:not([hidden])').innerText();

  it('can’t be made where that domain lists others, and the page says what may be the matter', async () => {
    listed = ['https://login.clinic.test'];
    await begin();
    await me.press('Continue');
    expect(await said()).toContain('isn’t at the address that passkeys are for');
    expect(asked).toEqual(['/.well-known/webauthn']);
    expect(await authenticator.credentials()).toEqual([]);
  });

  it('are made and used where it lists this origin, as the gateway’s own list has it', async () => {
    await me.page.goto(`https://${HERE}/.well-known/webauthn`);
    listed = JSON.parse(await me.page.innerText('body')).origins;
    expect(listed).toEqual([`https://${HERE}`]);
    await begin();
    await me.press('Continue');
    await me.page.waitForURL(ACCOUNT);
    expect(await authenticator.credentials()).toMatchObject([{ rpId: HOME, isResidentCredential: true }]);

    await me.context.clearCookies();
    await me.page.goto(ACCOUNT);
    await me.press('Sign in with a passkey');
    await me.page.waitForURL(ACCOUNT);
    expect(await me.heading()).toBe('Your account');
    expect(new Set(asked)).toEqual(new Set(['/.well-known/webauthn']));
    // The list is asked for each time: taken off it, this origin can't use the same passkey any more.
    listed = [];
    await me.context.clearCookies();
    await me.page.goto(ACCOUNT);
    await me.press('Sign in with a passkey');
    expect(await said()).toContain('isn’t at the address that passkeys are for');
  });
});
