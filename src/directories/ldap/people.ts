import type { Entry, Filter } from 'ldapts';
import type { Person } from '../../core/directory.ts';
import type { LogPort } from '../../core/log.ts';
import { AmbiguousError } from './errors.ts';
import { createFilters } from './filters.ts';
import type { Groups } from './groups.ts';
import { personReader } from './person.ts';
import type { Pool } from './pool.ts';
import { presetOf } from './presets.ts';
import { createSearch } from './searching.ts';
import type { Settings } from './settings.ts';

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
  const preset = presetOf(settings.preset);
  const reader = personReader(settings, preset);
  const filters = createFilters(settings);
  const keyName = settings.attributes.key ?? preset.key;
  const attributes = [...reader.attributes, ...groups.attributes];
  const octets = preset.keySyntax === 'guid' ? [keyName] : [];
  const search = createSearch(pool, { base: settings.base, attributes, octets });

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

  async function byFilter(filter: Filter): Promise<Entry | undefined> {
    const [first, second] = await search(filter);
    if (second) log.warn({ by: 'key' }, 'two entries of a directory have the same key, and nobody has it');
    return second ? undefined : first;
  }

  return {
    /** @throws AmbiguousError for a name of two */
    async byName(name: string): Promise<Found | undefined> {
      const [first, second] = await search(filters.byName(name));
      if (first && !second) return found(first);
      await groups.ofNobody();
      if (second) throw new AmbiguousError();
      return undefined;
    },

    async byEmail(address: string): Promise<Found[]> {
      const entries = await search(filters.byEmail(address));
      if (entries.length === 0) await groups.ofNobody();
      // Of more than two, or of somebody and an entry that is nobody.
      if (entries.length > 1 && entries.some((entry) => !read(entry))) throw new AmbiguousError();
      return (await Promise.all(entries.map(found))).flatMap((it) => it ?? []);
    },

    async byKey(key: string): Promise<Found | undefined> {
      const filter = filters.byKey(key);
      if (filter === undefined) return undefined;
      const entry = await byFilter(filter);
      if (entry) return found(entry);
      await groups.ofNobody();
      return undefined;
    },

    /** Without groups: for what needs none of them. */
    async entryOf(key: string): Promise<Found | undefined> {
      const filter = filters.byKey(key);
      const entry = filter && (await byFilter(filter));
      return entry && read(entry);
    },

    async *list(): AsyncGenerator<Person> {
      const options = { scope: 'sub', derefAliases: 'never', paged: { pageSize: PAGE } } as const;
      const lists = { attributes: [...attributes], explicitBufferAttributes: [...octets] };
      const pages = pool.pages(settings.base, { ...options, ...lists, filter: filters.everybody() });
      for await (const entries of pages) {
        for (const entry of entries) {
          const it = await found(entry);
          if (it) yield it.person;
        }
      }
    },
  };
}

export type People = ReturnType<typeof createPeople>;
