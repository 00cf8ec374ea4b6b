import { isDeepStrictEqual } from 'node:util';
import { dotted, isTree, type Path, valueAt } from '../config/tree.ts';
import type { Config } from '../config/types.ts';
import { type Need, needOf, ORDERED, type Readings } from './settings.ts';
import { brief, shown } from './shown.ts';

/** One setting that another reading of the configuration changes. */
export interface Change {
  /** Where, as the configuration writes it; entries of lists that have names by those. */
  path: string;
  /** A line that says it, without any secret. */
  text: string;
  need: Need;
}

type Read = Pick<Config, 'source'> & Readings['before'];

/** A place in both readings: in lists, one and the same entry may have moved. */
interface Place {
  before: Path;
  after: Path;
  name: string;
}

/**
 * What differs in what holds: a default that is written out, or `60m` for `1h`, changes nothing; another order does
 * where entries are tried or shown one after the other.
 */
export function differences(before: Read, after: Read, stores: Readings['stores']): Change[] {
  const found: Change[] = [];
  const readings = { before, after, stores };
  const [old, next] = [before.source, after.source];

  function compare(place: Place, from: unknown, to: unknown): void {
    if (isOrdered(place) && isTree(from) && isTree(to)) compareOrder(place, Object.keys(from), Object.keys(to));
    if (isDeepStrictEqual(from, to)) return;
    if (isPlainTree(from) && isPlainTree(to)) {
      for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
        compare(below(place, key), from[key], to[key]);
      }
    } else if (isNamed(from) && isNamed(to)) compareNamed(place, from, to);
    else if (isOpaque(from) || isOpaque(to)) {
      // Made anew at each reading: only what is written can be compared.
      const written = [valueAt(old.written, place.before), valueAt(next.written, place.after)] as const;
      if (!isDeepStrictEqual(...written)) tell(place, from, to);
    } else tell(place, from, to);
  }

  function compareNamed(place: Place, from: readonly Named[], to: readonly Named[]): void {
    const names = new Set([...from, ...to].map(({ name }) => name));
    for (const name of names) {
      const [at, then] = [from.findIndex((it) => it.name === name), to.findIndex((it) => it.name === name)];
      const entry = {
        before: [...place.before, at],
        after: [...place.after, then],
        name: `${place.name}[${JSON.stringify(name)}]`,
      };
      compare(entry, from[at], to[then]);
    }
    const namesOf = (all: readonly Named[]) => all.map(({ name }) => name);
    compareOrder(place, namesOf(from), namesOf(to));
  }

  /** Of those that both have. */
  function compareOrder(place: Place, from: readonly string[], to: readonly string[]): void {
    const [was, is] = [from.filter((name) => to.includes(name)), to.filter((name) => from.includes(name))];
    if (isDeepStrictEqual(was, is)) return;
    push(place, `in another order: ${brief(was.join(', '))} → ${brief(is.join(', '))}`);
  }

  function tell(place: Place, from: unknown, to: unknown): void {
    push(place, wordsOf(place, from, to));
  }

  function push({ name, after: then }: Place, words: string): void {
    found.push({ path: name, text: `${name}: ${words}`, need: needOf(then, readings) });
  }

  function wordsOf({ before: at, after: then }: Place, from: unknown, to: unknown): string {
    const [was, is] = [valueAt(old.written, at), valueAt(next.written, then)];
    if (from === undefined && typeof to === 'object') return 'added';
    if (to === undefined && typeof from === 'object') return 'removed';
    const [wasShown, isShown] = [shown(at, was), shown(then, is)];
    const alike = wasShown === undefined || isShown === undefined || wasShown === isShown;
    return alike ? 'changed' : `${wasShown} → ${isShown}`;
  }

  compare({ before: [], after: [], name: '' }, old.checked, next.checked);
  return found;
}

function below({ before, after, name }: Place, key: string): Place {
  return { before: [...before, key], after: [...after, key], name: name === '' ? key : `${name}${step(key)}` };
}

const step = (key: string): string => {
  const text = dotted(['x', key]);
  return text.slice(1);
};

const isOrdered = ({ after }: Place): boolean => after.length === 1 && ORDERED.has(after[0]);

interface Named {
  name: string;
}

function isNamed(value: unknown): value is Named[] {
  if (!Array.isArray(value)) return false;
  const names = value.map((item: unknown) => (isTree(item) && typeof item.name === 'string' ? item.name : undefined));
  return names.length > 0 && !names.includes(undefined) && new Set(names).size === names.length;
}

function isPlainTree(value: unknown): value is Record<string, unknown> {
  return isTree(value) && Object.getPrototypeOf(value) === Object.prototype;
}

const isOpaque = (value: unknown): boolean => typeof value === 'function' || (isTree(value) && !isPlainTree(value));
