import type { Bound, LockoutSettings } from './needs.ts';

/** What strangers may fail at together, each known browser, and all known browsers together. */
export interface Shares {
  strangers: number;
  known: number;
  /** Absent: each has its own, however many there are. */
  allKnown?: number;
  /** How long a failure counts, milliseconds. */
  ttl: number;
}

/**
 * All that wrong passwords for one account may come to stays one below what its directory locks it at: else whoever
 * guesses here would lock people out of everything that the directory opens. Strangers get half of it at most.
 */
export function sharesOf({ failures, duration }: LockoutSettings, bound: Bound | undefined): Shares {
  if (bound === undefined) return { strangers: failures, known: failures, ttl: duration };
  const all = Math.max(1, bound.failures - 1);
  const strangers = Math.min(failures, Math.max(1, Math.floor(all / 2)));
  const rest = all - strangers;
  return { strangers, known: Math.min(failures, rest), allKnown: rest, ttl: Math.max(duration, bound.window) };
}
