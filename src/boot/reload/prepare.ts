import type { Building } from '../app/building.ts';
import type { Config } from '../config.ts';
import { type Change, differences } from './difference.ts';
import { type Digests, digestsOf } from './digest.ts';
import type { Need, Readings } from './settings.ts';

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
  /** Processes that take each other's place would do. */
  roll?: true;
}

export interface PrepareDeps {
  /** Reads the configuration anew. Rejects with ConfigError for all of its faults. */
  read(): Config | Promise<Config>;
  /** What is in use. */
  running(): Building;
  raise(config: Config): Promise<Building>;
  /** Of those that are installed. */
  stores: Readings['stores'];
  /** Those that seal and open. */
  keys: readonly Uint8Array[];
  /** Throws for what only a listener would see, as a certificate that isn't its key's. */
  check(config: Config): void;
}

/** Reads, compares, and raises what is to take the place of what is in use: whatever is wrong is an answer. */
export async function prepare(deps: PrepareDeps): Promise<Ready | Refusal> {
  try {
    const config = await deps.read();
    const changes = differences(deps.running().config, config, deps.stores);
    const fixed = changes.filter(({ need }) => need.takes !== 'reload');
    if (fixed.length > 0) return refusalOf(fixed);
    deps.check(config);
    return { building: await deps.raise(config), changes, digests: digestsOf(config, deps.keys) };
  } catch (error) {
    return { reasons: (error instanceof Error ? error.message : String(error)).split('\n') };
  }
}

function refusalOf(fixed: readonly Change[]): Refusal {
  const reasons = fixed.map(({ text, need }) => `${text}: takes ${wordsOf(need)}`);
  return { reasons, ...(fixed.every(({ need }) => need.takes === 'roll') && { roll: true }) };
}

function wordsOf(need: Need): string {
  if (need.takes !== 'restart') return 'new processes';
  return `a restart${need.all ? ' of all nodes' : ''}: ${need.why}`;
}
