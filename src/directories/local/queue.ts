import { SallyportError } from '../../core/errors.ts';

/** As many are waiting as may: nothing was tried. */
export class BusyError extends SallyportError {
  constructor() {
    super('ERR_STORE_UNAVAILABLE', 'too many passwords are being checked at once');
    this.name = 'BusyError';
  }
}

/** Runs a bounded number of tasks at once, first come first served, and lets a bounded number wait. */
export interface Queue {
  /** Throws BusyError when full, and the signal's reason when aborted before its turn. */
  run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

/** `atOnce` tasks run, `longest` wait. */
export function createQueue(atOnce: number, longest: number): Queue {
  const waiting = new Set<() => void>();
  let running = 0;

  function turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        waiting.delete(start);
        reject(signal?.reason);
      };
      const start = () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      waiting.add(start);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  async function enter(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (running < atOnce) running++;
    else if (waiting.size >= longest) throw new BusyError();
    else await turn(signal);
  }

  /** Hands the place over rather than freeing it, so that nobody who comes later slips in between. */
  function leave(): void {
    const [next] = waiting;
    if (!next) running--;
    else if (waiting.delete(next)) next();
  }

  return {
    async run(task, signal) {
      await enter(signal);
      try {
        return await task();
      } finally {
        leave();
      }
    },
  };
}
