import { setImmediate } from 'node:timers/promises';
import type { Account } from '../core/account.ts';
import { isOut, isUsable } from '../core/account.ts';
import type { Person } from '../core/directory.ts';
import type { CredentialFact } from '../core/store.ts';
import type { StatisticsNeeds } from './needs.ts';

/** Accounts that are read at once: all that is held of them. */
const PAGE = 500;

/** Somebody in scope, with what is told of their methods without opening them. */
export interface Counted {
  account: Account;
  methods: CredentialFact[];
  /** They have never signed in: what stands for their account is as it would be if they did now. */
  stranger?: true;
}

/** As much of somebody as says whether they are in scope. */
export type Whom = Pick<Account, 'id' | 'profile'> & { groups?: readonly string[] | undefined };

/** Whether this agent's reports speak of somebody, by the groups that their last sign-in brought. */
export type InScope = (person: Whom) => boolean;

/** Everybody in scope, some hundreds at a time; others get their turn in between. */
export async function* peopleIn(
  { durable }: Pick<StatisticsNeeds, 'durable'>,
  inScope: InScope,
): AsyncGenerator<Counted[]> {
  let after: string | undefined;
  for (;;) {
    const page = await durable.accounts.list({ limit: PAGE, ...(after === undefined ? {} : { after }) });
    // Who has left is asked for nothing any more, and would be among those who aren't through for ever.
    const accounts = page.filter((account) => !isOut(account.standing) && inScope(account));
    const methods = Map.groupBy(
      await durable.credentials.ofAccounts(accounts.map(({ id }) => id)),
      ({ account }) => account,
    );
    if (accounts.length > 0) yield accounts.map((account) => ({ account, methods: methods.get(account.id) ?? [] }));
    after = page.at(-1)?.id;
    if (page.length < PAGE) return;
    await setImmediate();
  }
}

/** Everybody in scope whom a directory lists and who has never signed in. */
export async function* strangersIn(
  { durable, directories, now }: Pick<StatisticsNeeds, 'durable' | 'directories' | 'now'>,
  inScope: InScope,
): AsyncGenerator<Counted[]> {
  for (const [id, directory] of directories) {
    const everybody = directory.list?.();
    if (everybody === undefined) continue;
    for await (const page of pagesOf(everybody)) {
      const candidates = page.filter(
        ({ status, groups, profile }) =>
          isUsable(status) && inScope({ id: '', ...(groups && { groups }), ...(profile && { profile }) }),
      );
      const known = await Promise.all(candidates.map(({ key }) => durable.accounts.byDirectoryKey(id, key)));
      const strangers = candidates.filter((_, at) => known[at] === undefined);
      if (strangers.length > 0) yield strangers.map((person) => strangerOf(id, person, now()));
      await setImmediate();
    }
  }
}

async function* pagesOf(people: AsyncIterable<Person>): AsyncGenerator<Person[]> {
  let page: Person[] = [];
  for await (const person of people) {
    page.push(person);
    if (page.length < PAGE) continue;
    yield page;
    page = [];
  }
  yield page;
}

function strangerOf(directory: string, { key, username, name, email, groups }: Person, now: number): Counted {
  const account: Account = {
    ...{ id: '', directory, directoryKey: key, username, name, groups },
    ...(email === undefined ? {} : { email }),
    ...{ createdAt: now, revokedBefore: 0, generation: 0, countedTo: 0, version: 0 },
  };
  return { account, methods: [], stranger: true };
}
