import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Client, type Reply } from '../support/client.ts';
import { temporaryFolder } from '../support/folders.ts';
import { type Gateway, PersonAtBrowser, startGateway } from '../support/gateway.ts';
import { AD_PASSWORD, type DomainController, startDomainController } from '../support/samba.ts';

const NEXT = 'Another-Horse-Battery-42';
const WRONG = 'The user name or the password isn’t right.';

let dc: DomainController;
beforeAll(async () => {
  dc = await startDomainController();
}, 120_000);
afterAll(() => dc.stop());

async function gateway(settings: Record<string, unknown> = {}): Promise<Gateway> {
  const started = await startGateway({
    folder: temporaryFolder(),
    config: { directories: { campus: dc.settings(settings) } },
  });
  onTestFinished(() => started.close());
  return started;
}

async function tries(at: Gateway, name: string, password = AD_PASSWORD) {
  const person = new PersonAtBrowser(at, new Client());
  return { person, page: await person.password(await person.begin('library'), name, password) };
}

const opened = (page: Reply) => page.url.pathname === '/library';

describe('people of an Active Directory', () => {
  it('sign in by both of their names, with nested groups', async () => {
    await dc.person('ada', { 'given-name': 'Ada', surname: 'Lovelace', 'mail-address': 'ada@university.example' });
    for (const group of ['Engines', 'Science']) await dc.tool('group', 'add', group);
    await dc.tool('group', 'addmembers', 'Engines', 'ada');
    await dc.tool('group', 'addmembers', 'Science', 'Engines');
    const at = await gateway();
    expect(opened((await tries(at, 'ADA')).page)).toBe(true);
    expect(opened((await tries(at, 'ada@ad.university.example')).page)).toBe(true);
    for (const wrong of ['not it', ''])
      expect((await tries(at, 'ada', wrong)).page.text).not.toContain('Library knows');
    const explained = await at.command('policy explain', [], { account: 'ada', application: 'library' });
    expect(explained.join('\n')).toMatch(/groups .*Domain Users.*Engines.*Science/);
    const shown = (await at.command('ldap test', ['ada'], { bind: true }, `${AD_PASSWORD}\n`)).join('\n');
    expect(shown).toMatch(/the password: ok/);
    expect(shown).toMatch(/groups +.*Engines, .*Science/);
    expect(shown).not.toContain(AD_PASSWORD);
  });

  it('are found in the global catalog', async () => {
    await dc.person('cato', { 'mail-address': 'cato@university.example' });
    await dc.tool('group', 'add', 'Letters');
    await dc.tool('group', 'addmembers', 'Letters', 'cato');
    const at = await gateway({ globalCatalog: { servers: ['ldaps://localhost'] } });
    for (const name of ['cato', 'cato@ad.university.example']) expect(opened((await tries(at, name)).page)).toBe(true);
    for (const [name, password] of [['cato', 'not it'] as const, ['nobody', AD_PASSWORD] as const])
      expect((await tries(at, name, password)).page.text).toContain(WRONG);
    const explained = await at.command('policy explain', [], { account: 'cato', application: 'library' });
    expect(explained.join('\n')).toMatch(/groups .*Domain Users.*Letters/);
    const shown = (await at.command('ldap test', ['cato'])).join('\n');
    expect(shown).toContain('ldaps://localhost:3269 takes the service account');
  });

  it('change a password that must be changed, by the domain’s rules', async () => {
    const dn = await dc.person('reset');
    await dc.tool('domain', 'passwordsettings', 'set', '--min-pwd-age=0', '--history-length=5');
    await dc.change(dn, 'pwdLastSet', '0');
    const at = await gateway();
    expect((await tries(at, 'reset', 'not it')).page.text).toContain(WRONG);
    const { person, page } = await tries(at, 'reset');
    expect(page.text).toContain('set by somebody else');
    const simple = await person.answer(page, { current: AD_PASSWORD, next: 'allofitinlowerletters' });
    expect(simple.text).toContain('doesn’t take this password');
    const through = await person.answer(simple, { current: AD_PASSWORD, next: NEXT });
    expect(opened(through)).toBe(true);
    expect(opened((await tries(at, 'reset', NEXT)).page)).toBe(true);
  });

  it('are out when they are disabled or expired', async () => {
    await dc.person('leaver');
    const expired = await dc.person('former');
    const at = await gateway();
    expect(opened((await tries(at, 'leaver')).page)).toBe(true);
    expect(opened((await tries(at, 'former')).page)).toBe(true);
    await dc.tool('user', 'disable', 'leaver');
    await dc.change(expired, 'accountExpires', '132000000000000000');
    for (const name of ['leaver', 'former']) expect((await tries(at, name)).page.text, name).toContain(WRONG);
  });

  it('are never locked by the domain for what is guessed here', async () => {
    const dn = await dc.person('target');
    await dc.tool('domain', 'passwordsettings', 'set', '--account-lockout-threshold=5');
    const at = await gateway();
    const known = await tries(at, 'target');
    expect(opened(known.page)).toBe(true);
    await Promise.all(Array.from({ length: 40 }, (_, index) => tries(at, 'target', `guess ${index}`)));
    for (let time = 0; time < 6; time += 1)
      await known.person.password(await known.person.begin('library'), 'target', 'wrong').catch(() => undefined);
    const [failed = '0'] = await dc.values(dn, 'badPwdCount');
    expect(Number(failed)).toBeGreaterThan(0);
    expect(Number(failed)).toBeLessThan(5);
    expect((await dc.values(dn, 'lockoutTime')).filter((value) => value !== '0')).toEqual([]);
  });
});
