import type { Building } from '../app/building.ts';
import type { Config } from '../config.ts';
import { type Change, differences } from './difference.ts';
import { type Digests, digestsOf } from './digest.ts';

/** What stands ready to take the place of what is in use. */
export interface Ready {
  building: Building;
  changes: readonly Change[];
  digests: Digests;
}

/** Why nothing can. */
export interface Refusal {
  /** A line each. */
  reasons: readonly string[];
  /** Processes that take each other's place would do: how many settings need it. */
  roll?: true;
}

export interface PrepareDeps {
  /** Reads the configuration anew. Throws ConfigError with all of its faults. */
  read(): Config;
  /** What is in use. */
  running(): Building;
  raise(config: Config): Promise<Building>;
  /** Those that seal and open. */
  keys: readonly Uint8Array[];
  /** Throws for what only a listener would see, as a certificate that isn't its key's. */
  check(config: Config): void;
}

/** Reads, compares, and raises what is to take the place of what is in use: whatever is wrong is an answer. */
export async function prepare({ read, running, raise, keys, check }: PrepareDeps): Promise<Ready | Refusal> {
  try {
    const config = read();
    const changes = differences(running().config, config);
    const fixed = changes.filter(({ takes }) => takes !== 'reload');
    if (fixed.length > 0) return refusalOf(fixed);
    check(config);
    return { building: await raise(config), changes, digests: digestsOf(config, keys) };
  } catch (error) {
    return { reasons: (error instanceof Error ? error.message : String(error)).split('\n') };
  }
}

function refusalOf(fixed: readonly Change[]): Refusal {
  const reasons = fixed.map(({ text, takes }) =>
    takes === 'roll' ? `${text}: takes new processes` : `${text}: takes a restart`,
  );
  return { reasons, ...(fixed.every(({ takes }) => takes === 'roll') && { roll: true }) };
}
