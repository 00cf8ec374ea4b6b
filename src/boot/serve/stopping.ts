/** How long requests under way may take once the end was asked for, milliseconds. */
export const DRAIN = 10_000;
/** And all the rest after that: a store that is away must not hold the process. */
const AFTER = 5_000;
/** After which it has ended, whatever hangs. Who kills processes must wait longer. */
export const STOPPED_WITHIN = DRAIN + AFTER;

/** Stops once, however often it is asked for, and in a bounded time; also by the function answered. */
export function stopOnSignal(stop: () => Promise<void>): () => void {
  let stopping = false;
  const once = () => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), STOPPED_WITHIN).unref();
    void stop();
  };
  process.on('SIGTERM', once);
  process.on('SIGINT', once);
  return once;
}
