import { performance } from 'node:perf_hooks';

/** After the start, milliseconds: whoever waited for it is served first. */
const AFTER = 5_000;
/** How long it has to have been idle, milliseconds, and what share of that time it may have had something to do. */
const QUIET = 1_000;
const IDLE = 0.05;

/**
 * Gives back what the start has left behind: room that the young generation grew into, and what was read once. It is a
 * fifth of the memory of a gateway that idles, and V8 by itself keeps it. It stops the process for some 200 ms, once, so it
 * waits for a second in which hardly anything was to do: while requests keep coming, nobody waits for memory that is in
 * use anyway. Nothing where Node wasn't started by `scripts/start.sh`.
 */
export function settle(collect = globalThis.gc): void {
  if (!collect) return;
  const look = () => {
    const before = performance.eventLoopUtilization();
    setTimeout(() => {
      if (performance.eventLoopUtilization(before).utilization > IDLE) look();
      else void collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    }, QUIET).unref();
  };
  setTimeout(look, AFTER - QUIET).unref();
}
