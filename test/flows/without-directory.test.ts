import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Client, type Reply } from '../support/client.ts';
import { type Gateway, PASSWORD, startGateway } from '../support/gateway.ts';
import { Passkey } from '../support/passkeys.ts';
import { asksPassword, asksToRemember, Someone } from '../support/scene.ts';
import { LDAP_PASSWORD, type Slapd, startSlapd } from '../support/slapd.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** How long somebody isn't asked for again whom a directory didn't answer for. */
const REST = 11_000;

const AWAY = 'Your institution’s directory doesn’t answer';
const ONLY_PASSKEY = 'can be opened with a passkey only';

const RULES = [
  { name: 'library', applications: ['library'], level: 'sfa' },
  { name: 'courses', applications: ['courses'], level: 'mfa', remember: '30d', dangerouslyWithoutDirectory: '24h' },
  { name: 'payroll', applications: ['payroll'], level: 'mfa', remember: '30d' },
  { name: 'not guests', notGroups: ['staff'], dangerouslyWithoutDirectory: 'never', applications: ['courses'] },
  { name: 'account', applications: ['sallyport-account'], level: 'mfa', remember: '30d' },
];

let slapd: Slapd;
let gateway: Gateway;
let folder: string;
let killed = false;

async function kill(): Promise<void> {
  killed = true;
  await slapd.kill();
}

beforeAll(async () => {
  slapd = await startSlapd();
  await slapd.group('staff', [await slapd.person('first')]);
  folder = mkdtempSync(join(tmpdir(), 'sallyport-'));
  const campus = slapd.settings({ watch: { every: '1h' }, connectWithin: '20s', answerWithin: '30s' });
  const lag = { now: () => 0, close: () => {} };
  gateway = await startGateway({
    folder,
    lag,
    config: {
      directories: { local: {}, campus },
      factors: { password: {}, totp: {}, fido2: {} },
      policy: { rules: RULES },
    },
  });
});
afterEach(async () => {
  slapd.resume();
  if (killed) await slapd.restart();
  killed = false;
  gateway.advance(REST);
});
afterAll(async () => {
  await gateway?.close();
  await slapd?.stop();
  rmSync(folder, { recursive: true });
});

interface Member {
  someone: Someone;
  key: Passkey;
  dn: string;
}

/** Somebody of the LDAP directory with a passkey, signed in to Courses with password and passkey. */
async function member(name: string): Promise<Member> {
  const dn = await slapd.person(name);
  await slapd.change(`cn=staff,ou=groups,${slapd.suffix}`, 'add', 'member', [dn]);
  const someone = new Someone(gateway, name);
  const key = new Passkey(gateway);
  const choice = await someone.password(await someone.begin('courses'), name, LDAP_PASSWORD);
  const after = await key.enrol(someone, await someone.answer(choice, { factor: 'fido2' }));
  if (asksToRemember(after)) await someone.remember(after, 'no');
  expect((await someone.begin('courses')).url.pathname).toBe('/courses');
  return { someone, key, dn };
}

/** The same person, coming with the passkey by a browser of its own. */
async function elsewhere(
  { someone, key }: Member,
  application = 'courses',
): Promise<{ someone: Someone; page: Reply }> {
  const other = new Someone(gateway, someone.username, new Client());
  return { someone: other, page: await key.use(other, await other.begin(application)) };
}

const look = () => gateway.app.building.watch.look('campus');

function audited(event: string): Record<string, unknown>[] {
  const file = new DatabaseSync(join(folder, 'data', 'sallyport.db'), { readOnly: true });
  try {
    const rows = file.prepare('SELECT application, detail FROM audit WHERE event = ? ORDER BY sequence').all(event);
    return rows.map(({ application, detail }) => ({ application, ...JSON.parse(String(detail)) }));
  } finally {
    file.close();
  }
}

async function refresh(someone: Someone): Promise<Reply> {
  return someone.client.follow(await someone.client.post(`${gateway.relyingParty}/courses/refresh`));
}

function expectAway(page: Reply): void {
  expect(page.status).toBe(503);
  expect(page.text).toContain(AWAY);
}

describe('while a directory is away', () => {
  it('a passkey opens where a rule says so, and nothing else, until it is back', async () => {
    const ada = await member('ada');
    const before = await elsewhere(ada);
    await kill();

    const { someone, page } = await elsewhere(ada);
    expect(page.url.pathname).toBe('/courses');
    expect(await someone.claims('courses')).toMatchObject({ claims: { acr: 'phr' } });
    expect(audited('directory.bypassed').at(-1)).toMatchObject({ application: 'courses', directory: 'campus' });
    await vi.waitFor(() =>
      expect(audited('sign-in.completed').at(-1)).toMatchObject({ application: 'courses', withoutDirectory: true }),
    );
    // Where no rule says so, nor on the gateway's own pages; no token is renewed.
    expectAway(await someone.begin('payroll'));
    expectAway(await someone.begin('library'));
    expectAway(await someone.client.open(`${gateway.url}/account`));
    expect((await refresh(someone)).text).toContain('unexpected HTTP response status code');
    // What the passkey opened before is open; the password beside it counts for nothing.
    expect((await before.someone.begin('courses')).url.pathname).toBe('/courses');

    await slapd.restart();
    killed = false;
    gateway.advance(REST);
    expect((await refresh(someone)).status).toBe(200);
    expect((await someone.begin('payroll')).url.pathname).toBe('/payroll');
    expect((await someone.begin('library')).url.pathname).toBe('/library');
    const count = audited('directory.bypassed').length;
    expect((await elsewhere(ada)).page.url.pathname).toBe('/courses');
    expect(audited('directory.bypassed')).toHaveLength(count);
  });

  it('neither a password, nor a code beside it, nor a remembered device does', async () => {
    const dn = await slapd.person('totp');
    await slapd.change(`cn=staff,ou=groups,${slapd.suffix}`, 'add', 'member', [dn]);
    const someone = new Someone(gateway, 'totp');
    const choice = await someone.password(await someone.begin('courses'), 'totp', LDAP_PASSWORD);
    await someone.remember(await someone.enrol(await someone.answer(choice, { factor: 'totp' })), 'yes');
    const half = new Someone(gateway, 'totp', new Client());
    const code = await half.password(await half.begin('courses'), 'totp', LDAP_PASSWORD);
    await kill();

    expectAway(await someone.begin('courses'));
    gateway.advance(30_000);
    expectAway(await half.code(code, someone.codeAt()));
    const fresh = new Someone(gateway, 'totp', new Client());
    const page = await fresh.password(await fresh.begin('courses'), 'totp', LDAP_PASSWORD);
    expect(page.text).toContain('If you have set up a passkey, sign in with it.');
    const elsewhere = await fresh.password(await fresh.begin('payroll'), 'totp', LDAP_PASSWORD);
    expect(elsewhere.text).toContain('your institution’s directory doesn’t answer. Try again');
  });

  it('a session of a password and a code asks for the passkey, and remembers nothing', async () => {
    const bob = await member('bob');
    const browser = new Someone(gateway, 'bob', new Client());
    const asked = await browser.password(await browser.begin('courses'), 'bob', LDAP_PASSWORD);
    await browser.remember(await bob.key.use(browser, asked, { uv: false }), 'yes');
    expect((await browser.begin('courses')).url.pathname).toBe('/courses');
    await kill();
    const page = await browser.begin('courses');
    expect(page.text).toContain(ONLY_PASSKEY);
    expect(asksPassword(page)).toBe(false);
    expect((await bob.key.use(browser, page)).url.pathname).toBe('/courses');
  });

  it('people of other directories notice nothing, not even of one that hangs', async () => {
    const eve = await member('eve');
    await gateway.addUser('local');
    slapd.pause();
    let answered = 0;
    const hanging = Array.from({ length: 12 }, async (_, index) => {
      const other = new Someone(gateway, 'eve', new Client());
      const page = await other.begin('payroll');
      const after = index % 2 ? other.password(page, 'eve', LDAP_PASSWORD) : eve.key.use(other, page);
      return after.finally(() => {
        answered += 1;
      });
    });
    const someone = new Someone(gateway, 'local', new Client());
    const page = await someone.password(await someone.begin('library'), 'local', PASSWORD);
    expect(page.url.pathname).toBe('/library');
    expect(answered).toBe(0);
    slapd.resume();
    const pages = await Promise.all(hanging);
    expect(pages.some(({ url }) => url.pathname === '/payroll')).toBe(true);
  });
});

describe('the last known state', () => {
  it('opens nothing where they were refused, locked, missed or taken from a group before', async () => {
    const barred = 'pwdAccountLockedTime';
    const disabled = await member('disabled');
    const tried = await member('tried');
    const missed = await member('missed');
    const guest = await member('guest');
    const stays = await member('stays');
    await look();
    await slapd.change(disabled.dn, 'add', barred, ['000001010000Z']);
    await slapd.rename(missed.dn, `uid=missed,ou=groups,${slapd.suffix}`);
    await slapd.change(`cn=staff,ou=groups,${slapd.suffix}`, 'delete', 'member', [guest.dn]);
    gateway.advance(MINUTE);
    await look();
    // Nobody has looked since, but this one was refused.
    await slapd.change(tried.dn, 'add', barred, ['000001010000Z']);
    expect((await tried.someone.begin('courses')).url.pathname).not.toBe('/courses');
    gateway.advance(2 * HOUR);
    expect((await elsewhere(guest, 'library')).page.url.pathname).toBe('/library');
    await kill();
    for (const one of [disabled, tried, missed, guest]) expectAway((await elsewhere(one)).page);
    expect((await elsewhere(stays)).page.url.pathname).toBe('/courses');
  });

  it('opens nothing once it is too old, and is renewed by the watch', async () => {
    const old = await member('old');
    gateway.advance(13 * HOUR);
    await look();
    await kill();
    gateway.advance(23 * HOUR);
    expect((await elsewhere(old)).page.url.pathname).toBe('/courses');
    gateway.advance(2 * HOUR);
    expectAway((await elsewhere(old)).page);
  });
});
