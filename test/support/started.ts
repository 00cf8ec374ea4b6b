const TRIES = 3;

/** A server ended before it was ready. */
export class EndedError extends Error {}

/** Starts a server on a port that was free a moment ago; again where another process was faster to it. */
export async function startedAtLast<T>(start: () => Promise<T>): Promise<T> {
  for (let left = TRIES - 1; left > 0; left -= 1) {
    try {
      return await start();
    } catch (error) {
      if (!(error instanceof EndedError)) throw error;
    }
  }
  return start();
}
