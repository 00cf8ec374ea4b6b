/** After the start, milliseconds: whoever waited for it is served first. */
const AFTER = 5_000;

/**
 * Gives back what the start has left behind: room that the young generation grew into, and what was read once. It is a
 * fifth of the memory of a gateway that idles, and V8 by itself keeps it. Takes some 200 ms, once; nothing where
 * Node wasn't started by `scripts/start.sh`.
 */
export function settle(): void {
  const collect = globalThis.gc;
  if (collect)
    setTimeout(() => void collect({ type: 'major', execution: 'sync', flavor: 'last-resort' }), AFTER).unref();
}
