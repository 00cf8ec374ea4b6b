import { createHash } from 'node:crypto';
import { SallyportError } from '../../core/errors.ts';
import { emailKey, foldName } from '../../core/logins.ts';
import type { Alone, DataRecord, RecordStore } from '../../core/store.ts';
import { allOf } from './pages.ts';
import { type Stored, stored } from './person.ts';

/** A record read, with the version that a change must still find. */
export interface Found {
  key: string;
  person: Stored;
  version: number;
}

/** People in the record store: the record's id is their key, the folded user name its lookup. */
export interface People {
  get(key: string): Promise<Found | undefined>;
  byLogin(login: string): Promise<Found | undefined>;
  /** Two at most, or `limit`. */
  byEmail(address: string, limit?: number): Promise<Found[]>;
  /** Whom a program calls so. */
  byExternalId(client: string, id: string): Promise<Found[]>;
  /** To whom something was done that isn't told yet, so many at most. */
  untold(limit: number): Promise<Found[]>;
  /** False when the user name is taken, or one of the names that are to be theirs alone. */
  insert(key: string, person: Stored, alone?: Alone): Promise<boolean>;
  /** Compare-and-set: false when someone else was faster, or has the user name or one of those names. */
  replace(found: Found, person: Stored, alone?: Alone): Promise<boolean>;
  /** Changes whatever stands there, also when others change it at the same time; throws ERR_NOT_FOUND. */
  change(key: string, change: (person: Stored) => Stored): Promise<void>;
  /** Only while they are as found. */
  remove(found: Found): Promise<boolean>;
  all(): AsyncGenerator<Found>;
}

/** Rounds of compare-and-set before giving up. */
const ROUNDS = 10;
function read(record: DataRecord | undefined): Found | undefined {
  return record && { key: record.id, person: stored.parse(JSON.parse(record.data)), version: record.version };
}

/** A hash, for what programs call people has any length and characters. */
export const externalKey = (client: string, id: string): string =>
  `external:${createHash('sha256')
    .update(JSON.stringify([client, id]))
    .digest('base64url')}`;

const UNTOLD = 'untold';

function keysOf({ email, externalIds = [], untold = [] }: Stored): string[] {
  const address = email === undefined ? undefined : emailKey(email);
  const external = externalIds.map(({ client, id }) => externalKey(client, id));
  return [...(address === undefined ? [] : [address]), ...external, ...(untold.length > 0 ? [UNTOLD] : [])];
}

export function createPeople(records: RecordStore): People {
  const people: People = {
    get: async (key) => read(await records.get(key)),
    async byLogin(login) {
      const lookup = foldName(login);
      return lookup === undefined ? undefined : read(await records.byLookup(lookup));
    },
    async byEmail(address, limit = 2) {
      const key = emailKey(address);
      const found = key === undefined ? [] : await records.byKey(key, limit);
      return found.flatMap((record) => read(record) ?? []);
    },
    async byExternalId(client, id) {
      const found = await records.byKey(externalKey(client, id), 2);
      return found.flatMap((record) => read(record) ?? []);
    },
    async untold(limit) {
      return (await records.byKey(UNTOLD, limit)).flatMap((record) => read(record) ?? []);
    },
    async insert(key, person, alone) {
      const lookup = foldName(person.username);
      if (lookup === undefined) throw new SallyportError('ERR_INPUT', 'the user name is empty or too long');
      return records.insert({
        id: key,
        lookup,
        data: JSON.stringify(person),
        keys: keysOf(person),
        ...(alone && { alone }),
      });
    },
    async replace({ key, version, person: before }, person, alone) {
      const lookup = foldName(person.username);
      const renamed = lookup === foldName(before.username) ? undefined : lookup;
      return records.update(key, version, JSON.stringify(person), { keys: keysOf(person), lookup: renamed, alone });
    },
    remove: ({ key, version }) => records.remove(key, version),
    async change(key, change) {
      for (let round = 0; round < ROUNDS; round++) {
        const found = await people.get(key);
        if (!found) throw new SallyportError('ERR_NOT_FOUND', 'no such person in the local directory');
        if (await people.replace(found, change(found.person))) return;
      }
      throw new SallyportError('ERR_VERSION_CONFLICT', 'others keep changing this person');
    },
    async *all() {
      for await (const record of allOf(records)) {
        const found = read(record);
        if (found) yield found;
      }
    },
  };
  return people;
}
