import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Client, type Reply } from '../support/client.ts';
import { type DirectoryServer, DS_PASSWORD, startDirectoryServer } from '../support/dirsrv.ts';
import { temporaryFolder } from '../support/folders.ts';
import { type Gateway, PersonAtBrowser, startGateway } from '../support/gateway.ts';

const WRONG = 'The user name or the password isn’t right.';
const NEXT = 'a new one that nobody knows 42';
const PAST = '20200101000000Z';

let server: DirectoryServer;
beforeAll(async () => {
  server = await startDirectoryServer();
}, 300_000);
afterAll(() => server?.stop());

async function gateway(settings: Record<string, unknown> = {}): Promise<Gateway> {
  const directories = { campus: server.settings(settings) };
  const started = await startGateway({ folder: temporaryFolder(), config: { directories } });
  onTestFinished(() => started.close());
  return started;
}

async function tries(at: Gateway, name: string, password = DS_PASSWORD) {
  const person = new PersonAtBrowser(at, new Client());
  return { person, page: await person.password(await person.begin('library'), name, password) };
}

const opened = (page: Reply) => page.url.pathname === '/library';
const subjectOf = async (person: PersonAtBrowser) =>
  ((await person.claims('library')) as { claims?: { sub?: string } } | undefined)?.claims?.sub;

describe('people of a 389 Directory Server', () => {
  it('sign in with nested groups, and stay the same when they are renamed', async () => {
    const dn = await server.person('ada', { cn: 'Ada Lovelace', mail: 'ada@university.example' });
    const groups = `ou=groups,${server.suffix}`;
    await server.add(`cn=engines,${groups}`, { objectClass: 'groupOfNames', cn: 'engines', member: dn });
    const inner = `cn=engines,${groups}`;
    await server.add(`cn=science,${groups}`, { objectClass: 'groupOfNames', cn: 'science', member: inner });
    const at = await gateway();
    const first = await tries(at, 'ada');
    expect(opened(first.page)).toBe(true);
    for (const wrong of ['not it', '']) expect(opened((await tries(at, 'ada', wrong)).page)).toBe(false);
    expect((await tries(at, 'nobody')).page.text).toContain(WRONG);
    const explained = await at.command('policy explain', [], { account: 'ada', application: 'library' });
    expect(explained.join('\n')).toMatch(/groups +engines, science\n/);
    const shown = (await at.command('ldap test', ['ada'], { bind: true }, `${DS_PASSWORD}\n`)).join('\n');
    expect(shown).toMatch(/the password: ok/);
    await server.rename(dn, `uid=countess,ou=people,${server.suffix}`);
    const renamed = await tries(at, 'countess');
    expect(await subjectOf(renamed.person)).toBe(await subjectOf(first.person));
  });

  it('choose another password where somebody else has set theirs, by the server’s rules', async () => {
    await server.replace('cn=config', { passwordMustChange: 'on', passwordCheckSyntax: 'on', passwordMinLength: '20' });
    onTestFinished(() => server.replace('cn=config', { passwordMustChange: 'off', passwordCheckSyntax: 'off' }));
    const dn = await server.person('reset');
    await server.replace(dn, { userPassword: DS_PASSWORD });
    const at = await gateway();
    expect((await tries(at, 'reset', 'not it')).page.text).toContain(WRONG);
    const { person, page } = await tries(at, 'reset');
    expect(page.text).toContain('set by somebody else');
    const short = await person.answer(page, { current: DS_PASSWORD, next: 'brief but new 42' });
    expect(short.text).toContain('finds this password too simple');
    expect(opened(await person.answer(short, { current: DS_PASSWORD, next: NEXT }))).toBe(true);
    expect(opened((await tries(at, 'reset', NEXT)).page)).toBe(true);
    expect(opened((await tries(at, 'reset')).page)).toBe(false);
  });

  it('come to a new password by a grace login, and by an expired one only if it is right', async () => {
    await server.replace('cn=config', { passwordExp: 'on', passwordGraceLimit: '1' });
    onTestFinished(() => server.replace('cn=config', { passwordExp: 'off', passwordGraceLimit: '0' }));
    const dn = await server.person('grace');
    await server.replace(dn, { passwordExpirationTime: PAST });
    const at = await gateway();
    expect((await tries(at, 'grace', 'not it')).page.text).toContain(WRONG);
    const { person, page } = await tries(at, 'grace');
    expect(page.text).toContain('Your password has expired.');
    expect(opened(await person.answer(page, { current: DS_PASSWORD, next: NEXT }))).toBe(true);

    // Where passwords no longer expire, the time of the end stays in the entry.
    await server.replace('cn=config', { passwordExp: 'off' });
    await server.replace(await server.person('lasting'), { passwordExpirationTime: PAST });
    expect(opened((await tries(at, 'lasting')).page)).toBe(true);

    await server.replace('cn=config', { passwordExp: 'on', passwordGraceLimit: '0' });
    await server.replace(await server.person('late'), { passwordExpirationTime: PAST });
    expect((await tries(at, 'late', 'not it')).page.text).toContain(WRONG);
    expect((await tries(at, 'late')).page.text).toContain('Your password has expired.');
  });

  it('are out when they are locked or disabled, which looks like a wrong password', async () => {
    await server.replace('cn=config', { passwordLockout: 'on', passwordMaxFailure: '3' });
    onTestFinished(() => server.replace('cn=config', { passwordLockout: 'off' }));
    const [locked, disabled] = [await server.person('locked'), await server.person('disabled')];
    const at = await gateway();
    const before = await tries(at, 'disabled');
    expect(opened(before.page)).toBe(true);
    for (let time = 0; time < 4; time += 1) await server.binds(locked, 'not it');
    expect(await server.binds(locked, DS_PASSWORD)).toBe(false);
    await server.append(disabled, 'nsAccountLock', ['true']);
    for (const name of ['locked', 'disabled'])
      for (const password of [DS_PASSWORD, 'not it'])
        expect((await tries(at, name, password)).page.text, `${name} ${password}`).toContain(WRONG);
    expect((await before.person.begin('library')).text).toContain('Sign in');
  });
});

describe('people as FreeIPA keeps them', () => {
  beforeAll(async () => {
    // Of FreeIPA's schema what the preset reads (60basev2.ldif, 60kerberos.ldif).
    const time = 'SYNTAX 1.3.6.1.4.1.1466.115.121.1.24 SINGLE-VALUE';
    await server.append('cn=schema', 'attributeTypes', [
      "( 2.16.840.1.113730.3.8.3.1 NAME 'ipaUniqueID' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )",
      `( 1.3.6.1.4.1.5322.21.2.1 NAME 'krbPrincipalExpiration' EQUALITY generalizedTimeMatch ${time} )`,
      `( 1.3.6.1.4.1.5322.21.2.2 NAME 'krbPasswordExpiration' EQUALITY generalizedTimeMatch ${time} )`,
    ]);
    await server.append('cn=schema', 'objectClasses', [
      "( 2.16.840.1.113730.3.8.4.1 NAME 'ipaPersonOfTests' SUP top AUXILIARY MUST ipaUniqueID MAY ( krbPrincipalExpiration $ krbPasswordExpiration ) )",
    ]);
  });

  const person = (uid: string, more: Record<string, string> = {}) =>
    server.person(uid, {
      objectClass: ['inetOrgPerson', 'posixAccount', 'ipaPersonOfTests'],
      ...{ ipaUniqueID: `id-of-${uid}`, uidNumber: '10001', gidNumber: '10001', homeDirectory: '/home' },
      ...more,
    });

  it('sign in, choose a new password when theirs has expired, and are out when they have ended', async () => {
    const dn = await person('ines');
    await person('overdue', { krbPasswordExpiration: PAST });
    await person('former', { krbPrincipalExpiration: PAST });
    const at = await gateway({ preset: 'freeipa' });
    const first = await tries(at, 'ines');
    expect(opened(first.page)).toBe(true);
    await server.rename(dn, `uid=inez,ou=people,${server.suffix}`);
    expect(await subjectOf((await tries(at, 'inez')).person)).toBe(await subjectOf(first.person));
    expect((await tries(at, 'overdue', 'not it')).page.text).toContain(WRONG);
    expect((await tries(at, 'overdue')).page.text).toContain('Your password has expired.');
    expect((await tries(at, 'former')).page.text).toContain(WRONG);
  });
});
