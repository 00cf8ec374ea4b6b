import type { Entry } from 'ldapts';
import { AmbiguousError } from './errors.ts';
import { createFilters } from './filters.ts';
import type { Pool } from './pool.ts';
import { presetOf } from './presets.ts';
import { createSearch } from './searching.ts';
import type { Settings } from './settings.ts';
import { keyReader } from './watch-keys.ts';

/** Where somebody is, and by which key. */
export interface Place {
  dn: string;
  key: string;
}

/** All domains of a forest lie below nothing. */
export const EVERYWHERE = '';

/**
 * The global catalog of an Active Directory: it has all people of a forest, and some of what there is to know of each.
 * So it says where somebody is, and nothing else: neither state nor groups, and it is given no password.
 */
export function createCatalog(settings: Settings, pool: Pool) {
  const filters = createFilters(settings);
  const { keyName, keyOf } = keyReader(settings, presetOf(settings.preset));
  const search = createSearch(pool, { base: EVERYWHERE, attributes: [keyName], octets: [keyName] });

  const placesOf = (entries: readonly Entry[]): Place[] =>
    entries.flatMap((entry) => {
      const key = keyOf(entry);
      return key === undefined ? [] : [{ dn: entry.dn, key }];
    });

  return {
    /** @throws AmbiguousError for a name of two */
    async byName(name: string): Promise<Place | undefined> {
      const entries = await search(filters.byName(name));
      if (entries.length > 1) throw new AmbiguousError();
      return placesOf(entries)[0];
    },
    async byEmail(address: string): Promise<Place[]> {
      const entries = await search(filters.byEmail(address));
      const places = placesOf(entries);
      if (entries.length > 1 && places.length < entries.length) throw new AmbiguousError();
      return places;
    },
  };
}
