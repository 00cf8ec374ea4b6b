import { isDeepStrictEqual } from 'node:util';
import { type CompareTarget, compare, decidingOf } from '../compare.ts';
import type { Config } from '../config.ts';

/** People that are looked at, so that a reload doesn't take minutes, and lines about them. */
const PEOPLE = 50_000;
const LINES = 10;

/** Which decisions another reading changes, in short; nothing where no rule, network or factor differs. */
export async function effectOf(target: CompareTarget, from: Config, to: Config): Promise<string[]> {
  const [before, after] = [decidingOf(from), decidingOf(to)];
  if (isDeepStrictEqual(before, after)) return [];
  return (await compare(target, before, after, PEOPLE)).lines(LINES);
}
