import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Client, type Reply } from '../support/client.ts';
import { temporaryFolder } from '../support/folders.ts';
import { type Gateway, PersonAtBrowser, startGateway } from '../support/gateway.ts';
import { LDAP_PASSWORD, type Slapd, startSlapd } from '../support/slapd.ts';

const NEXT = 'a new one that nobody knows 42';

let slapd: Slapd;
beforeAll(async () => {
  slapd = await startSlapd();
});
afterAll(() => slapd.stop());

async function gateway(settings: Record<string, unknown> = {}, more: Record<string, unknown> = {}): Promise<Gateway> {
  const config = { directories: { campus: slapd.settings(settings) }, ...more };
  const started = await startGateway({ folder: temporaryFolder(), config });
  onTestFinished(() => started.close());
  return started;
}

async function tries(
  at: Gateway,
  name: string,
  password = LDAP_PASSWORD,
  person = new PersonAtBrowser(at, new Client()),
) {
  return { person, page: await person.password(await person.begin('library'), name, password) };
}

const opened = (page: Reply) => page.url.pathname === '/library';
const ALLOWED = { pwdAllowUserChange: 'TRUE', pwdMustChange: 'TRUE', pwdCheckQuality: '2' };

describe('a new password that the directory refuses', () => {
  it.each([
    ['short', { pwdMinLength: '60' }, NEXT, 'asks for a longer password'],
    ['history', { pwdInHistory: '5' }, 'one that I had before 17', 'had this password before'],
    ['forbidden', { pwdAllowUserChange: 'FALSE' }, NEXT, 'doesn’t let you change your password'],
  ])('says by which rule (%s)', async (uid, rules, next, why) => {
    const dn = await slapd.person(uid);
    await slapd.policy(uid, { ...ALLOWED, ...rules }, [dn]);
    // Set by somebody else, which is to be changed by its owner.
    for (const password of ['one that I had before 17', LDAP_PASSWORD])
      await slapd.change(dn, 'replace', 'userPassword', [password]);
    const at = await gateway();
    const { person, page } = await tries(at, uid);
    const refused = await person.answer(page, { current: LDAP_PASSWORD, next });
    expect(refused.text).toContain(why);
    expect((await tries(at, uid)).page.text).toContain('set by somebody else');
  });
});

describe('an expired password', () => {
  it('is changed on its last grace login, and spends but one', async () => {
    const dn = await slapd.person('grace');
    const policy = await slapd.policy('grace', { pwdMaxAge: '1', pwdGraceAuthNLimit: '1', pwdCheckQuality: '2' }, [dn]);
    await slapd.change(dn, 'replace', 'userPassword', [LDAP_PASSWORD]);
    const since = Date.now();
    const at = await gateway();
    await expect.poll(() => Date.now() - since, { timeout: 10_000 }).toBeGreaterThan(2_100);

    const { person, page } = await tries(at, 'grace');

    expect(page.text).toContain('Your password has expired.');
    expect(await slapd.values(dn, 'pwdGraceUseTime')).toHaveLength(1);
    await slapd.change(policy, 'add', 'pwdMinAge', ['86400']);
    const young = await person.answer(page, { current: LDAP_PASSWORD, next: NEXT });
    expect(young.text).toContain('was set only recently');
    await slapd.change(policy, 'delete', 'pwdMinAge', []);
    await slapd.change(policy, 'add', 'pwdMinLength', ['25']);
    const short = await person.answer(young, { current: LDAP_PASSWORD, next: 'a new but short one 42' });
    expect(short.text).toContain('asks for a longer password');
    expect(await slapd.values(dn, 'pwdGraceUseTime')).toHaveLength(1);
    await slapd.change(policy, 'replace', 'pwdMaxAge', ['86400']);
    const through = await person.answer(short, { current: LDAP_PASSWORD, next: NEXT });
    expect(opened(through)).toBe(true);
    expect(await slapd.values(dn, 'pwdGraceUseTime')).toEqual([]);
    expect(opened((await tries(at, 'grace', NEXT)).page)).toBe(true);
    expect(opened((await tries(at, 'grace')).page)).toBe(false);
  });
});

describe('the directory’s own lock', () => {
  const RULES = { ...ALLOWED, pwdLockout: 'TRUE', pwdMaxFailure: '5', pwdFailureCountInterval: '1800' };

  it('is never reached, whatever strangers and known browsers do at once', async () => {
    const dn = await slapd.person('target');
    await slapd.policy('strict', RULES, [dn]);
    const at = await gateway();
    const known = await Promise.all(Array.from({ length: 4 }, async () => (await tries(at, 'target')).person));
    const failures = async () => (await slapd.values(dn, 'pwdFailureTime')).length;
    const storm = (count: number, by: (index: number) => PersonAtBrowser) =>
      Array.from({ length: count }, (_, index) => tries(at, 'target', `guess ${index}`, by(index)));
    const stranger = () => new PersonAtBrowser(at, new Client());

    // The owner is in the midst of it, and every right password makes up for what was wrong before.
    await Promise.all([
      ...storm(50, stranger),
      ...storm(50, (index) => (index < 4 ? (known[index] ?? stranger()) : stranger())),
      tries(at, 'target', LDAP_PASSWORD),
    ]);

    expect(await failures()).toBeLessThan(5);
    for (const person of known) for (let time = 0; time < 5; time += 1) await tries(at, 'target', 'wrong', person);
    for (let time = 0; time < 5; time += 1) await tries(at, 'target', 'wrong');
    expect(await failures()).toBeLessThan(5);
    expect(await failures()).toBeGreaterThan(1);
    expect(await slapd.values(dn, 'pwdAccountLockedTime')).toEqual([]);
  });

  it('bounds names that nobody goes by alike', async () => {
    const dn = await slapd.person('real');
    await slapd.policy('real', RULES, [dn]);
    const at = await gateway();
    const looks = async (name: string) => {
      const texts: string[] = [];
      for (let time = 0; time < 4; time += 1)
        texts.push((await tries(at, name, 'wrong')).page.text.replaceAll(name, ''));
      return texts.map((text) => /isn’t right|Too many/.exec(text)?.[0]);
    };
    expect(await looks('unreal')).toEqual(await looks('real'));
    expect(new Set(await looks('another')).size).toBe(2);
  });
});
