import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { aaguidExtension, issue } from '../../src/factors/fido2/testing/certificates.ts';
import type { Reply } from '../support/client.ts';
import { PASSWORD, startGateway } from '../support/gateway.ts';
import { accountOf, keyHolder } from '../support/holders.ts';
import { ceremonyOf, Passkey } from '../support/passkeys.ts';
import { asksCode, asksPassword, asksToRemember, type Someone, stage } from '../support/scene.ts';

const MODEL = 'a25342c0-3cdc-4414-8e46-f4807fca511c';
const OTHER = '2fc0579f-8113-47ea-b116-bb5a8db9202a';
const root = issue({ name: 'Vendor root', ca: true });
const attested = (aaguid: string) => ({
  format: 'packed' as const,
  aaguid,
  attestation: { leaf: issue({ issuer: root, extensions: [aaguidExtension(aaguid)] }) },
});

const RULES = [
  { name: 'library', applications: ['library'], level: 'sfa' },
  { name: 'courses', applications: ['courses'], level: 'mfa', remember: '30d' },
  { name: 'payroll', applications: ['payroll'], level: 'phrh', remember: '30d' },
  { name: 'account', applications: ['sallyport-account'], level: 'mfa', remember: '30d' },
];

/** Changed by a test that starts the gateway again. */
let allow = [MODEL, OTHER];
const config = () => ({
  factors: {
    fido2: {
      origins: ['https://login.hospital.example'],
      profiles: [
        {
          name: 'staff keys',
          groups: ['staff'],
          attestation: 'required',
          trust: { roots: [root.certificate.toString()] },
          aaguids: { allow },
          requestUrl: 'https://help.university.example/keys',
        },
        {
          name: 'students may show theirs',
          groups: ['students'],
          attestation: 'preferred',
          trust: { roots: [root.certificate.toString()] },
        },
      ],
    },
  },
  policy: { rules: RULES },
});

describe('passkeys, over HTTP', () => {
  const scene = stage(() => ({ config: config() }));
  const at = (path: string) => `${scene.gateway.url}${path}`;

  const account = (someone: Someone) => someone.client.open(at('/account'));
  async function add(someone: Someone, key: Passkey): Promise<Reply> {
    const page = await someone.client.open(at('/account/methods/add/fido2'));
    return key.enrol(someone, page);
  }

  it('opens a sign-in with one answer', async () => {
    const { someone, key } = await keyHolder(scene);
    const browser = scene.elsewhere(someone);
    await key.use(browser, await browser.begin('courses'));
    expect(await browser.claims('courses')).toMatchObject({ claims: { acr: 'phr', amr: ['mfa', 'pop', 'user'] } });
  });

  it('says phrh of a key whose model was attested, and hwk', async () => {
    const { someone, key } = await keyHolder(scene, {
      groups: 'staff',
      key: new Passkey(scene.gateway, attested(MODEL)),
    });
    const browser = scene.elsewhere(someone);
    await key.use(browser, await browser.begin('payroll'));
    expect(await browser.claims('payroll')).toMatchObject({ claims: { acr: 'phrh', amr: ['hwk', 'mfa', 'user'] } });
  });

  it('is asked for again where the session was opened with it, the password beside it', async () => {
    const { someone, key } = await keyHolder(scene);
    const browser = scene.elsewhere(someone);
    await key.use(browser, await browser.begin('courses'));
    const page = await browser.begin('courses', '?prompt=login');
    expect(page.text).toMatch(/^.*Use your passkey or security key.*Password/s);
    expect(asksPassword(page)).toBe(true);
    expect((await key.use(browser, page)).url.pathname).toBe('/courses');
    // Who last came with a password is asked for it first.
    const withPassword = scene.elsewhere(someone);
    await withPassword.enter('library');
    expect((await withPassword.begin('library', '?prompt=login')).text).toMatch(/Enter your password again/);
  });

  it('is offered first in a browser that has used one, and tells nobody who', async () => {
    const { someone, key } = await keyHolder(scene);
    const browser = scene.elsewhere(someone);
    expect((await browser.begin('courses')).text).toMatch(/Password.*passkey/s);
    await key.use(browser, await browser.begin('courses'));
    browser.client.jar.restart();
    const page = await browser.begin('courses');
    expect(page.text).toMatch(/passkey.*Password/s);
    expect(page.body).not.toContain(someone.username);
    expect((await key.use(browser, page)).url.pathname).toBe('/courses');
    // It is a wish and no more: of a factor that there isn't, of rubbish, and of the last one used here.
    for (const said of ['nonsense', '__proto__', 'x'.repeat(3000)]) {
      const liar = scene.elsewhere(someone);
      liar.client.jar.store(new URL(scene.gateway.url), [`sallyport_opened=${said}; Path=/`]);
      expect(asksPassword(await liar.begin('courses'))).toBe(true);
    }
    const simple = await scene.newcomer();
    const shared = scene.elsewhere(simple, browser.client);
    await shared.client.open(`${scene.gateway.url}/logout`).then((asked) => shared.answer(asked, { logout: 'yes' }));
    const { username } = simple;
    await shared.answer(await shared.begin('library'), { factor: 'password', username, password: PASSWORD });
    expect(await shared.claims('library')).toBeDefined();
    browser.client.jar.restart();
    expect((await browser.begin('courses')).text).toMatch(/Password.*passkey/s);
  });

  it('refuses an unattested one where phrh is due, once and clearly', async () => {
    const { someone, key } = await keyHolder(scene);
    const browser = scene.elsewhere(someone);
    const page = await key.use(browser, await browser.begin('payroll'));
    expect(page.status).toBe(403);
    expect(page.text).toContain('Set up another method on your account page');
  });

  it('asks only for those of a person’s keys that would do', async () => {
    const { someone } = await keyHolder(scene);
    const hardware = new Passkey(scene.gateway, attested(MODEL));
    await add(someone, hardware);
    const browser = scene.elsewhere(someone);
    const page = await browser.enter('payroll');
    const asked = ceremonyOf<{ allowCredentials: { id: string }[] }>(page);
    expect(asked?.allowCredentials.map(({ id }) => id)).toEqual([hardware.credentialId]);
    await browser.remember(await hardware.use(browser, page), 'no');
    expect(await browser.claims('payroll')).toMatchObject({ claims: { acr: 'phrh' } });
  });

  it('names the model that is not accepted, those that are, and where to ask', async () => {
    const someone = await scene.newcomer({ groups: 'staff' });
    const page = await someone.answer(await someone.enter('courses'), { factor: 'fido2' });
    const unknown = '149a2021-8ef6-4133-96b8-81f8d5b7f1f5';
    const refused = await new Passkey(scene.gateway, attested(unknown)).enrol(someone, page);
    expect(refused.text).toContain('Security Key NFC by Yubico isn’t accepted here.');
    expect(refused.text).toContain('YubiKey 5 NFC (5.7)');
    expect(refused.body).toContain('<a href="https://help.university.example/keys"');
    // Another one can be tried at once, by a new challenge.
    const after = await new Passkey(scene.gateway, attested(MODEL)).enrol(someone, refused);
    expect(asksToRemember(after)).toBe(true);
  });

  it('looks at profiles again at every sign-in: a model struck off counts no more', async () => {
    const { someone, key } = await keyHolder(scene, {
      groups: 'staff',
      key: new Passkey(scene.gateway, attested(OTHER)),
    });
    allow = [MODEL];
    await scene.restart();
    const browser = scene.elsewhere(someone);
    const page = await key.use(browser, await browser.begin('courses'));
    expect(page.text).toContain('YubiKey 5 NFC (5.2, 5.4) isn’t accepted here. Accepted: YubiKey 5 NFC (5.7).');
    expect(await browser.claims('courses')).toBeUndefined();
    const id = await accountOf(scene, someone);
    await vi.waitFor(
      () => {
        const [last] = scene.audit().filter((row) => row.account === id && row.event === 'sign-in.refused');
        expect(JSON.parse(last?.detail ?? '{}').reason).toContain(`${OTHER}: model not among those allowed`);
      },
      { timeout: 20_000 },
    );
    // It is no answer after the password either.
    const second = await browser.password(page, someone.username);
    expect((await key.use(browser, second)).text).toContain('isn’t accepted here');
    allow = [MODEL, OTHER];
    await scene.restart();
    await key.use(browser, await browser.begin('courses'));
    expect(await browser.claims('courses')).toBeDefined();
  });

  it('ends what rests on a credential with it, at once', async () => {
    const { someone, key } = await keyHolder(scene);
    await add(someone, new Passkey(scene.gateway));
    const page = await account(someone);
    const [, id] = /\/account\/methods\/([\w-]{22})\/remove/.exec(page.body) ?? [];
    await someone.client.submit(
      await someone.client.open(at(`/account/methods/${id}/remove`)),
      {},
      { action: 'remove' },
    );
    expect((await account(someone)).url.pathname).toMatch(/^\/sign-in\//);
    const browser = scene.elsewhere(someone);
    const refused = await key.use(browser, await browser.begin('library'));
    expect(refused.text).toContain('isn’t set up for your account');
  });

  it('keeps ten and no more', async () => {
    const { someone } = await keyHolder(scene);
    for (let count = 2; count <= 10; count += 1) {
      expect((await add(someone, new Passkey(scene.gateway))).text).toContain('It was added.');
    }
    const page = await someone.client.open(at('/account/methods/add/fido2'));
    expect(page.url.pathname).toBe('/account');
    expect(page.text).toContain('as many of this kind as there can be');
    const { credentials } = scene.gateway.app.rooms;
    expect(await credentials.ofAccount(await accountOf(scene, someone))).toHaveLength(10);
  });

  it('asks for a second step of the last ten minutes before one is added', async () => {
    const { someone } = await keyHolder(scene);
    const browser = scene.elsewhere(someone);
    await browser.enter('library');
    const page = await browser.client.open(at('/account/methods/add/fido2'));
    expect(page.url.pathname).toMatch(/^\/sign-in\//);
    const posted = await browser.client.post(at('/account/methods/add/fido2'), { response: '{}' });
    expect(posted.status).toBe(303);
    expect(posted.location?.pathname).toBe('/authorize');
  });

  it('is enrolled first only by a fresh password', async () => {
    const someone = await scene.newcomer();
    await someone.enter('library');
    const page = await someone.begin('courses');
    expect(asksPassword(page)).toBe(true);
    expect(page.body).not.toContain('&quot;create&quot;');
  });

  it('lists its origins where browsers look for them', async () => {
    const reply = await scene.elsewhere(await scene.newcomer()).client.get(at('/.well-known/webauthn'));
    expect(reply.status).toBe(200);
    expect(reply.headers['content-type']).toContain('application/json');
    expect(reply.json()).toEqual({ origins: [scene.gateway.url, 'https://login.hospital.example'] });
  });

  it('says what happened to the only method there was', async () => {
    const { someone, key } = await keyHolder(scene);
    const browser = scene.elsewhere(someone);
    await key.use(browser, await browser.begin('library'), { counter: 9 });
    const copy = scene.elsewhere(someone);
    const refused = await key.use(copy, await copy.enter('courses'), { counter: 3 });
    expect(refused.status).toBe(403);
    expect(refused.text).toContain('is suspended, because there may be a copy of it');
    // What is left opens no page on which another could be set up.
    expect(refused.text).not.toContain('Set up another method');
    // Nor may who knows the password set up another in its place.
    const again = await copy.enter('courses');
    expect(again.status).toBe(403);
    expect(again.body).not.toContain('data-ceremony');
    const explained = await scene.gateway.command('policy explain', [], {
      account: someone.username,
      application: 'courses',
    });
    expect(explained).toContainEqual(expect.stringMatching(/^enrolled +yes, but suspended: no method can be used$/));
  });

  it('offers the app where the key is suspended, and says so on the account page', async () => {
    const someone = await scene.newcomer();
    const first = await someone.answer(await someone.enter('courses'), { factor: 'totp' });
    await someone.remember(await someone.enrol(first), 'no');
    const key = new Passkey(scene.gateway);
    await add(someone, key);
    const browser = scene.elsewhere(someone);
    await key.use(browser, await browser.begin('library'), { counter: 9 });
    expect(await browser.claims('library')).toBeDefined();
    const copy = scene.elsewhere(someone);
    const refused = await key.use(copy, await copy.begin('courses'), { counter: 3 });
    expect(refused.text).toContain('is suspended, because there may be a copy of it');
    const asked = { account: someone.username, application: 'courses' };
    const explained = await scene.gateway.command('policy explain', [], asked);
    expect(explained).toContainEqual(expect.stringMatching(/^enrolled +yes$/));
    const page = await copy.password(refused, someone.username);
    expect(asksCode(page)).toBe(true);
    const list = await copy.client.open(new URL(`${page.url.pathname}/methods`, page.url));
    expect(list.text).toContain('What can you do instead?');
    expect(list.body).not.toContain('name="method"');
    await copy.remember(await copy.code(page, scene.nextCode(someone)), 'no');
    expect((await account(copy)).text).toContain('Suspended:');
    const id = await accountOf(scene, someone);
    const rows = scene.audit().filter((row) => row.account === id && row.event === 'credential.suspended');
    expect(rows).toHaveLength(1);
    expect(rows[0]?.detail).toContain('counter 3 after 9');
    // What the true owner's session rested on is gone as well.
    expect(asksPassword(await browser.begin('library'))).toBe(true);
  });
});

describe('a rule that names other factors', () => {
  const only = (applications: string[]) => ({ name: 'by the app', applications, level: 'mfa', factors: ['totp'] });
  const scene = stage(() => ({
    config: { factors: { fido2: {} }, policy: { rules: [...RULES, only(['payroll'])] } },
  }));

  it('offers no passkey where it would count for nothing', async () => {
    const someone = await scene.newcomer();
    const page = await someone.begin('payroll');
    expect(asksPassword(page)).toBe(true);
    expect(page.body).not.toContain('data-ceremony');
    expect((await someone.begin('courses')).body).toContain('data-ceremony');
  });
});

describe('a profile that nobody can be trusted for', () => {
  it('keeps the gateway from starting, and says why', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-'));
    const profiles = [{ name: 'administrators', attestation: 'required' }];
    const starting = startGateway({ folder, withoutRelyingParty: true, config: { factors: { fido2: { profiles } } } });
    await expect(starting).rejects.toMatchObject({
      code: 'ERR_CONFIG',
      message: expect.stringContaining('factors.fido2.profiles[0].attestation: trusts nobody'),
    });
    rmSync(folder, { recursive: true });
  });
});
