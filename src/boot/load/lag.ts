/** Between two looks, and over how many the lag is averaged: one pause for garbage is no overload. Milliseconds. */
const EVERY = 100;
const LOOKS = 10;

export interface Lag {
  /** By how much timers come late, on average over the last second, milliseconds. */
  now(): number;
  close(): void;
}

/** How far the process is behind with what it has to do. `clock`: milliseconds that never go back. */
export function watchLag(clock: () => number = () => performance.now()): Lag {
  const late: number[] = [];
  let last = clock();
  const overdue = () => Math.max(0, clock() - last - EVERY);
  const timer = setInterval(() => {
    late.push(overdue());
    if (late.length > LOOKS) late.shift();
    last = clock();
  }, EVERY).unref();
  return {
    // What is late by now counts before its timer comes: a process that is stuck mustn't seem free.
    now: () => [...late, overdue()].reduce((sum, each) => sum + each, 0) / Math.max(1, late.length),
    close: () => clearInterval(timer),
  };
}
