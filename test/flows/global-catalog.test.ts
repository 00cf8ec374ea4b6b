import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { DOUBLE_PASSWORD, type DomainDouble, startDomainDouble } from '../../src/directories/ldap/double.ts';
import { Client, type Reply } from '../support/client.ts';
import { temporaryFolder } from '../support/folders.ts';
import { type Gateway, PersonAtBrowser, startGateway } from '../support/gateway.ts';

const WRONG = 'The user name or the password isn’t right.';
const NEXT = 'Another-Horse-Battery-42';
const MINUTE = 60_000;

let university: DomainDouble;
let medicine: DomainDouble;
let unknown: DomainDouble;
let catalog: DomainDouble;
beforeAll(async () => {
  university = await startDomainDouble();
  medicine = await startDomainDouble(`DC=med,${university.base}`);
  unknown = await startDomainDouble('DC=partner,DC=example');
  catalog = await startDomainDouble(university.base, { catalogOf: [university, medicine, unknown] });
});
afterAll(() => Promise.all([university, medicine, unknown, catalog].map((it) => it.close())));
beforeEach(() => {
  for (const { asked } of [university, medicine, catalog]) asked.splice(0);
});

async function gateway(): Promise<Gateway> {
  const { base, servers, bindDn, bindPassword } = medicine.settings();
  const domains = [{ base, servers, bindDn, bindPassword }];
  const campus = university.settings({ globalCatalog: { servers: [catalog.url], domains } });
  const at = await startGateway({ folder: temporaryFolder(), config: { directories: { campus } } });
  onTestFinished(() => at.close());
  return at;
}

async function tries(at: Gateway, name: string, password = DOUBLE_PASSWORD) {
  const person = new PersonAtBrowser(at, new Client());
  return { person, page: await person.password(await person.begin('library'), name, password) };
}

const opened = (page: Reply) => page.url.pathname === '/library';
const subjectOf = async (person: PersonAtBrowser) =>
  ((await person.claims('library')) as { claims?: { sub?: string } } | undefined)?.claims?.sub;

/** S-1-5-21-… of a group (MS-DTYP section 2.4.2.2). */
const newSid = () => Buffer.concat([Buffer.from([1, 4, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0]), randomBytes(12)]);

it('finds people of every domain, and asks all else at their own', async () => {
  const [everywhere, own] = [newSid(), newSid()];
  university.add(`CN=Everywhere,${university.base}`, { objectClass: 'group', cn: 'Everywhere', objectSid: everywhere });
  medicine.add(`CN=Wards,${medicine.base}`, { objectClass: 'group', cn: 'Wards', objectSid: own });
  const dn = medicine.person('mary', { mail: 'mary@med.example' });
  medicine.add(dn, { ...medicine.entries.get(dn.toLowerCase())?.attributes, tokenGroups: [everywhere, own] } as never);
  university.person('ada');
  const at = await gateway();

  expect(opened((await tries(at, 'ada')).page)).toBe(true);
  expect(opened((await tries(at, 'mary')).page)).toBe(true);
  expect((await tries(at, 'mary', 'a guess')).page.text).toContain(WRONG);
  expect((await tries(at, 'nobody')).page.text).toContain(WRONG);

  const explained = await at.command('policy explain', [], { account: 'mary', application: 'library' });
  expect(explained.join('\n')).toMatch(/groups +Everywhere, Wards/);
  // A catalog has a part of what there is to know: it is asked who there is, and what groups are called.
  const atCatalog = catalog.asked.flatMap((it) => (it.operation === 'search' ? it.attributes : []));
  expect(new Set(atCatalog)).toEqual(new Set(['objectGUID', 'cn', 'memberOf', 'objectSid']));
  const bound = (of: DomainDouble) => of.asked.flatMap((it) => (it.operation === 'bind' ? it.dn : []));
  expect(bound(catalog).every((name) => name.startsWith('CN=Sallyport'))).toBe(true);
  expect(bound(medicine)).toContain(dn);
  expect(bound(university)).not.toContain(dn);
  const shown = (await at.command('ldap test', ['mary'])).join('\n');
  for (const { url } of [university, medicine, catalog]) expect(shown).toContain(`${url} takes the service account`);
});

it('believes a domain, and not the catalog, of how somebody stands', async () => {
  medicine.refuse(medicine.person('renewed'), '773');
  const disabled = medicine.person('disabled');
  unknown.person('partner');
  const at = await gateway();
  const before = await tries(at, 'disabled');
  expect(opened(before.page)).toBe(true);
  const entry = medicine.entries.get(disabled.toLowerCase());
  medicine.add(disabled, { ...entry?.attributes, userAccountControl: '514' } as never);
  expect(opened(await before.person.begin('library'))).toBe(false);
  expect((await tries(at, 'disabled')).page.text).toContain(WRONG);

  const { person, page } = await tries(at, 'renewed');
  expect(opened(await person.answer(page, { current: DOUBLE_PASSWORD, next: NEXT }))).toBe(true);
  expect(medicine.asked.filter(({ operation }) => operation === 'modify')).toHaveLength(1);
  // Of a domain that nobody named there is nobody.
  expect((await tries(at, 'partner')).page.text).toContain(WRONG);
});

it('needs no catalog for who has signed in, and knows who moved to another domain', async () => {
  const from = university.person('mover');
  const at = await gateway();
  const { person, page } = await tries(at, 'mover');
  expect(opened(page)).toBe(true);
  const first = await subjectOf(person);
  expect(first).toBeTypeOf('string');

  catalog.refer = { url: 'ldap://localhost:1', operations: ['search'] };
  expect(opened(await person.begin('library'))).toBe(true);
  expect((await tries(at, 'mover')).page.text).toContain('directory doesn’t answer');
  catalog.refer = undefined;

  const objectGUID = university.entries.get(from.toLowerCase())?.attributes.objectGUID?.[0];
  university.entries.delete(from.toLowerCase());
  medicine.person('mover', { objectGUID: objectGUID as Buffer });
  expect(opened(await person.begin('library'))).toBe(true);
  const again = await tries(at, 'mover');
  expect(await subjectOf(again.person)).toBe(first);
});

it('ends who has left a domain, and nobody while one is away', async () => {
  const leaver = medicine.person('leaver');
  medicine.person('stayer');
  const at = await gateway();
  const { watch } = at.app.building;
  const ids: string[] = [];
  for (const name of ['leaver', 'stayer']) {
    expect(opened((await tries(at, name)).page)).toBe(true);
    ids.push((await at.app.rooms.accounts.named(name))?.id ?? '');
  }
  const standings = () => Promise.all(ids.map(async (id) => (await at.app.rooms.accounts.byId(id))?.generation));
  const look = () => {
    at.advance(16 * MINUTE);
    return watch.look('campus');
  };
  await look();
  medicine.entries.delete(leaver.toLowerCase());
  medicine.refer = { url: 'ldap://localhost:1', operations: ['search'] };
  for (let time = 0; time < 3; time += 1)
    await expect(look()).rejects.toMatchObject({ code: 'ERR_DIRECTORY_UNAVAILABLE' });
  expect(await standings()).toEqual([0, 0]);
  medicine.refer = undefined;
  for (let time = 0; time < 3; time += 1) await look();
  expect(await standings()).toEqual([1, 0]);
});
