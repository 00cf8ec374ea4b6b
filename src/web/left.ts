import type { Writable } from 'node:stream';

/**
 * Runs it once the response has ended or whoever asked has gone, at once where they have already: a response tells of
 * that a single time, and whoever begins to listen later would wait, and count what is open, for ever.
 */
export function onceLeft(to: Pick<Writable, 'destroyed' | 'once'>, then: () => void): void {
  if (to.destroyed) then();
  else to.once('close', then);
}
