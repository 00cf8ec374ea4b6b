import type { HouseEntry } from '../../core/houses.ts';

/** Words that say nothing of which house is meant, where others do. */
const ORDINARY = new Set(
  'and at college de der des du for in institute la of school the und universidad universita universitat universite university'.split(
    ' ',
  ),
);
const MOST_WORDS = 8;

/** Without accents, case and signs: what people type and what stands in metadata is compared so. */
export function foldWords(text: string): string[] {
  const plain = text.normalize('NFKD').replaceAll(/\p{M}+/gu, '');
  return plain
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean);
}

/** What is looked for: a domain where it looks like an address, and else words. */
function wantedIn(query: string): string[] {
  const [, domain] = /@([^@\s]+)$/u.exec(query.trim()) ?? [];
  const words = foldWords(domain ?? query).slice(0, MOST_WORDS);
  const telling = words.filter((word) => !ORDINARY.has(word));
  return telling.length > 0 ? telling : words;
}

/** Entries, and what they are found by: made once for a list, in a few milliseconds for five thousand. */
class Catalogue {
  readonly #entries: readonly HouseEntry[];
  readonly #texts: readonly string[];
  readonly #domains = new Map<string, HouseEntry[]>();
  readonly #orders = new Map<string, readonly number[]>();

  constructor(entries: readonly HouseEntry[]) {
    this.#entries = entries;
    this.#texts = entries.map(textOf);
    for (const entry of entries) {
      for (const domain of entry.domains) {
        const others = this.#domains.get(domain);
        if (others) others.push(entry);
        else this.#domains.set(domain, [entry]);
      }
    }
  }

  /** Those of which each word begins one of theirs, and those in which it only stands somewhere; in order of their names. */
  search(query: string, locale: string): [HouseEntry[], HouseEntry[]] {
    const words = wantedIn(query);
    const found: [HouseEntry[], HouseEntry[]] = [[], []];
    for (const at of this.#order(locale)) {
      const text = this.#texts[at] ?? '';
      const entry = this.#entries[at];
      if (entry === undefined || entry.hidden || !words.every((word) => text.includes(word))) continue;
      found[words.every((word) => text.includes(` ${word}`)) ? 0 : 1].push(entry);
    }
    return found;
  }

  ofDomain(domain: string): readonly HouseEntry[] {
    return this.#domains.get(domain) ?? [];
  }

  /** By their names as a reader of this language sees them. */
  #order(locale: string): readonly number[] {
    const known = this.#orders.get(locale);
    if (known) return known;
    const { compare } = new Intl.Collator(locale, { sensitivity: 'base', numeric: true });
    const names = this.#entries.map(({ name }) => nameIn(name, locale));
    const order = names.map((_, at) => at).sort((a, b) => compare(names[a] ?? '', names[b] ?? ''));
    this.#orders.set(locale, order);
    return order;
  }
}

function nameIn(name: HouseEntry['name'], locale: string): string {
  if (typeof name === 'string') return name;
  return name[locale] ?? name[locale.split('-')[0] ?? ''] ?? name.en ?? Object.values(name)[0] ?? '';
}

function textOf({ name, keywords, domains }: HouseEntry): string {
  const names = typeof name === 'string' ? [name] : Object.values(name);
  return ` ${[...new Set([...names, ...keywords, ...domains].flatMap(foldWords))].join(' ')}`;
}

/** By the list that it was made of: a directory hands out the same one until something changes. */
const made = new WeakMap<readonly HouseEntry[], Catalogue>();

export function catalogueOf(entries: readonly HouseEntry[]): Catalogue {
  const known = made.get(entries) ?? new Catalogue(entries);
  made.set(entries, known);
  return known;
}
