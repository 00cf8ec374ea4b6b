import { isDeepStrictEqual } from 'node:util';
import { emailKey, foldName } from '../../core/logins.ts';
import type { Person } from '../../core/person.ts';
import type { RecordStore } from '../../core/store.ts';

/** Rounds of compare-and-set before giving up. */
const ROUNDS = 10;
const PAGE = 200;

/** Those who have come by a provider, as it last described them. The record's id is their key. */
export interface People {
  get(key: string): Promise<Person | undefined>;
  keep(person: Person): Promise<void>;
  /** Two at most: names are the provider's, which may give one to several. */
  byName(typed: string): Promise<Person[]>;
  all(): AsyncGenerator<Person>;
}

const read = ({ data }: { data: string }): Person => JSON.parse(data) as Person;

function keysOf({ username, email }: Person): string[] {
  const name = foldName(username);
  const address = email === undefined ? undefined : emailKey(email);
  return [...(name === undefined ? [] : [`name:${name}`]), ...(address === undefined ? [] : [address])];
}

export function createPeople(records: RecordStore): People {
  return {
    async get(key) {
      const found = await records.get(key);
      return found && read(found);
    },

    async keep(person) {
      const data = JSON.stringify(person);
      for (let round = 0; round < ROUNDS; round += 1) {
        const found = await records.get(person.key);
        if (found && isDeepStrictEqual(read(found), JSON.parse(data))) return;
        const keys = keysOf(person);
        const kept = found
          ? await records.update(person.key, found.version, data, { keys })
          : await records.insert({ id: person.key, data, keys });
        if (kept) return;
      }
      throw new Error('somebody is changed by too many at once');
    },

    async byName(typed) {
      const name = foldName(typed);
      return name === undefined ? [] : (await records.byKey(`name:${name}`, 2)).map(read);
    },

    async *all() {
      let after: string | undefined;
      for (;;) {
        const page = await records.list({ ...(after === undefined ? {} : { after }), limit: PAGE });
        yield* page.map(read);
        after = page.at(-1)?.id;
        if (page.length < PAGE || after === undefined) return;
      }
    },
  };
}
