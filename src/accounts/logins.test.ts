import { describe, expect, it } from 'vitest';
import { recordingAudit, recordingLog } from '../../test/support/recording.ts';
import type { Account } from '../core/account.ts';
import type { Directory, Person } from '../core/directory.ts';
import { SallyportError } from '../core/errors.ts';
import { createLogins } from './logins.ts';

/** Two directories: the first answers as a test says, the second knows Ada and Bob. */
function scene() {
  const person = (key: string, username: string): Person => ({ key, username, name: username, status: 'active' });
  const first = { find: async (_username: string): Promise<Person | undefined> => undefined };
  const find = async (username: string) => (['ada', 'bob'].includes(username) ? person('second', username) : undefined);
  const directories = new Map<string, Directory>([
    ['first', { find: (username: string) => first.find(username) } as Directory],
    ['second', { find } as Directory],
  ]);
  const logins = createLogins({
    directories,
    routes: new Map(),
    signInWith: { names: ['username'], domains: [], realms: [] },
    log: recordingLog().log,
    audit: recordingAudit().audit,
    linkedTo: async () => undefined,
  });
  const away = () => new SallyportError('ERR_DIRECTORY_UNAVAILABLE', 'first is away');
  return { logins, first, person, away };
}

const never = () => new Promise<undefined>(() => undefined);

it('keeps nobody of another directory waiting for one that hangs, once that is known', async () => {
  const { logins, first, away } = scene();
  first.find = async () => {
    throw away();
  };
  expect(await logins.find('ada')).toMatchObject({ directory: 'second' });
  first.find = never;
  expect(await Promise.all(['ada', 'bob'].map(logins.find))).toMatchObject([
    { directory: 'second' },
    { directory: 'second' },
  ]);
});

it('gives a name to the first directory that knows it, as soon as that answers again', async () => {
  const { logins, first, person, away } = scene();
  first.find = async () => {
    throw away();
  };
  await logins.find('ada');
  first.find = async (username) => person('first', username);
  expect(await logins.find('ada')).toMatchObject({ directory: 'first' });
  // It is waited for again, however long it takes.
  let answer: (found: Person) => void = () => undefined;
  first.find = () => new Promise((resolve) => (answer = resolve));
  const asked = logins.find('ada');
  const early = await Promise.race([asked, new Promise((resolve) => setTimeout(resolve, 700, 'waits'))]);
  expect(early).toBe('waits');
  answer(person('first', 'ada'));
  expect(await asked).toMatchObject({ directory: 'first' });
});

it('tells nobody that they don’t exist while one is away', async () => {
  const { logins, first, away } = scene();
  first.find = async () => {
    throw away();
  };
  for (let round = 0; round < 2; round += 1) await expect(logins.find('eve')).rejects.toThrow('away');
});

describe('a name that another house says', () => {
  const person = (username: string): Person => ({ key: username, username, name: username, status: 'active' });
  const knows = (name: string, more: Partial<Directory> = {}) =>
    ({ find: async (username: string) => (username === name ? person(name) : undefined), ...more }) as Directory;
  const house = (name: string) => knows(name, { passwordless: true });
  const away = knows('', {
    find: async () => {
      throw new SallyportError('ERR_DIRECTORY_UNAVAILABLE', 'corp is away');
    },
  });

  function among(directories: Record<string, Directory>, links: Record<string, [string, string]> = {}) {
    const [audit, { log, lines }] = [recordingAudit(), recordingLog()];
    const logins = createLogins({
      ...{ directories: new Map(Object.entries(directories)), routes: new Map(), log, audit: audit.audit },
      signInWith: { names: ['username'], domains: [], realms: [] },
      linkedTo: async (directory, key) => {
        const [to, directoryKey] = links[`${directory} ${key}`] ?? [];
        return to === undefined ? undefined : ({ directory: to, directoryKey } as Account);
      },
    });
    return { logins, lines };
  }

  it('means nobody while a directory is away that may know it, before or behind', async () => {
    for (const directories of [
      { corp: away, house: house('ada') },
      { house: house('ada'), corp: away },
    ]) {
      const { logins } = among(directories);
      // Also once that is known, and the others are asked first.
      for (let round = 0; round < 2; round += 1) {
        await expect(logins.find('ada')).rejects.toThrow('corp is away');
        await expect(logins.meant('ada')).rejects.toThrow('corp is away');
      }
    }
  });

  it('means nobody where somebody else goes by it, and operators are told who', async () => {
    for (const directories of [
      { house: house('ada'), corp: knows('ada') },
      { house: house('ada'), corp: house('ada') },
    ]) {
      const { logins } = among(directories);
      expect(await logins.find('ada')).toBeUndefined();
      await expect(logins.meant('ada')).rejects.toThrow('ada could be house: ada, corp: ada');
    }
  });

  it('takes nothing from whoever is of a directory before it, nor from passwords', async () => {
    const { logins } = among({ corp: knows('ada'), house: house('ada') });
    expect(await logins.meant('ada')).toMatchObject({ directory: 'corp' });
    const behind = among({ house: house('ada'), corp: knows('ada') });
    expect(await behind.logins.withPassword('ada')).toMatchObject({ directory: 'corp' });
  });

  it('means them where nobody else goes by it, or who does is the account they are linked to', async () => {
    const directories = { house: house('ada'), corp: knows('ada'), other: knows('bob') };
    const linked = among(directories, { 'house ada': ['corp', 'ada'] });
    expect(await linked.logins.meant('ada')).toMatchObject({ directory: 'corp' });
    const { logins } = among({ house: house('ada'), other: knows('bob') });
    expect(await logins.find('ada')).toMatchObject({ directory: 'house' });
    const elsewhere = among(directories, { 'house ada': ['other', 'bob'] });
    expect(await elsewhere.logins.find('ada')).toBeUndefined();
  });
});
