import { hash, type ParsedHashOptions, parseOptions, verify } from '@node-rs/argon2';
import type { Argon2 } from '../../core/argon2.ts';
import type { Queue } from '../../core/queue.ts';
import type { HashSettings } from './settings.ts';

/** The values of the library's `const enum`s, which erasable syntax can't import. */
const ARGON2ID = 2;
const VERSION_19 = 1;

/** More than this in an imported hash would let one sign-in occupy the machine: KiB times passes. */
const MOST_WORK = 4_194_304;

/** What computes; replaced in tests by one that counts. */
export type Engine = Argon2;

/** In libuv's threads. */
const argon2: Engine = {
  hash: (password, { memory, passes, parallelism }) =>
    hash(password, { algorithm: ARGON2ID, memoryCost: memory, timeCost: passes, parallelism }),
  verify: (phc, password) => verify(phc, password),
};

function parse(phc: string): ParsedHashOptions | undefined {
  try {
    const parsed = parseOptions(phc);
    return parsed.algorithm === ARGON2ID && parsed.version === VERSION_19 ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a PHC string can be taken over: argon2id, version 19, and of a bearable cost. */
export function isAcceptable(phc: string): boolean {
  const parsed = parse(phc);
  return (
    parsed !== undefined &&
    parsed.memoryCost * parsed.timeCost <= MOST_WORK &&
    parsed.parallelism <= 16 &&
    parsed.saltLen >= 8 &&
    parsed.outputLen >= 16 &&
    parsed.outputLen <= 64
  );
}

/** argon2id in PHC strings, a bounded number at once. All throw BusyError when too many wait. */
export interface Hasher {
  hash(password: string, signal?: AbortSignal): Promise<string>;
  /** Without a hash it does the same work on a fixed one and answers false. */
  verify(phc: string | undefined, password: string, signal?: AbortSignal): Promise<boolean>;
  /** Whether a hash was made with less than the present settings. */
  outdated(phc: string): boolean;
}

/** No password is known to give this hash, and a match would count for nothing. */
function decoyOf({ memory, passes, parallelism }: HashSettings): string {
  const base64 = (bytes: number) => Buffer.alloc(bytes).toString('base64').replace(/=+$/, '');
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(16)}$${base64(32)}`;
}

export function createHasher(settings: HashSettings, queue: Queue, engine: Engine = argon2): Hasher {
  const decoy = decoyOf(settings);
  return {
    hash: (password, signal) => queue.run(() => engine.hash(password, settings), signal),
    async verify(phc, password, signal) {
      const matches = await queue.run(() => engine.verify(phc ?? decoy, password), signal);
      return matches && phc !== undefined;
    },
    outdated(phc) {
      const made = parse(phc);
      return (
        made === undefined ||
        made.memoryCost < settings.memory ||
        made.timeCost < settings.passes ||
        made.parallelism < settings.parallelism
      );
    },
  };
}
