import { describe, expect, it } from 'vitest';
import type { Account } from '../core/account.ts';
import type { Directory, Person } from '../core/directory.ts';
import { createPeople } from './people.ts';
import { mayActOn, type Right, type Subject } from './scope.ts';

const RULES = {
  agents: [{ name: 'desk', groups: ['desk'], over: { groups: ['students'] }, may: ['view' as const] }],
  overEquals: false,
};

/** A directory of these people, of whom all are accounts as they were once. */
function fixture(count: number, change: (person: Person) => Person = (person) => person) {
  const before: Account[] = Array.from({ length: count }, (_, at) => ({
    ...{ id: `id-${at}`, directory: 'd', directoryKey: `k${at}`, username: `user${at}`, name: `Name ${at}` },
    ...{ groups: ['students'], createdAt: 0, revokedBefore: 0, generation: 0, countedTo: 0, version: 1 },
  }));
  let asked = 0;
  const now = before.map(({ directoryKey: key, username, name, groups }) =>
    change({ key, username, name, groups, status: 'active' }),
  );
  const directory: Pick<Directory, 'find' | 'byKey'> = {
    find: async (login) => now.find(({ username }) => username === login),
    byKey: async (key) => {
      asked += 1;
      return now.find((person) => person.key === key);
    },
  };
  const byId = async (id: string) => before.find((account) => account.id === id);
  const durable = {
    accounts: {
      byId,
      byDirectoryKey: async (_: string, key: string) => before.find(({ directoryKey }) => directoryKey === key),
      search: async (_: string, { limit }: { limit: number }) => before.slice(0, limit),
    },
  };
  const current = async (account: Account) => {
    const person = await directory.byKey(account.directoryKey);
    return person && { ...account, groups: person.groups };
  };
  const people = createPeople(
    { durable, factors: new Map() } as never,
    {
      accounts: {
        keep: async ({ person }: { person: Person }) => before.find(({ username }) => username === person.username),
      },
      credentials: {},
      logins: {
        find: async (login: string) => {
          const person = await directory.find(login);
          return person && { directory: 'd', person };
        },
      },
    } as never,
    current,
  );
  const may = (right: Right, target: Subject) => mayActOn(RULES, { id: 'agent', grants: RULES.agents }, target, right);
  const agent = { may, groups: () => ['students'] };
  return { people, agent, asked: () => asked };
}

describe('looking for people', () => {
  it('shows twenty, says that there are more, and asks the directory for no more than it shows', async () => {
    const { people, agent, asked } = fixture(500);
    const found = await people.search(agent, 'name');
    expect([found.people.length, found.more]).toEqual([20, true]);
    expect(asked()).toBeLessThan(25);
    expect(await people.search(fixture(5).agent, ' ')).toEqual({ people: [], more: false });
  });

  it('goes by the groups of now, and knows nobody whom the directory knows no more', async () => {
    const left = fixture(3, (person) => (person.key === 'k1' ? { ...person, groups: ['alumni'] } : person));
    const found = await left.people.search(left.agent, 'name');
    expect(found.people.map(({ id }) => id)).toEqual(['id-0', 'id-2']);
    expect(await left.people.person(left.agent, 'id-1')).toBeUndefined();
    expect(await left.people.known(left.agent, 'user1', 'view')).toBeUndefined();
    expect(await left.people.known(left.agent, 'user2', 'view')).toMatchObject({ id: 'id-2' });
    const gone = fixture(2, (person) => ({ ...person, key: `other-${person.key}` }));
    expect((await gone.people.search(gone.agent, 'name')).people).toEqual([]);
    expect(await gone.people.person(gone.agent, 'id-0')).toBeUndefined();
  });
});
