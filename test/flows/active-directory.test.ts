import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  DOUBLE_PASSWORD,
  type DomainDouble,
  type SubCode,
  startDomainDouble,
} from '../../src/directories/ldap/double.ts';
import { Client, type Reply } from '../support/client.ts';
import { temporaryFolder } from '../support/folders.ts';
import { type Gateway, PersonAtBrowser, startGateway } from '../support/gateway.ts';

const WRONG = 'The user name or the password isn’t right.';
const NEXT = 'Another-Horse-Battery-42';
/** Wrong passwords that a browser may give. */
const BUDGET = 2;

let dc: DomainDouble;
let at: Gateway;
let folder: string;
beforeAll(async () => {
  dc = await startDomainDouble();
  folder = mkdtempSync(join(tmpdir(), 'sallyport-domain-'));
  const config = { directories: { campus: dc.settings() }, lockout: { failures: BUDGET } };
  at = await startGateway({ folder, config });
});
afterAll(async () => {
  await at.close();
  await dc.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => void dc.asked.splice(0));

async function tries(name: string, password = DOUBLE_PASSWORD, person = new PersonAtBrowser(at, new Client())) {
  return { person, page: await person.password(await person.begin('library'), name, password) };
}

const opened = (page: Reply) => page.url.pathname === '/library';
/** What a page says, whoever it says it to and when. */
const said = ({ page }: { page: Reply }, name: string) => page.text.replaceAll(name, '').replace(/\d\d:\d\d/, '');

describe('a domain controller that refuses a password', () => {
  it.each<[SubCode, string]>([
    ['525', 'nobody'],
    ['52e', 'wrong'],
    ['530', 'not at this hour'],
    ['531', 'not from here'],
    ['533', 'disabled'],
    ['701', 'account expired'],
    ['775', 'locked'],
  ])('for %s (%s) is a wrong password to see, and counted as one', async (code) => {
    const name = `refused-${code}`;
    dc.refuse(dc.person(name), code);
    const looks = async (login: string) => {
      const texts: string[] = [];
      for (let time = 0; time <= BUDGET; time += 1) texts.push(said(await tries(login), login));
      return texts;
    };
    const seen = await looks(name);
    expect(seen.slice(0, BUDGET).every((text) => text.includes(WRONG))).toBe(true);
    expect(seen[BUDGET]).toContain('Too many');
    // It looks as what nobody goes by does, and the domain hears of no more than that.
    expect(await looks(`nobody-${code}`)).toEqual(seen);
    expect(dc.asked.filter((it) => it.operation === 'bind' && it.dn.includes(name))).toHaveLength(BUDGET);
  });

  it.each<[SubCode, string]>([
    ['532', 'Your password has expired.'],
    ['773', 'Your password was set by somebody else.'],
  ])('for %s leads to a new one, and counts nothing against its owner', async (code, why) => {
    const name = `renewed-${code}`;
    const dn = dc.person(name);
    dc.refuse(dn, code);
    for (let time = 0; time < BUDGET; time += 1) expect((await tries(name)).page.text).toContain(why);
    const { person, page } = await tries(name);
    expect(page.text).toContain(why);
    expect(opened(await person.begin('library'))).toBe(false);

    const short = await person.answer(page, { current: DOUBLE_PASSWORD, next: 'a new one that is long enough' });
    expect(opened(short)).toBe(true);
    expect(dc.passwordOf(dn)).toBe('a new one that is long enough');
    // By the service account, since its owner can't bind: but the old password was given as well.
    const changes = dc.asked.filter((it) => it.operation === 'modify');
    expect(changes).toMatchObject([{ as: /^CN=Sallyport/, changes: ['delete unicodePwd', 'add unicodePwd'] }]);
    expect(opened((await tries(name, 'a new one that is long enough')).page)).toBe(true);
    expect((await tries(name)).page.text).toContain(WRONG);
  });

  it.each<SubCode>(['532', '773'])('for %s proves nothing with another password', async (code) => {
    const name = `guessed-${code}`;
    dc.refuse(dc.person(name), code);
    for (let time = 0; time < BUDGET; time += 1) expect((await tries(name, 'a guess')).page.text).toContain(WRONG);
    expect((await tries(name, 'a guess')).page.text).toContain('Too many');
  });

  it('says so for somebody whose entry says more than the refusal', async () => {
    const dn = dc.person('left', { userAccountControl: '514' });
    dc.refuse(dn, '532');
    expect((await tries('left')).page.text).toContain(WRONG);
    expect(dc.asked.filter(({ operation }) => operation === 'modify')).toEqual([]);
  });
});

describe('an entry of which the service account may not read how it stands', () => {
  it('opens nothing, whatever its owner has, and loses nothing by that', async () => {
    const dn = dc.person('unread');
    const { person, page } = await tries('unread');
    expect(opened(page)).toBe(true);
    const whole = dc.entries.get(dn.toLowerCase())?.attributes ?? {};
    // As where members of Pre-Windows 2000 Compatible Access were taken out: nobody else reads account restrictions.
    const { userAccountControl: _, pwdLastSet: _p, ...rest } = whole;
    dc.add(dn, rest as never);
    expect(opened(await person.begin('library'))).toBe(false);
    expect((await tries('unread')).page.text).toContain(WRONG);
    dc.add(dn, whole as never);
    expect(opened(await person.begin('library'))).toBe(true);
  });
});

describe('a server that isn’t Active Directory', () => {
  it('proves no password by a refusal, whatever it says of it', async () => {
    const settings = dc.settings({ preset: 'openldap', attributes: { key: 'cn', username: ['sAMAccountName'] } });
    const config = { directories: { campus: { ...settings, filter: '(cn=*)', groups: { from: 'nowhere' } } } };
    const other = await startGateway({ folder: temporaryFolder(), config });
    onTestFinished(() => other.close());
    const dn = dc.person('elsewhere', { objectClass: ['inetOrgPerson'] });
    const enters = async () => (await tries('elsewhere', DOUBLE_PASSWORD, new PersonAtBrowser(other))).page;
    expect(opened(await enters())).toBe(true);
    dc.refuse(dn, '773');
    expect((await enters()).text).toContain(WRONG);
  });
});

describe('the first of several servers', () => {
  it.each([
    ['is silent', ''],
    // bindResponse: unavailable.
    ['is starting', '300c02010161070a013404000400'],
  ])('keeps nobody out that can be reached and %s', async (_, answer) => {
    let asked = 0;
    const first = createServer((socket) => {
      asked += 1;
      socket.on('error', () => undefined).on('data', () => void socket.write(Buffer.from(answer, 'hex')));
    });
    await new Promise<void>((done) => first.listen(0, 'localhost', done));
    onTestFinished(() => void first.close());
    const servers = [`ldap://localhost:${(first.address() as AddressInfo).port}`, dc.url];
    const config = { directories: { campus: dc.settings({ servers, answerWithin: '500ms' }) } };
    const other = await startGateway({ folder: temporaryFolder(), config });
    onTestFinished(() => other.close());
    dc.person('patient');
    expect(opened((await tries('patient', DOUBLE_PASSWORD, new PersonAtBrowser(other, new Client()))).page)).toBe(true);
    expect(asked).toBeGreaterThan(0);
  });
});

describe('a 389 Directory Server', () => {
  it('locks for good by a time of nothing, and nothing else opens either', async () => {
    const settings = dc.settings({ preset: '389-ds', attributes: { key: 'cn', username: ['sAMAccountName'] } });
    const config = { directories: { campus: { ...settings, filter: '(cn=*)', groups: { from: 'nowhere' } } } };
    const other = await startGateway({ folder: temporaryFolder(), config });
    onTestFinished(() => other.close());
    const dn = dc.person('for-good', { objectClass: ['inetOrgPerson'] });
    const { person, page } = await tries('for-good', DOUBLE_PASSWORD, new PersonAtBrowser(other, new Client()));
    expect(opened(page)).toBe(true);
    const { attributes } = dc.entries.get(dn.toLowerCase()) ?? {};
    dc.add(dn, { ...attributes, accountUnlockTime: '19700101000000Z' } as never);
    expect(opened(await person.begin('library'))).toBe(false);
    dc.add(dn, { ...attributes, accountUnlockTime: '20200101000000Z' } as never);
    expect(opened(await person.begin('library'))).toBe(true);
  });
});

describe('a lock by wrong passwords that ends by itself', () => {
  const ago = (minutes: number) =>
    `${new Date(Date.now() - minutes * 60_000).toISOString().replace(/\D/g, '').slice(0, 14)}Z`;

  it.each([
    ['openldap', (minutes: number) => ({ pwdAccountLockedTime: ago(minutes) })],
    ['freeipa', (minutes: number) => ({ krbLoginFailedCount: '6', krbLastFailedAuth: ago(minutes) })],
  ] as const)('opens nothing while it lasts, whatever its owner has (%s)', async (preset, locked) => {
    const settings = dc.settings({ preset, attributes: { key: 'cn', username: ['sAMAccountName'] } });
    const objectClass = ['inetOrgPerson', 'posixAccount'];
    const config = { directories: { campus: { ...settings, groups: { from: 'nowhere' } } } };
    const other = await startGateway({ folder: temporaryFolder(), config });
    onTestFinished(() => other.close());
    const dn = dc.person(`while-${preset}`, { objectClass });
    const { person, page } = await tries(`while-${preset}`, DOUBLE_PASSWORD, new PersonAtBrowser(other, new Client()));
    expect(opened(page)).toBe(true);
    const { attributes } = dc.entries.get(dn.toLowerCase()) ?? {};
    dc.add(dn, { ...attributes, ...locked(1) } as never);
    expect(opened(await person.begin('library'))).toBe(false);
    dc.add(dn, { ...attributes, ...locked(31) } as never);
    expect(opened(await person.begin('library'))).toBe(true);
  });
});

describe('a server that sends elsewhere', () => {
  it.each([
    ['bind', 'Your password can’t be checked right now.'],
    ['search', 'directory doesn’t answer'],
    ['modify', 'directory doesn’t answer'],
  ] as const)('isn’t followed (%s)', async (operation, why) => {
    let followed = 0;
    const elsewhere = createServer((socket) => {
      followed += 1;
      socket.destroy();
    });
    await new Promise<void>((done) => elsewhere.listen(0, 'localhost', done));
    onTestFinished(() => void elsewhere.close());
    const { port } = elsewhere.address() as AddressInfo;
    const name = `sent-${operation}`;
    const dn = dc.person(name);
    if (operation === 'modify') dc.refuse(dn, '773');
    dc.refer = { url: `ldap://localhost:${port}/${dn}`, operations: [operation] };
    onTestFinished(() => {
      dc.refer = undefined;
    });
    const { person, page } = await tries(name);
    const end = operation === 'modify' ? await person.answer(page, { current: DOUBLE_PASSWORD, next: NEXT }) : page;
    expect(end.text).toContain(why);
    expect(dc.asked.map((it) => it.operation)).toContain(operation);
    expect(dc.passwordOf(dn)).toBe(DOUBLE_PASSWORD);
    expect(followed).toBe(0);
  });
});

describe('how old a password is', () => {
  /** What a visit with a session asks of the domain controller, under this profile. */
  async function visit(profile: 'nist' | 'classic'): Promise<number> {
    const config = { directories: { campus: dc.settings() }, passwordPolicy: { default: profile } };
    const own = await startGateway({ folder: temporaryFolder(), config });
    onTestFinished(() => own.close());
    const name = `visits-${profile}`;
    dc.person(name, { pwdLastSet: String((Date.now() + 11_644_473_600_000) * 10_000) });
    const { person, page } = await tries(name, DOUBLE_PASSWORD, new PersonAtBrowser(own, new Client()));
    expect(opened(page)).toBe(true);
    dc.asked.splice(0);
    expect(opened(await person.begin('library'))).toBe(true);
    return dc.asked.filter(({ operation }) => operation === 'search').length;
  }

  it('is known by what is asked at a visit anyway', async () => {
    const asked = await visit('nist');
    expect(await visit('classic')).toBe(asked);
    // By the authorization request and by the exchange of its code, each once: for the person, and for the groups.
    expect(asked).toBe(4);
  });
});
