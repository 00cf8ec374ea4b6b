import type { Requirement, Rule } from '../core/policy.ts';
import { columns } from './columns.ts';
import { decide } from './decide.ts';
import { type Network, networkLookup } from './networks.ts';
import { durationWords } from './words.ts';

/** One reading of the configuration, as far as it decides. */
export interface Side {
  rules: readonly Rule[];
  /** Life of a remembered device, milliseconds. */
  remember: number;
  networks: readonly Network[];
  applications: ReadonlySet<string>;
}

/** Somebody known; enrolled by the factors of each side. */
export interface Somebody {
  id: string;
  groups: readonly string[] | undefined;
  createdAt: number;
  enrolled: { before: boolean; after: boolean };
}

/** People for whom an application's decision changes in the same way, from any address. */
interface Row {
  application: string;
  from: string;
  to: string;
  people: number;
  groups: Map<string, number>;
}

export interface Comparison {
  add(person: Somebody): void;
  /** How many decisions of how many people's change: an empty list where none does. `most`: lines at most. */
  lines(most?: number): string[];
}

/** Remembered at once; kinds of people beyond are decided again. */
const MOST_KINDS = 2_000;
/** Ways in which decisions change that are told apart. */
const MOST_ROWS = 500;
/** Groups of a row that are counted, and that are shown. */
const MOST_GROUPS = 200;
const SHOWN_GROUPS = 3;

/**
 * Which decisions differ between two readings, over applications of both and addresses that any network of theirs
 * tells apart. Nobody is kept: people of one kind, to whom the same rules speak, are decided once.
 */
export function createComparison(before: Side, after: Side, now: number): Comparison {
  const applications = [...before.applications].filter((id) => after.applications.has(id));
  const situations = situationsOf(before.networks, after.networks);
  const rules = [...before.rules, ...after.rules];
  const named = new Set(rules.flatMap(({ groups = [], notGroups = [] }) => [...groups, ...notGroups]));
  const graces = rules.filter(({ grace }) => grace !== undefined);
  const kinds = new Map<string, string[]>();
  const rows = new Map<string, Row>();
  let people = 0;
  let concerned = 0;
  let beyond = 0;

  function kindOf({ groups, createdAt, enrolled }: Somebody): string {
    const spoken = groups?.filter((group) => named.has(group)).sort();
    const waiting = graces.map(({ from = 0, grace = 0 }) => now < Math.max(from, createdAt) + grace);
    return JSON.stringify([spoken ?? null, enrolled, waiting]);
  }

  function changesFor(person: Somebody): string[] {
    const found = new Set<string>();
    const { id, groups, createdAt, enrolled } = person;
    for (const application of applications) {
      for (const [old, next] of situations) {
        const base = { now, application };
        const from = decide(
          before.rules,
          { ...base, networks: old, account: { id, groups, createdAt, enrolled: enrolled.before } },
          before,
        );
        const to = decide(
          after.rules,
          { ...base, networks: next, account: { id, groups, createdAt, enrolled: enrolled.after } },
          after,
        );
        const words = [decisionWords(from), decisionWords(to)] as const;
        if (words[0] !== words[1]) found.add(JSON.stringify([application, ...words]));
      }
    }
    return [...found];
  }

  function remembered(person: Somebody): string[] {
    const kind = kindOf(person);
    const known = kinds.get(kind);
    if (known) return known;
    const changes = changesFor(person);
    if (kinds.size < MOST_KINDS) kinds.set(kind, changes);
    return changes;
  }

  function count(key: string, { groups = [] }: Somebody): void {
    let row = rows.get(key);
    if (row === undefined) {
      if (rows.size >= MOST_ROWS) {
        beyond += 1;
        return;
      }
      const [application, from, to] = JSON.parse(key) as [string, string, string];
      row = { application, from, to, people: 0, groups: new Map() };
      rows.set(key, row);
    }
    row.people += 1;
    for (const group of groups) {
      const present = row.groups.get(group);
      if (present !== undefined || row.groups.size < MOST_GROUPS) row.groups.set(group, (present ?? 0) + 1);
    }
  }

  return {
    add(person) {
      people += 1;
      const changes = remembered(person);
      if (changes.length > 0) concerned += 1;
      for (const key of changes) count(key, person);
    },
    lines(most = MOST_ROWS) {
      const all = [...rows.values()].sort((a, b) => b.people - a.people || (a.application < b.application ? -1 : 1));
      if (all.length === 0) return [];
      const more = all.length - most;
      return [
        `decisions change for ${concerned} of ${people} people known`,
        ...columns([['application', 'from', 'to', 'people', 'groups'], ...all.slice(0, most).map(cells)]),
        ...(more > 0 ? [`… ${more} more`] : []),
        ...(beyond > 0 ? ['there are more ways in which decisions change than can be told apart'] : []),
      ];
    },
  };
}

function cells({ application, from, to, people, groups }: Row): string[] {
  const largest = [...groups].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, SHOWN_GROUPS);
  return [application, from, to, String(people), largest.map(([group]) => group).join(', ') || '-'];
}

/** By one address of each range, and one that is in none: each with the networks that either reading puts it in. */
function situationsOf(before: readonly Network[], after: readonly Network[]): [string[], string[]][] {
  const [old, next] = [networkLookup(before), networkLookup(after)];
  const addresses = [...before, ...after].flatMap(({ ranges }) => ranges.map((range) => range.split('/')[0] ?? ''));
  const found = new Map<string, [string[], string[]]>();
  for (const address of ['', ...addresses]) {
    const pair: [string[], string[]] = [[...old(address)], [...next(address)]];
    found.set(JSON.stringify(pair), pair);
  }
  return [...found.values()];
}

/** What of a decision people notice. */
function decisionWords(requirement: Requirement): string {
  const { deny, level, remember, perRequest, factors, freshness, firstEnrolment } = requirement;
  const { connection, withoutDirectory } = requirement;
  if (deny) return 'deny';
  const words: string[] = [level];
  if (level !== 'sfa') words.push(rememberWords(perRequest, remember));
  if (connection !== undefined) words.push(`by a connection ${durationWords(connection)}`);
  if (factors) words.push(`by ${factors.join(' or ')}`);
  if (freshness !== undefined) words.push(`fresh ${durationWords(freshness)}`);
  if (!firstEnrolment) words.push('no first enrolment');
  if (withoutDirectory !== undefined) words.push(`without its directory ${durationWords(withoutDirectory)}`);
  return words.join(', ');
}

function rememberWords(perRequest: boolean, remember: number): string {
  if (perRequest) return 'never remembered';
  return remember === 0 ? 'not remembered' : `remembered ${durationWords(remember)}`;
}
