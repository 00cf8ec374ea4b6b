/** How long requests under way may take once the end was asked for, milliseconds. */
export const DRAIN = 10_000;
/** And all the rest after that: a store that is away must not hold the process. */
const AFTER = 5_000;
/** After which it has ended, whatever hangs. Who kills processes must wait longer. */
export const STOPPED_WITHIN = DRAIN + AFTER;

/** A signal that comes again so soon is the same one: npm passes on what the terminal has sent to all, milliseconds. */
const AGAIN = 1_000;

/** Stops once, and in a bounded time; at once where a signal asks for it again. Also by the function answered. */
export function stopOnSignal(stop: () => Promise<void>): () => void {
  let asked: number | undefined;
  const once = () => {
    const now = performance.now();
    if (asked === undefined) {
      asked = now;
      setTimeout(end, STOPPED_WITHIN, 'something hangs').unref();
      void stop();
    } else if (now - asked >= AGAIN) {
      end('it was asked for again');
    }
  };
  process.on('SIGTERM', once);
  process.on('SIGINT', once);
  return once;
}

/** As a crash would, which all that was acknowledged outlives; it is what was asked for, all the same. */
function end(why: string): void {
  process.stderr.write(`sallyport: ended before all was closed: ${why}\n`);
  process.exit(0);
}
