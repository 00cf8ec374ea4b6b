import { type Entry, EqualityFilter, OrFilter } from 'ldapts';
import { RESULT, resultOf } from './errors.ts';
import type { Pool } from './pool.ts';
import type { Preset } from './presets.ts';
import type { Settings } from './settings.ts';
import { isCut, octetsOf, sidOf, textOf, textsOf } from './values.ts';

/**
 * Groups that one person's may come from. Of more, or of some that lie deeper, nothing is known: whoever may join groups
 * would put the one that keeps them out beyond the bound.
 */
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
  /** Undefined where the directory doesn't say, or doesn't say all. */
  of(entry: Entry): Promise<string[] | undefined>;
  /** Asks as much as for somebody in no group: else the work would tell that there is nobody. */
  ofNobody(): Promise<void>;
}

/** Where groups are looked for by what they are called. */
export interface Naming {
  pool: Pool;
  base: string;
}

interface Group {
  name: string;
  /** Names of the groups that it is in; undefined where they aren't all told. */
  above: readonly string[] | undefined;
}

/** What groups people are in, and what those are called. */
export function createGroups(
  settings: Settings,
  preset: Preset,
  pool: Pool,
  now: () => number,
  named?: Naming,
): Groups {
  const { base = settings.base, member, nested, name = preset.groupName } = settings.groups;
  const names = named ?? { pool, base };
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
      return entry && called !== undefined ? { name: called, above: memberOf(entry) } : undefined;
    } catch (error) {
      if (resultOf(error) === RESULT.noSuchObject) return undefined;
      throw error;
    }
  }

  /** Some at a time: one person's groups would take all the room that questions to the directory have. */
  async function readAll(dns: readonly string[]): Promise<(Group | undefined)[]> {
    const groups: (Group | undefined)[] = [];
    for (let at = 0; at < dns.length; at += AT_ONCE) {
      groups.push(...(await Promise.all(dns.slice(at, at + AT_ONCE).map(read))));
    }
    return groups;
  }

  /** Those, and those that they are in. */
  async function climb(first: readonly string[] | undefined): Promise<string[] | undefined> {
    const names = new Set<string>();
    const seen = new Set<string>();
    let level = first;
    for (let depth = 0; level && level.length > 0; depth += 1) {
      if (depth === DEPTH || seen.size + level.length > MOST) return undefined;
      for (const dn of level) seen.add(dn.toLowerCase());
      const groups = await readAll(level);
      level.forEach((dn, at) => {
        names.add(groups[at]?.name ?? rdnOf(dn));
      });
      const above = nested ? groups.flatMap((group) => (group ? [group.above] : [])) : [];
      level = above.includes(undefined)
        ? undefined
        : unseen(
            above.flatMap((dns) => dns ?? []),
            seen,
          );
    }
    return level && [...names].sort();
  }

  /** Undefined where there are more than the server gives. */
  async function naming(dns: readonly string[]): Promise<Entry[] | undefined> {
    const filters = dns.map((value) => new EqualityFilter({ attribute: member, value }));
    try {
      const { searchEntries } = await pool.run(({ client }) =>
        client.search(base, { scope: 'sub', filter: new OrFilter({ filters }), attributes, sizeLimit: MOST }),
      );
      return searchEntries;
    } catch (error) {
      if (resultOf(error) === RESULT.sizeLimitExceeded) return undefined;
      throw error;
    }
  }

  async function byMembers({ dn }: Entry): Promise<string[] | undefined> {
    const names = new Set<string>();
    const seen = new Set<string>();
    let level = [dn];
    for (let depth = 0; level.length > 0; depth += 1) {
      if (depth === DEPTH || seen.size > MOST) return undefined;
      const above = new Map<string, Entry>();
      for (let at = 0; at < level.length; at += AT_ONCE) {
        const found = await naming(level.slice(at, at + AT_ONCE));
        if (found === undefined) return undefined;
        for (const entry of found) above.set(entry.dn.toLowerCase(), entry);
      }
      const fresh = [...above].filter(([key]) => !seen.has(key));
      for (const [key, entry] of fresh) {
        seen.add(key);
        names.add(nameOf(entry) ?? rdnOf(entry.dn));
      }
      level = nested ? fresh.map(([, entry]) => entry.dn) : [];
    }
    return [...names].sort();
  }

  /** All of Active Directory's, nested and primary ones too: it reckons them for one entry at a time. */
  async function byTokens({ dn }: Entry): Promise<string[] | undefined> {
    const { searchEntries } = await pool.run(({ client }) =>
      client.search(dn, { scope: 'base', attributes: ['tokenGroups'], explicitBufferAttributes: ['tokenGroups'] }),
    );
    const sids = searchEntries.flatMap((entry) => octetsOf(entry, 'tokenGroups'));
    if (sids.length > MOST || searchEntries.some((entry) => isCut(entry, 'tokenGroups'))) return undefined;
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
    const { searchEntries } = await names.pool.run(({ client }) =>
      client.search(names.base, {
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

  if (from === 'nowhere') return { attributes: [], of: nothing, ofNobody: nothing };
  if (from === 'memberOf') return { attributes: ['memberOf'], of: (it) => climb(memberOf(it)), ofNobody: nothing };
  const of = from === 'members' ? byMembers : byTokens;
  return { attributes: [], of, ofNobody: () => askOfNobody(of, settings.base) };
}

const nothing = async () => undefined;

async function askOfNobody(ask: Groups['of'], base: string): Promise<void> {
  try {
    await ask({ dn: `cn=nobody,${base}` });
  } catch (error) {
    if (resultOf(error) !== RESULT.noSuchObject) throw error;
  }
}

/** Each once; undefined where they aren't all told. */
function memberOf(entry: Entry): string[] | undefined {
  return isCut(entry, 'memberOf') ? undefined : unseen(textsOf(entry, 'memberOf'), new Set());
}

/** Names that weren't seen yet, each once, whatever the case. */
function unseen(dns: readonly string[], seen: ReadonlySet<string>): string[] {
  return [...new Map(dns.map((dn) => [dn.toLowerCase(), dn])).entries()].flatMap(([key, dn]) =>
    seen.has(key) ? [] : [dn],
  );
}

/** The value that a name begins with: `staff` of `cn=staff,ou=groups,dc=example`. */
function rdnOf(dn: string): string {
  const [, value = dn] = /^[^=]+=((?:[^,\\]|\\.)+)/su.exec(dn) ?? [];
  return value;
}
