import type { Directory } from './directory.ts';
import { SallyportError } from './errors.ts';
import { emailKey, foldName } from './logins.ts';
import type { Person } from './person.ts';
import type { RecordStore } from './store.ts';

/** Rounds of compare-and-set before giving up. */
const ROUNDS = 10;
const PAGE = 200;

/** Somebody as their provider last described them. */
interface Kept {
  person: Person;
  /** When that was, epoch milliseconds. */
  at: number;
  /** What it calls their last sessions there, the newest first. */
  sessions?: string[];
  /** Since when the provider says no more that they are there, epoch milliseconds. */
  lost?: number;
  /** Which of the directory's houses they are from, where it leads to many. */
  house?: string;
}

/** Those who have come by a provider. The record's id is their key. */
export interface People {
  get(key: string): Promise<Person | undefined>;
  /** With the moment at which their provider last said that they are there, epoch milliseconds. */
  entry(key: string): Promise<{ person: Person; at: number } | undefined>;
  /** Their provider says no more that they are there: they are out until it does. Not of whom it has spoken since `at`. */
  lose(key: string, at: number): Promise<void>;
  /** Their provider says anew that they are there. Not of whom it has spoken since `at`: that was its last word. */
  again(person: Person, at: number): Promise<void>;
  /** `sessions`: by what their session there will be known, when the provider tells of its end. */
  keep(person: Person, sessions?: readonly string[], house?: string): Promise<void>;
  /** Which of many houses somebody is from. */
  houseOf(key: string): Promise<string | undefined>;
  /** Whose session the provider calls so; undefined where it is several people's. */
  bySession(session: string): Promise<string | undefined>;
  /** Two at most: names are the provider's, which may give one to several. */
  byName(typed: string): Promise<Person[]>;
  all(): AsyncGenerator<Person>;
}

/** Names of one person's sessions: a session may have two. */
const MOST_SESSIONS = 20;
const sessionKey = (session: string): string => `sid:${session}`;

function keysOf({ username, email }: Person, sessions: readonly string[]): string[] {
  const name = foldName(username);
  const address = email === undefined ? undefined : emailKey(email);
  return [
    ...(name === undefined ? [] : [`name:${name}`]),
    ...(address === undefined ? [] : [address]),
    ...sessions.map(sessionKey),
  ];
}

/**
 * `askAgain`, milliseconds: whoever hasn't come by their provider for so long may have left it. They are locked until
 * they do: refused whatever they prove here, and not ended, for nobody has said that they are gone.
 */
export function createPeople(records: RecordStore, { now, askAgain }: { now(): number; askAgain: number }): People {
  const read = ({ data }: { data: string }): Person => {
    const { person, at, lost } = JSON.parse(data) as Kept;
    if (lost !== undefined) {
      const statusReason = `its provider says no more that they are there since ${new Date(lost).toISOString()}`;
      return { ...person, status: 'disabled', statusReason };
    }
    if (now() - at <= askAgain) return person;
    return {
      ...person,
      status: 'locked',
      statusReason: `not seen by its provider since ${new Date(at).toISOString()}`,
    };
  };

  return {
    async get(key) {
      const found = await records.get(key);
      return found && read(found);
    },

    async entry(key) {
      const found = await records.get(key);
      return found && { person: read(found), at: (JSON.parse(found.data) as Kept).at };
    },

    async lose(key, at) {
      const found = await records.get(key);
      if (found === undefined) return;
      const before = JSON.parse(found.data) as Kept;
      if (before.at !== at) return;
      const data = JSON.stringify({ ...before, lost: now() } satisfies Kept);
      await records.update(key, found.version, data, { keys: keysOf(before.person, before.sessions ?? []) });
    },

    async again(person, at) {
      const found = await records.get(person.key);
      if (found === undefined) return;
      const before = JSON.parse(found.data) as Kept;
      if (before.at !== at || before.lost !== undefined) return;
      const data = JSON.stringify({ ...before, person, at: now() } satisfies Kept);
      await records.update(person.key, found.version, data, { keys: keysOf(person, before.sessions ?? []) });
    },

    async houseOf(key) {
      const found = await records.get(key);
      return found && (JSON.parse(found.data) as Kept).house;
    },

    async keep(person, named = [], house) {
      for (let round = 0; round < ROUNDS; round += 1) {
        const found = await records.get(person.key);
        const { sessions: before = [] } = found ? (JSON.parse(found.data) as Kept) : {};
        const sessions = [...new Set([...named, ...before])].slice(0, MOST_SESSIONS);
        const data = JSON.stringify({ person, at: now(), sessions, ...(house && { house }) } satisfies Kept);
        const keys = keysOf(person, sessions);
        const kept = found
          ? await records.update(person.key, found.version, data, { keys })
          : await records.insert({ id: person.key, data, keys });
        if (kept) return;
      }
      throw new Error('somebody is changed by too many at once');
    },

    async bySession(session) {
      const [found, another] = await records.byKey(sessionKey(session), 2);
      return another ? undefined : found?.id;
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

/** The part of a directory that has no people but those who have come by its provider, and no passwords. */
export function knownThrough({ get, byName, all }: People) {
  return {
    passwordless: true,
    byKey: get,
    async find(username: string) {
      const [person, another] = await byName(username);
      if (another) throw new SallyportError('ERR_AMBIGUOUS', 'the provider gives this name to several');
      return person;
    },
    list: all,
    verifyPassword: async () => 'wrong',
  } as const satisfies Directory;
}
