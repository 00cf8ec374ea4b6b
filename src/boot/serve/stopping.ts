/** How long requests under way may take once the end was asked for, milliseconds. */
export const DRAIN = 10_000;
/** And all the rest after that: a store that is away must not hold the process. */
export const AFTER = 5_000;
/** After which it has ended, whatever hangs. Who kills processes must wait longer. */
export const STOPPED_WITHIN = DRAIN + AFTER;

/** A signal that comes again so soon is the same one: npm passes on what the terminal has sent to all, milliseconds. */
const AGAIN = 1_000;

/** Stops once, however often it is asked for, and in a bounded time. */
export function stopOnce(stop: () => Promise<void>, within: number = STOPPED_WITHIN): () => void {
  let stopping = false;
  return () => {
    if (stopping) return;
    stopping = true;
    setTimeout(end, within, 'something hangs').unref();
    void stop();
  };
}

/** As the system asks for it; at once where it asks again. */
export function stopOnSignal(stop: () => void): void {
  let asked: number | undefined;
  const hear = () => {
    const now = performance.now();
    if (asked !== undefined && now - asked >= AGAIN) end('it was asked for again');
    asked ??= now;
    stop();
  };
  process.on('SIGTERM', hear);
  process.on('SIGINT', hear);
}

/** As a crash would, which all that was acknowledged outlives; it is what was asked for, all the same. */
function end(why: string): void {
  process.stderr.write(`sallyport: ended before all was closed: ${why}\n`);
  process.exit(0);
}
