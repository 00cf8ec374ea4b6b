import { OverloadedError } from './errors.ts';
import type { WorkMeter } from './load.ts';

/** When whoever is refused is to come again, milliseconds. */
const AGAIN = 5_000;

/** As many are waiting as may, or it waited as long as it may: nothing was tried. */
export class BusyError extends OverloadedError {
  constructor() {
    super('too many passwords are being checked at once', AGAIN);
    this.name = 'BusyError';
  }
}

/** Runs a bounded number of tasks at once, first come first served, and lets a bounded number wait for a bounded time. */
export interface Queue {
  /** Throws BusyError when full or when its turn doesn't come in time, and the signal's reason when aborted before. */
  run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

interface Waiting {
  /** Milliseconds that a task waits; without it, as long as it takes. */
  patience?: number;
  meter?: WorkMeter | undefined;
}

/** `atOnce` tasks run, `longest` wait. */
export function createQueue(atOnce: number, longest: number, { patience, meter }: Waiting = {}): Queue {
  const waiting = new Set<() => void>();
  let running = 0;
  meter?.watch({ waiting: () => waiting.size, running: () => running });

  function turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const over = () => {
        waiting.delete(start);
        signal?.removeEventListener('abort', abort);
        clearTimeout(timer);
      };
      const abort = () => {
        over();
        reject(signal?.reason);
      };
      const start = () => {
        over();
        resolve();
      };
      // Whoever asked has given up by then, or soon will: to check it all the same would only keep others waiting.
      const late = () => {
        over();
        meter?.refused('waited');
        reject(new BusyError());
      };
      const timer = patience === undefined ? undefined : setTimeout(late, patience);
      waiting.add(start);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  async function enter(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (running < atOnce) {
      running++;
      return;
    }
    if (waiting.size >= longest) {
      meter?.refused('full');
      throw new BusyError();
    }
    await turn(signal);
  }

  /** Hands the place over rather than freeing it, so that nobody who comes later slips in between. */
  function leave(): void {
    const [next] = waiting;
    if (next) next();
    else running--;
  }

  return {
    async run(task, signal) {
      const asked = performance.now();
      await enter(signal);
      const begun = performance.now();
      try {
        return await task();
      } finally {
        meter?.ended(begun - asked, performance.now() - begun);
        leave();
      }
    },
  };
}
