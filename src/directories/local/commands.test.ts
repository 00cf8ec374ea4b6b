import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { CommandInput } from '../../core/directory.ts';
import { SallyportError } from '../../core/errors.ts';
import type { SignInWith } from '../../core/logins.ts';
import { createQueue } from '../../core/queue.ts';
import { commands } from './commands.ts';
import { LocalDirectory } from './directory.ts';
import { createMemoryRecords } from './double.ts';
import { createHasher } from './hasher.ts';
import { generatePassword } from './passwords.ts';
import { createPeople } from './people.ts';

const PLAIN: SignInWith = { names: ['username'], domains: [], realms: [] };

function fixture(signInWith = PLAIN) {
  const records = createMemoryRecords();
  const hasher = createHasher({ memory: 64, passes: 1, parallelism: 1 }, createQueue(2, 10));
  const directory = new LocalDirectory(createPeople(records), hasher, {
    now: () => 1000,
    random: randomBytes,
    signInWith,
  });
  const run = async (name: string, args: string[], input: Partial<CommandInput> = {}) => {
    const found = commands.find((command) => command.name === name);
    if (!found) throw new Error(`no command ${name}`);
    const result = await found.run(directory, { args, options: {}, ...input });
    expect(JSON.stringify(result)).not.toContain('$argon2');
    return result;
  };
  const signIn = async (username: string, password: string) =>
    directory.verifyPassword((await directory.find(username))?.key, password);
  return { directory, hasher, records, run, signIn };
}

describe('user add', () => {
  it('adds a person with the password of standard input', async () => {
    const { directory, run, signIn } = fixture();
    const options = { name: 'Ada Lovelace', email: 'ada@example.edu', groups: 'staff, cs,staff' };
    const result = await run('user add', ['ada'], { options, stdin: ' pass word \r\nsecond line\n' });
    const person = await directory.find('ada');
    expect(person).toMatchObject({
      username: 'ada',
      name: 'Ada Lovelace',
      email: 'ada@example.edu',
      groups: ['staff', 'cs'],
      status: 'active',
    });
    expect(result).toEqual({
      lines: ['Added ada.'],
      exitCode: 0,
      audit: [{ event: 'user.added', key: person?.key, detail: { username: 'ada' } }],
    });
    expect(await signIn('ada', ' pass word ')).toBe('must-change');
  });

  it('makes a password where none is given', async () => {
    const { run, signIn } = fixture();
    const { lines } = await run('user add', ['ada'], { stdin: '\n' });
    const password = lines.join('\n').match(/: (([2-9a-hj-km-np-z]{5}-){3}[2-9a-hj-km-np-z]{5})$/)?.[1] ?? '';
    expect(await signIn('ada', password)).toBe('must-change');
  });

  it('refuses a name that is taken, and says all that is wrong', async () => {
    const { run, signIn } = fixture();
    await run('user add', ['ada'], { stdin: 'first' });
    expect(await run('user add', ['ＡＤＡ'], { stdin: 'second' })).toMatchObject({ exitCode: 1 });
    expect(await signIn('ada', 'first')).toBe('must-change');
    const faulty = await run('user add', ['a b'], { options: { email: 'x', name: 'a\u001b[31m' }, stdin: 'x' });
    expect(faulty.exitCode).toBe(1);
    expect(faulty.lines).toHaveLength(3);
    expect(await run('user add', ['bob'], { stdin: 'a\u0000' })).toMatchObject({ exitCode: 1 });
    expect(await run('user add', [], { stdin: 'x' })).toMatchObject({ exitCode: 1 });
  });
});

describe('on one person', () => {
  it('user passwd changes the password and ends the sessions', async () => {
    const { directory, run, signIn } = fixture();
    await run('user add', ['ada'], { stdin: 'old' });
    const key = (await directory.find('ada'))?.key;
    expect(await run('user passwd', ['Ada'], { stdin: 'new' })).toMatchObject({
      exitCode: 0,
      revoke: [key],
      audit: [{ event: 'user.password-set', key }],
    });
    expect([await signIn('ada', 'old'), await signIn('ada', 'new')]).toEqual(['wrong', 'must-change']);
  });

  it('user disable ends the sessions, user enable lets in again', async () => {
    const { directory, run } = fixture();
    await run('user add', ['ada'], { stdin: 'x' });
    const key = (await directory.find('ada'))?.key;
    expect(await run('user disable', ['ada'])).toMatchObject({
      revoke: [key],
      audit: [{ event: 'user.disabled', key }],
    });
    expect(await directory.find('ada')).toMatchObject({ status: 'disabled' });
    const enabled = await run('user enable', ['ada']);
    expect(enabled).toMatchObject({ exitCode: 0, audit: [{ event: 'user.enabled', key }] });
    expect(enabled).not.toHaveProperty('revoke');
    expect(await directory.find('ada')).toMatchObject({ status: 'active' });
  });

  it.each(['user passwd', 'user disable', 'user enable'])('%s says when there is nobody', async (name) => {
    const { run } = fixture();
    expect(await run(name, ['eve'], { stdin: 'x' })).toEqual({ lines: ['There is no user "eve".'], exitCode: 1 });
  });
});

describe('a name that could be two people', () => {
  const both: SignInWith = { names: ['username', 'email'], domains: [], realms: ['uni.example'] };

  it('is given to nobody by user add', async () => {
    const { run } = fixture(both);
    expect((await run('user add', ['ada'], { stdin: 'x', options: { email: 'lovelace@uni.example' } })).exitCode).toBe(
      0,
    );
    const taken = [
      ['lovelace', {}],
      ['bob', { email: 'Lovelace@Uni.example' }],
      ['ada@uni.example', {}],
      ['carl', { email: 'ada@uni.example' }],
    ] as const;
    for (const [username, options] of taken) {
      const { lines, exitCode } = await run('user add', [username], { stdin: 'x', options });
      expect([exitCode, lines]).toEqual([1, [expect.stringContaining('one could mean ada as well')]]);
    }
    expect((await run('user add', ['dan'], { stdin: 'x', options: { email: 'ada@elsewhere.example' } })).exitCode).toBe(
      0,
    );
  });

  it('is refused at import, with its line, in the file and against the directory', async () => {
    const { directory, run } = fixture(both);
    await run('user add', ['ada'], { stdin: 'x', options: { email: 'ada@x.example' } });
    const stdin = [
      'username,email',
      'bob,same@x.example',
      'carl,SAME@x.example',
      'dan,ada@x.example',
      'eve,bob@uni.example',
      'fred,fred@x.example',
    ].join('\n');
    const { lines, exitCode } = await run('user import', [], { stdin });
    expect(exitCode).toBe(1);
    expect(lines).toEqual([
      'line 2: by "bob@uni.example" one could mean eve of line 5 as well',
      'line 3: by "SAME@x.example" one could mean bob of line 2 as well',
      'line 4: by "ada@x.example" one could mean ada as well',
      'line 5: by "bob@uni.example" one could mean bob of line 2 as well',
      'Nothing was imported.',
    ]);
    expect(await directory.find('fred')).toBeUndefined();
  });

  it('is none where an address moves from one to another in one file', async () => {
    const { directory, run } = fixture(both);
    await run('user add', ['ada'], { stdin: 'x', options: { email: 'desk@x.example' } });
    await run('user add', ['bob'], { stdin: 'x' });
    const stdin = 'username,email\nada,\nbob,desk@x.example\n';
    expect(await run('user import', [], { stdin, options: { update: true } })).toMatchObject({ exitCode: 0 });
    expect((await directory.byEmail('DESK@x.example')).map(({ username }) => username)).toEqual(['bob']);
  });
});

describe('user import', () => {
  it('imports people, with passwords or hashes or neither', async () => {
    const { directory, hasher, run, signIn } = fixture();
    const hash = await hasher.hash('bobs');
    const stdin = [
      'username,name,email,groups,password,passwordHash',
      'ada,"Lovelace, Ada",ada@example.edu,staff;cs,adas,',
      `bob,,,staff|cs,,"${hash}"`,
      '王小明,王小明,,,,',
    ].join('\r\n');
    const result = await run('user import', [], { stdin });
    expect(result).toMatchObject({ lines: ['3 added, 0 updated.'], exitCode: 0, revoke: [] });
    expect(result.audit).toHaveLength(3);
    expect(await directory.find('ada')).toMatchObject({ name: 'Lovelace, Ada', groups: ['staff', 'cs'] });
    expect(await directory.find('bob')).toMatchObject({ name: 'bob', groups: ['staff', 'cs'] });
    expect([await signIn('ada', 'adas'), await signIn('bob', 'bobs'), await signIn('王小明', '')]).toEqual([
      'must-change',
      'ok',
      'wrong',
    ]);
  });

  it('takes what spreadsheets write: names of columns in any case, sep=, semicolons', async () => {
    const { directory, run } = fixture();
    const stdin = 'sep=;\r\nUPN;Display Name;E-Mail;Groups\r\nada@example.edu;Ada, Lady;ada@example.edu;"staff;cs"\r\n';
    expect(await run('user import', [], { stdin })).toMatchObject({ exitCode: 0 });
    expect(await directory.find('ada@example.edu')).toMatchObject({ name: 'Ada, Lady', groups: ['staff', 'cs'] });
  });

  it('reports every fault with its line, and imports nothing', async () => {
    const { directory, run } = fixture();
    await run('user add', ['eve'], { stdin: 'x' });
    const stdin = [
      'username,email,password,passwordHash',
      'ada,ada@example.edu,x,',
      'a b,not an address,,$2b$12$abc',
      'Ada,,,',
      'eve,,,',
      'bob,,',
      'carl,,x,y',
      '"dave,,,',
    ].join('\n');
    const { lines, exitCode } = await run('user import', [], { stdin });
    expect(exitCode).toBe(1);
    expect(lines.map((line) => line.match(/^line (\d+)/)?.[1])).toEqual([
      '3',
      '3',
      '3',
      '4',
      '5',
      '6',
      '7',
      '8',
      undefined,
    ]);
    expect(lines[3]).toContain('line 2');
    expect(lines[4]).toContain('--update');
    expect(await directory.find('ada')).toBeUndefined();
  });

  it.each([
    ['', 'empty'],
    ['name\nAda', 'username is missing'],
    ['username,role\nada,x', 'unknown column "role"'],
    ['username,username\nada,x', 'twice'],
    ['user"name\nada', 'quotation mark'],
  ])('refuses a file with a faulty header: %j', async (stdin, message) => {
    const { lines, exitCode } = await fixture().run('user import', [], { stdin });
    expect(exitCode).toBe(1);
    expect(lines.join('\n')).toContain(message);
  });

  it('changes people with --update: what is named, and sessions end with the password', async () => {
    const { directory, run, signIn } = fixture();
    await run('user add', ['ada'], { stdin: 'old', options: { name: 'Ada', email: 'a@b', groups: 'staff' } });
    await run('user add', ['bob'], { stdin: 'old', options: { name: 'Bob', email: 'b@b', groups: 'staff' } });
    const key = (await directory.find('ada'))?.key;
    const stdin = 'username,email,password\nADA,,new\nbob,bob@b,\ncarl,,\n';
    const result = await run('user import', [], { stdin, options: { update: true } });
    expect(result).toMatchObject({ lines: ['1 added, 2 updated.'], exitCode: 0, revoke: [key] });
    const set = result.audit?.filter(({ event }) => event === 'user.password-set');
    expect(set).toEqual([{ event: 'user.password-set', key, detail: { username: 'ADA' } }]);
    const ada = await directory.find('ada');
    expect(ada).toMatchObject({ key, username: 'ada', name: 'Ada', groups: ['staff'] });
    expect(ada).not.toHaveProperty('email');
    expect(await directory.find('bob')).toMatchObject({ name: 'Bob', email: 'bob@b' });
    expect([await signIn('ada', 'new'), await signIn('bob', 'old')]).toEqual(['must-change', 'must-change']);
  });

  it('says how far it came when the store goes away, and keeps the audit of what was done', async () => {
    const { directory, records, run } = fixture();
    const { insert } = records;
    records.insert = async (record) => {
      if (record.lookup === 'bob') throw new SallyportError('ERR_STORE_UNAVAILABLE', 'the store is away');
      return insert(record);
    };
    const result = await run('user import', [], { stdin: 'username\nada\nbob\ncarl' });
    expect(result).toMatchObject({ exitCode: 1, audit: [{ event: 'user.added' }] });
    expect(result.lines).toEqual([expect.stringMatching(/^line 3: the store is away/), '1 added, 0 updated.']);
    expect(await directory.find('carl')).toBeUndefined();
  });
});

it('user list shows everyone in order, without secrets', async () => {
  const { run } = fixture();
  await run('user import', [], { stdin: 'username,groups,password\nbob,a;b,x\nada,,' });
  expect((await run('user list', [])).lines.slice(1)).toEqual([
    'ada\tada\t\t\tactive\tno',
    'bob\tbob\t\ta;b\tactive\tyes',
  ]);
});

it('a generated password draws every character equally', () => {
  let drawn = 0;
  const random = (bytes: number) => {
    const out = Buffer.alloc(bytes);
    for (let at = 0; at < bytes; at++) out[at] = createHash('sha256').update(`${drawn++}`).digest()[0] ?? 0;
    return out;
  };
  const counts = new Map<string, number>();
  for (let times = 0; times < 500; times++) {
    for (const character of generatePassword(random).replaceAll('-', '')) {
      counts.set(character, (counts.get(character) ?? 0) + 1);
    }
  }
  expect(counts.size).toBe(31);
  for (const count of counts.values()) expect(Math.abs(count - 10_000 / 31)).toBeLessThan(100);
});

it('refuses a directory of another kind', async () => {
  const other = {
    find: async () => undefined,
    byKey: async () => undefined,
    verifyPassword: async () => 'wrong' as const,
  };
  await expect(commands[0]?.run(other, { args: ['ada'], options: {} })).rejects.toThrow('local directory');
});
