import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { DOUBLE_PASSWORD, type DomainDouble, startDomainDouble } from '../../src/directories/ldap/double.ts';
import { Client } from '../support/client.ts';
import { cuttable } from '../support/cuttable.ts';
import { temporaryFolder } from '../support/folders.ts';
import { type Gateway, PersonAtBrowser, startGateway } from '../support/gateway.ts';

const WRONG = 'The user name or the password isn’t right.';
const REALM = 'students.example';

let staff: DomainDouble;
let students: DomainDouble;
beforeAll(async () => {
  staff = await startDomainDouble();
  students = await startDomainDouble('DC=students,DC=example');
  staff.person('ada');
  staff.person('alan', { mail: 'alan@mail.example' });
  students.person('bob');
  students.person('bert', { mail: 'bert@mail.example' });
});
afterAll(() => Promise.all([staff.close(), students.close()]));

/** Two domains, and the tests' own directory before them. */
async function gateway(more: Record<string, unknown> = {}, others: Record<string, unknown> = {}): Promise<Gateway> {
  const directories = { staff: staff.settings(), students: { ...students.settings(), ...more } };
  const at = await startGateway({ folder: temporaryFolder(), config: { directories, ...others } });
  onTestFinished(() => at.close());
  return at;
}

async function tries(at: Gateway, name: string, password = 'a guess') {
  const person = new PersonAtBrowser(at, new Client());
  return person.password(await person.begin('library'), name, password);
}

/** What a wrong password under this name costs each of the servers, in any order. */
async function cost(at: Gateway, name: string): Promise<string[]> {
  for (const { asked } of [staff, students]) asked.splice(0);
  expect((await tries(at, name)).text).toContain(WRONG);
  return [staff, students].flatMap(({ asked }, index) =>
    asked
      // Connections of the service account stay open, as many as were needed at once.
      .filter((it) => it.operation !== 'bind' || !it.dn.startsWith('CN=Sallyport'))
      .map((it) => (it.operation === 'search' ? `${index}: search ${it.scope}` : `${index}: ${it.operation}`))
      .sort(),
  );
}

/** What somebody's costs, once connections are there: of each of them something else. */
async function kinds(at: Gateway, names: readonly string[]): Promise<string[][]> {
  const seen: string[][] = [];
  for (const name of names) {
    await cost(at, name);
    seen.push(await cost(at, name));
  }
  expect(new Set(seen.map((it) => JSON.stringify(it))).size).toBe(names.length);
  return seen;
}

/** Names that nobody goes by. */
const inventions = (count: number, behind = '') => Array.from({ length: count }, (_, index) => `n${index}${behind}`);

describe('a name that nobody goes by, where there are several directories', () => {
  it('costs the servers what somebody’s of one of them does, and always the same', async () => {
    const at = await gateway();
    await at.command('user add', ['cy'], { directory: 'local' }, 'the password of the local one');
    const known = await kinds(at, ['ada', 'bob', 'cy']);
    const seen = new Set<string>();
    for (const name of inventions(20)) {
      const it = await cost(at, name);
      expect(known).toContainEqual(it);
      expect(await cost(at, name)).toEqual(it);
      seen.add(JSON.stringify(it));
    }
    // No directory's people are told from all others.
    expect(seen.size).toBeGreaterThan(1);
  });

  it('costs the one whose realm it has what somebody’s does', async () => {
    const at = await gateway({ realms: [REALM] });
    const [known] = await kinds(at, [`bob@${REALM}`]);
    for (const name of inventions(8, `@${REALM}`)) expect(await cost(at, name)).toEqual(known);
  });

  it('costs the same by mail address', async () => {
    const at = await gateway({}, { signInWith: { names: ['username', 'email'] } });
    const mail = { directory: 'local', email: 'cy@mail.example' };
    await at.command('user add', ['cy'], mail, 'the password of the local one');
    const known = await kinds(
      at,
      ['alan', 'bert', 'cy'].map((name) => `${name}@mail.example`),
    );
    for (const name of inventions(5, '@mail.example')) expect(known).toContainEqual(await cost(at, name));
  });
});

describe('a directory that doesn’t answer', () => {
  it('lets people of the one before it in, who don’t wait for it', async () => {
    const line = await cuttable(students.url);
    const at = await gateway({ servers: [line.url], answerWithin: '60s', connectWithin: '30s' });
    line.delay(120_000);
    for (let time = 0; time < 2; time += 1)
      expect((await tries(at, 'ada', DOUBLE_PASSWORD)).url.pathname).toBe('/library');
  });
});

describe('a name of several in one directory', () => {
  it.each([2, 3])('means nobody of a later one either, in the place of whom it means here (%i)', async (count) => {
    const name = `shared-${count}`;
    const mail = `${name}@mail.example`;
    for (let each = 0; each < count; each += 1) staff.person(`${name}-${each}`, { sAMAccountName: name, mail });
    students.person(name, { mail });
    const at = await gateway({}, { signInWith: { names: ['username', 'email'] } });
    for (const typed of [name, mail]) expect((await tries(at, typed, DOUBLE_PASSWORD)).text).toContain(WRONG);
    const own = await gateway({ realms: [REALM] }, { signInWith: { names: ['username', 'email'] } });
    expect((await tries(own, `${name}@${REALM}`, DOUBLE_PASSWORD)).url.pathname).toBe('/library');
  });
});
