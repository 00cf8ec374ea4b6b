import { expect, it } from 'vitest';
import { recordingAudit, recordingLog } from '../../test/support/recording.ts';
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
