import { type Entry, EqualityFilter, OrFilter } from 'ldapts';
import { RESULT, resultOf } from './errors.ts';
import type { Pool } from './pool.ts';
import type { Preset } from './presets.ts';
import type { Settings } from './settings.ts';
import { octetsOf, sidOf, textOf, textsOf } from './values.ts';

/** Groups that one person's may come from: more is a mistake, or an attack. */
const MOST = 2_000;
/** How deep groups lie within groups. */
const DEPTH = 16;
/** Group entries asked for at once. */
const AT_ONCE = 50;
/** What a group is called is asked again after this long, milliseconds. */
const KEPT = 10 * 60_000;

export interface Groups {
  /** What the person's own entry has to bring. */
  attributes: readonly string[];
  /** Undefined where the directory doesn't say. */
  of(entry: Entry): Promise<string[] | undefined>;
}

interface Group {
  name: string;
  /** Names of the groups that it is in. */
  above: readonly string[];
}

/** What groups people are in, and what those are called. */
export function createGroups(settings: Settings, preset: Preset, pool: Pool, now: () => number): Groups {
  const { base = settings.base, member, nested, name = preset.groupName } = settings.groups;
  const from = settings.groups.from ?? preset.groups;
  const attributes = [...(name === 'dn' ? [] : [name]), 'memberOf'];
  const known = new Map<string, { group: Group | undefined; at: number }>();

  const nameOf = (entry: Entry): string | undefined => (name === 'dn' ? entry.dn : textOf(entry, name));

  /** One group by its name; one that isn't there, or that nobody may read, is called by what its name begins with. */
  async function read(dn: string): Promise<Group | undefined> {
    const kept = known.get(dn.toLowerCase());
    if (kept && now() - kept.at < KEPT) return kept.group;
    const group = await fetch(dn);
    if (known.size > 10_000) known.clear();
    known.set(dn.toLowerCase(), { group, at: now() });
    return group;
  }

  async function fetch(dn: string): Promise<Group | undefined> {
    try {
      const { searchEntries } = await pool.run(({ client }) => client.search(dn, { scope: 'base', attributes }));
      const [entry] = searchEntries;
      const called = entry && nameOf(entry);
      return entry && called !== undefined ? { name: called, above: textsOf(entry, 'memberOf') } : undefined;
    } catch (error) {
      if (resultOf(error) === RESULT.noSuchObject) return undefined;
      throw error;
    }
  }

  /** Those, and those that they are in. */
  async function climb(first: readonly string[]): Promise<string[]> {
    const names = new Set<string>();
    const seen = new Set<string>();
    let level = [...first];
    for (let depth = 0; level.length > 0 && depth < DEPTH; depth += 1) {
      const fresh = level.filter((dn) => !seen.has(dn.toLowerCase())).slice(0, MOST - seen.size);
      for (const dn of fresh) seen.add(dn.toLowerCase());
      const groups = await Promise.all(fresh.map(read));
      fresh.forEach((dn, at) => {
        const group = groups[at];
        names.add(group?.name ?? rdnOf(dn));
      });
      level = nested ? groups.flatMap((group) => group?.above ?? []) : [];
    }
    return [...names].sort();
  }

  async function naming(dns: readonly string[]): Promise<Entry[]> {
    const filters = dns.map((value) => new EqualityFilter({ attribute: member, value }));
    const { searchEntries } = await pool.run(({ client }) =>
      client.search(base, { scope: 'sub', filter: new OrFilter({ filters }), attributes, sizeLimit: MOST }),
    );
    return searchEntries;
  }

  async function byMembers({ dn }: Entry): Promise<string[]> {
    const names = new Set<string>();
    const seen = new Set<string>();
    let level = [dn];
    for (let depth = 0; level.length > 0 && depth < DEPTH && seen.size < MOST; depth += 1) {
      const above: Entry[] = [];
      for (let at = 0; at < level.length; at += AT_ONCE) above.push(...(await naming(level.slice(at, at + AT_ONCE))));
      const fresh = above.filter((entry) => !seen.has(entry.dn.toLowerCase()));
      for (const entry of fresh) {
        seen.add(entry.dn.toLowerCase());
        names.add(nameOf(entry) ?? rdnOf(entry.dn));
      }
      level = nested ? fresh.map((entry) => entry.dn) : [];
    }
    return [...names].sort();
  }

  /** All of Active Directory's, nested and primary ones too: it reckons them for one entry at a time. */
  async function byTokens({ dn }: Entry): Promise<string[]> {
    const { searchEntries } = await pool.run(({ client }) =>
      client.search(dn, { scope: 'base', attributes: ['tokenGroups'], explicitBufferAttributes: ['tokenGroups'] }),
    );
    const sids = searchEntries.flatMap((entry) => octetsOf(entry, 'tokenGroups')).slice(0, MOST);
    const names = new Set<string>();
    const unknown = sids.filter((sid) => {
      const kept = known.get(sidOf(sid) ?? '');
      const fresh = kept !== undefined && now() - kept.at < KEPT;
      if (fresh && kept.group) names.add(kept.group.name);
      return !fresh;
    });
    for (let at = 0; at < unknown.length; at += AT_ONCE) {
      for (const called of await namesOf(unknown.slice(at, at + AT_ONCE))) names.add(called);
    }
    return [...names].sort();
  }

  /** What groups of these identifiers are called; built-in ones aren't below the base, and have no name here. */
  async function namesOf(sids: readonly Buffer[]): Promise<string[]> {
    const filters = sids.map((value) => new EqualityFilter({ attribute: 'objectSid', value }));
    const { searchEntries } = await pool.run(({ client }) =>
      client.search(base, {
        ...{ scope: 'sub', filter: new OrFilter({ filters }) },
        ...{ attributes: [...attributes, 'objectSid'], explicitBufferAttributes: ['objectSid'] },
      }),
    );
    for (const sid of sids) known.set(sidOf(sid) ?? '', { group: undefined, at: now() });
    return searchEntries.flatMap((entry) => {
      const called = nameOf(entry);
      const [sid] = octetsOf(entry, 'objectSid');
      if (called === undefined || sid === undefined) return [];
      known.set(sidOf(sid) ?? '', { group: { name: called, above: [] }, at: now() });
      return [called];
    });
  }

  if (from === 'nowhere') return { attributes: [], of: async () => undefined };
  if (from === 'members') return { attributes: [], of: byMembers };
  if (from === 'tokenGroups') return { attributes: [], of: byTokens };
  return { attributes: ['memberOf'], of: (entry) => climb(textsOf(entry, 'memberOf')) };
}

/** The value that a name begins with: `staff` of `cn=staff,ou=groups,dc=example`. */
function rdnOf(dn: string): string {
  const [, value = dn] = /^[^=]+=((?:[^,\\]|\\.)+)/su.exec(dn) ?? [];
  return value;
}
