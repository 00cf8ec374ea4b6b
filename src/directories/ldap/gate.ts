import { AwayError } from './errors.ts';

/** How many wait at most, for each that may be in. */
const WAITING = 8;

/** Lets so many in at once; some wait, and all others are told to come back. */
export function createGate(most: number) {
  const waiting: (() => void)[] = [];
  let inside = 0;

  return async function pass<T>(work: () => Promise<T>): Promise<T> {
    if (inside >= most) {
      if (waiting.length >= most * WAITING) throw new AwayError('too many passwords are being checked at once');
      await new Promise<void>((go) => waiting.push(go));
    } else inside += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else inside -= 1;
    }
  };
}
