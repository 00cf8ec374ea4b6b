import type { Entry, Filter } from 'ldapts';
import { RESULT, resultOf } from './errors.ts';
import type { Pool } from './pool.ts';

interface Search {
  base: string;
  attributes: readonly string[];
  /** Those whose values are octets. */
  octets: readonly string[];
}

/** Searches for one: of more than two no more is told, for a name of two is nobody's. */
export function createSearch(pool: Pool, { base, attributes, octets }: Search) {
  return async (filter: Filter): Promise<Entry[]> => {
    const options = { scope: 'sub', derefAliases: 'never', filter, sizeLimit: 2 } as const;
    // The library wants lists that it could change.
    const lists = { attributes: [...attributes], explicitBufferAttributes: [...octets] };
    try {
      return (await pool.run(({ client }) => client.search(base, { ...options, ...lists }))).searchEntries;
    } catch (error) {
      if (resultOf(error) === RESULT.sizeLimitExceeded) return [{ dn: '' }, { dn: '' }];
      if (resultOf(error) === RESULT.noSuchObject) return [];
      throw error;
    }
  };
}
