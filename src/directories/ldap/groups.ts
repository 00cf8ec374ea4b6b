import { type Entry, EqualityFilter, OrFilter } from 'ldapts';
import { RESULT, resultOf } from './errors.ts';
import type { Pool } from './pool.ts';
import type { Preset } from './presets.ts';
import type { Settings } from './settings.ts';
import { AT_ONCE, createTokens, KEPT, MOST, type Naming } from './tokens.ts';
import { domainIn, isBelow, isCut, textOf, textsOf } from './values.ts';

/** How deep groups lie within groups. */
const DEPTH = 16;
/** Answers for an entry that isn't there, or that may not be read. */
const UNREAD: ReadonlySet<number | undefined> = new Set([RESULT.noSuchObject, RESULT.insufficientAccess]);

export interface Groups {
  /** What the person's own entry has to bring. */
  attributes: readonly string[];
  /** Undefined where the directory doesn't say, or doesn't say all. */
  of(entry: Entry): Promise<string[] | undefined>;
  /** Asks as much as for somebody in no group: else the work would tell that there is nobody. */
  ofNobody(): Promise<void>;
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
  const chosen = settings.groups.base;
  const from = settings.groups.from ?? preset.groups;
  const attributes = [...(name === 'dn' ? [] : [name]), 'memberOf'];
  const known = new Map<string, { group: Group | undefined; at: number }>();

  const nameOf = (entry: Entry): string | undefined => (name === 'dn' ? entry.dn : textOf(entry, name));

  /** One group by its name; undefined where it isn't there, or where the service account may not read it. */
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
      if (UNREAD.has(resultOf(error))) return undefined;
      throw error;
    }
  }

  /**
   * What stands for a group that can't be read. What it is in itself isn't known, so neither are the person's groups:
   * one that keeps them out may be above it. Outside of a base that the operator chose nothing counts but its name.
   */
  function unread(dn: string): Group | undefined {
    const counts = chosen === undefined || isBelow(dn, chosen);
    const called = name === 'dn' ? dn : rdnOf(dn, counts ? name : undefined);
    return called === undefined || (nested && counts) ? undefined : { name: called, above: [] };
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
      const read = await readAll(level);
      const groups = level.flatMap((dn, at) => read[at] ?? unread(dn) ?? []);
      if (groups.length < level.length) return undefined;
      for (const group of groups) names.add(group.name);
      const above = nested ? groups.map((group) => group.above) : [];
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
        names.add(nameOf(entry) ?? rdnOf(entry.dn) ?? entry.dn);
      }
      level = nested ? fresh.map(([, entry]) => entry.dn) : [];
    }
    return [...names].sort();
  }

  if (from === 'nowhere') return { attributes: [], of: nothing, ofNobody: nothing };
  if (from === 'memberOf') return { attributes: ['memberOf'], of: (it) => climb(memberOf(it)), ofNobody: nothing };
  const tokens = {
    pool,
    chosen,
    attributes,
    nameOf,
    now,
    names: named ?? { pool, base: chosen ?? domainIn(settings.base) },
  };
  const of = from === 'members' ? byMembers : createTokens(tokens);
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

/** The value that a name begins with: `staff` of `cn=staff,ou=groups,dc=example`. Of another attribute it is none. */
function rdnOf(dn: string, of?: string): string | undefined {
  const [, attribute = '', value = dn] = /^([^=]+)=((?:[^,\\]|\\.)+)/su.exec(dn) ?? [];
  return of === undefined || attribute.toLowerCase() === of.toLowerCase() ? value : undefined;
}
