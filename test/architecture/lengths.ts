import type { Measured } from './functions.ts';
import { isTestFile } from './rules.ts';
import type { Source } from './source.ts';

/** Lines that a function may have by itself, and with all that stands in it. */
const LONGEST = { own: 60, whole: 150 };

/** By file and name: why it may be longer. */
type Longer = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Functions that may be longer, and why. */
const LONGER: Longer = {};

type Measurable = Pick<Source, 'path' | 'functions'>;

const isLonger = ({ own, lines }: Measured): boolean => own > LONGEST.own || lines > LONGEST.whole;

/**
 * Functions that can't be seen at once: one with more than 60 lines of its own, or a closure with more than 150 in
 * all. What is tested stands in long blocks; that is no fault.
 */
export function functionFaults(sources: readonly Measurable[], longer: Longer = LONGER): string[] {
  return sources
    .filter(({ path }) => !isTestFile(path))
    .flatMap(({ path, functions }) =>
      functions
        .filter((one) => isLonger(one) && !Object.hasOwn(longer[path] ?? {}, one.name))
        .map(({ name, line, own, lines }) => `${path}:${line}: ${name} has ${own} lines of its own, ${lines} in all`),
    );
}

/** Functions that are given as exceptions, and are none. */
export function idleFunctions(sources: readonly Measurable[], longer: Longer = LONGER): string[] {
  const found = new Map(sources.map(({ path, functions }) => [path, functions]));
  return Object.entries(longer).flatMap(([path, names]) =>
    Object.keys(names)
      .filter((name) => !found.get(path)?.some((one) => one.name === name && isLonger(one)))
      .map((name) => `${path} ${name}`),
  );
}
