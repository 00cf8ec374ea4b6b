import { AwayError } from './errors.ts';

interface Bounds {
  /** Inside at once. */
  most: number;
  /** Waiting at once. */
  waiting: number;
  /** How long one waits, milliseconds: behind a server that doesn't answer, everybody's turn would end in waiting. */
  patience: number;
  /** What whoever doesn't get in is told. */
  full: string;
}

/** Lets so many in at once; some wait a while, and all others are told to come back. */
export function createGate({ most, waiting: longest, patience, full }: Bounds) {
  const waiting = new Set<() => void>();
  let inside = 0;

  function turn(): Promise<void> {
    return new Promise((resolve, reject) => {
      const go = () => {
        clearTimeout(timer);
        waiting.delete(go);
        resolve();
      };
      const timer = setTimeout(() => {
        waiting.delete(go);
        reject(new AwayError(full));
      }, patience);
      waiting.add(go);
    });
  }

  return async function pass<T>(work: () => Promise<T>): Promise<T> {
    if (inside >= most) {
      if (waiting.size >= longest) throw new AwayError(full);
      // Whoever leaves hands the place over.
      await turn();
    } else inside += 1;
    try {
      return await work();
    } finally {
      const [next] = waiting;
      if (next) next();
      else inside -= 1;
    }
  };
}
