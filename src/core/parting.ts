import { hasCode } from './errors.ts';
import type { Sealer } from './seal.ts';
import type { EphemeralStore } from './store.ts';

/** How long it is known how to end a session elsewhere: longer than most sessions are, and no more than that is kept of anybody. */
const KEPT = 24 * 3_600_000;

/** Characters; what is longer isn't kept, and signing out there isn't offered. */
const LONGEST = 8_192;

/**
 * What it takes to end somebody's session at their provider (an ID token, a name identifier): one for each person, sealed,
 * for it says who they are.
 */
export interface Partings {
  keep(key: string, what: string): Promise<void>;
  /** Undefined where there is none any more. */
  of(key: string): Promise<string | undefined>;
}

export function createPartings(
  { ephemeral, sealer }: { ephemeral: Pick<EphemeralStore, 'get' | 'set'>; sealer: Sealer },
  directory: string,
): Partings {
  const placeOf = (key: string): string => `parting:${directory}:${key}`;
  return {
    async keep(key, what) {
      if (what.length > LONGEST) return;
      await ephemeral.set(placeOf(key), sealer.seal(what, placeOf(key)), KEPT);
    },
    async of(key) {
      const kept = await ephemeral.get(placeOf(key));
      if (kept === undefined) return undefined;
      try {
        return sealer.open(kept, placeOf(key));
      } catch (error) {
        // The key that sealed it is gone: then it isn't known any more.
        if (hasCode(error, 'ERR_SEAL')) return undefined;
        throw error;
      }
    },
  };
}
