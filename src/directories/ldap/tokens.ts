import { type Entry, EqualityFilter, OrFilter } from 'ldapts';
import type { Pool } from './pool.ts';
import { isCut, octetsOf, sidOf } from './values.ts';

/**
 * Groups that one person's may come from. Of more, or of some that lie deeper, nothing is known: whoever may join groups
 * would put the one that keeps them out beyond the bound.
 */
export const MOST = 2_000;
/** Group entries asked for at once. */
export const AT_ONCE = 50;
/** What a group is called is asked again after this long, milliseconds. */
export const KEPT = 10 * 60_000;
/** Groups of a domain, and not those that every Windows has: `S-1-5-32-…`, `S-1-1-0` (MS-DTYP section 2.4.2.4). */
const IN_A_DOMAIN = /^S-1-5-21-|^$/;

/** Where groups are looked for by what they are called. */
export interface Naming {
  pool: Pool;
  base: string;
}

interface Parts {
  pool: Pool;
  names: Naming;
  /** Where the operator says that groups are; none elsewhere counts. */
  chosen: string | undefined;
  /** What a group has to bring for its name. */
  attributes: readonly string[];
  nameOf(entry: Entry): string | undefined;
  now(): number;
}

/** Groups by what Active Directory reckons for one entry at a time: nested and primary ones too. */
export function createTokens({ pool, names, chosen, attributes, nameOf, now }: Parts) {
  /** Names by identifier; undefined where none is told. */
  const known = new Map<string, { name: string | undefined; at: number }>();

  /** What groups of these are called. One may lie elsewhere, or its name may not be read. */
  async function namesOf(sids: readonly Buffer[]): Promise<Map<string, string | undefined>> {
    const filters = sids.map((value) => new EqualityFilter({ attribute: 'objectSid', value }));
    const { searchEntries } = await names.pool.run(({ client }) =>
      client.search(names.base, {
        ...{ scope: 'sub', filter: new OrFilter({ filters }) },
        ...{ attributes: [...attributes, 'objectSid'], explicitBufferAttributes: ['objectSid'] },
      }),
    );
    const called = new Map<string, string | undefined>(sids.map((octets) => [sidOf(octets) ?? '', undefined]));
    for (const entry of searchEntries) {
      const [octets] = octetsOf(entry, 'objectSid');
      if (octets) called.set(sidOf(octets) ?? '', nameOf(entry));
    }
    if (known.size > 10_000) known.clear();
    for (const [sid, name] of called) known.set(sid, { name, at: now() });
    return called;
  }

  /** Undefined where there are more, or one without a name that may be any group of a domain. */
  return async ({ dn }: Entry): Promise<string[] | undefined> => {
    const { searchEntries } = await pool.run(({ client }) =>
      client.search(dn, { scope: 'base', attributes: ['tokenGroups'], explicitBufferAttributes: ['tokenGroups'] }),
    );
    const sids = searchEntries.flatMap((entry) => octetsOf(entry, 'tokenGroups'));
    if (sids.length > MOST || searchEntries.some((entry) => isCut(entry, 'tokenGroups'))) return undefined;
    const called = new Map<string, string | undefined>();
    const asked = sids.filter((octets) => {
      const sid = sidOf(octets) ?? '';
      const kept = known.get(sid);
      const fresh = kept !== undefined && now() - kept.at < KEPT;
      if (fresh) called.set(sid, kept.name);
      return !fresh;
    });
    for (let at = 0; at < asked.length; at += AT_ONCE) {
      for (const [sid, name] of await namesOf(asked.slice(at, at + AT_ONCE))) called.set(sid, name);
    }
    const all = [...called];
    if (chosen === undefined && all.some(([sid, name]) => name === undefined && IN_A_DOMAIN.test(sid)))
      return undefined;
    return [...new Set(all.flatMap(([, name]) => name ?? []))].sort();
  };
}
