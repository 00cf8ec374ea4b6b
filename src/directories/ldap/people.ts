import { AndFilter, type Entry, EqualityFilter, type Filter, FilterParser, OrFilter } from 'ldapts';
import type { Person } from '../../core/directory.ts';
import type { LogPort } from '../../core/log.ts';
import { RESULT, resultOf } from './errors.ts';
import type { Groups } from './groups.ts';
import { personReader } from './person.ts';
import type { Pool } from './pool.ts';
import { type Preset, presetOf } from './presets.ts';
import type { Settings } from './settings.ts';
import { guidOctets } from './values.ts';

/** An entry, and who that is. */
export interface Found {
  dn: string;
  person: Person;
}

interface Parts {
  pool: Pool;
  groups: Groups;
  now(): number;
  log: LogPort;
}

/** Entries asked for at a time where everybody is listed; Active Directory gives no more. */
const PAGE = 500;

/** People below the base that match the filter; whoever doesn't, or no longer, isn't there. */
export function createPeople(settings: Settings, { pool, groups, now, log }: Parts) {
  const preset: Preset = presetOf(settings.preset);
  const reader = personReader(settings, preset);
  const usernames = settings.attributes.username ?? preset.username;
  const emails = settings.attributes.email ?? preset.email;
  const keyName = settings.attributes.key ?? preset.key;
  const everybody = [preset.people, ...(settings.filter ? [settings.filter] : [])].map((it) =>
    FilterParser.parseString(it),
  );
  const options = {
    scope: 'sub',
    derefAliases: 'never',
    attributes: [...reader.attributes, ...groups.attributes],
    explicitBufferAttributes: preset.keySyntax === 'guid' ? [keyName] : [],
  } as const;

  const allOf = (...filters: Filter[]): Filter => new AndFilter({ filters: [...everybody, ...filters] });
  const anyOf = (attributes: readonly string[], value: string): Filter =>
    new OrFilter({ filters: attributes.map((attribute) => new EqualityFilter({ attribute, value })) });

  /** Two at most: of two it is nobody's. */
  async function search(filter: Filter): Promise<Entry[]> {
    try {
      const { searchEntries } = await pool.run(({ client }) =>
        client.search(settings.base, { ...plain(options), filter: allOf(filter), sizeLimit: 2 }),
      );
      return searchEntries;
    } catch (error) {
      if (resultOf(error) === RESULT.sizeLimitExceeded) return TOO_MANY;
      if (resultOf(error) === RESULT.noSuchObject) return [];
      throw error;
    }
  }

  function read(entry: Entry): Found | undefined {
    const person = reader.read(entry, now());
    if (person) return { dn: entry.dn, person };
    log.warn({ dn: entry.dn, key: keyName }, 'an entry without key or user name is nobody');
    return undefined;
  }

  /** With groups. */
  async function found(entry: Entry): Promise<Found | undefined> {
    const it = read(entry);
    if (it === undefined) return undefined;
    const theirs = await groups.of(entry);
    if (theirs === undefined && settings.groups.from !== 'nowhere') {
      log.warn({ dn: entry.dn }, 'the directory doesn’t tell all groups of somebody, who is treated as being in any');
    }
    return { ...it, person: { ...it.person, ...(theirs ? { groups: theirs } : {}) } };
  }

  async function only(filter: Filter, meaning: string): Promise<Entry | undefined> {
    const [first, second] = await search(filter);
    if (second) log.warn({ by: meaning }, 'two entries of a directory go by the same name, and nobody by it');
    return second ? undefined : first;
  }

  async function one(filter: Filter, meaning: string): Promise<Found | undefined> {
    const entry = await only(filter, meaning);
    if (entry) return found(entry);
    await groups.ofNobody();
    return undefined;
  }

  const keyFilter = (key: string): Filter | undefined => {
    if (preset.keySyntax === 'text') return new EqualityFilter({ attribute: keyName, value: key });
    const value = guidOctets(key);
    return value && new EqualityFilter({ attribute: keyName, value });
  };

  return {
    byName: (name: string) => one(anyOf(usernames, name), 'user name'),

    async byEmail(address: string): Promise<Person[]> {
      // Active Directory's further addresses are written with what carries them.
      const values = emails.flatMap((attribute) =>
        (attribute.toLowerCase() === 'proxyaddresses' ? [`smtp:${address}`] : [address]).map(
          (value) => new EqualityFilter({ attribute, value }),
        ),
      );
      const entries = await search(new OrFilter({ filters: values }));
      if (entries.length === 0) await groups.ofNobody();
      const people = await Promise.all(entries.map(found));
      return people.flatMap((it) => it?.person ?? []);
    },

    async byKey(key: string): Promise<Found | undefined> {
      const filter = keyFilter(key);
      return filter && one(filter, 'key');
    },

    /** Without groups: for what needs none of them. */
    async entryOf(key: string): Promise<Found | undefined> {
      const filter = keyFilter(key);
      const entry = filter && (await only(filter, 'key'));
      return entry && read(entry);
    },

    async *list(): AsyncGenerator<Person> {
      const pages = pool.pages(settings.base, { ...plain(options), filter: allOf(), paged: { pageSize: PAGE } });
      for await (const entries of pages) {
        for (const entry of entries) {
          const it = await found(entry);
          if (it) yield it.person;
        }
      }
    },
  };
}

const TOO_MANY = [{ dn: '' }, { dn: '' }];

/** The library wants lists that it could change. */
const plain = <T extends { attributes: readonly string[]; explicitBufferAttributes: readonly string[] }>(
  options: T,
) => ({
  ...options,
  attributes: [...options.attributes],
  explicitBufferAttributes: [...options.explicitBufferAttributes],
});

export type People = ReturnType<typeof createPeople>;
