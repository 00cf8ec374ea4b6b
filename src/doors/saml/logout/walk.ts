/** The way of a browser through the applications that only it reaches. Plain data; times are epoch milliseconds. */
export interface Walk {
  account: string;
  stops: readonly Stop[];
  /** Where it leads at the end: our own or a registered address, as the core gave it. */
  next: string;
}

export interface Stop {
  application: string;
  /** SessionIndex. */
  index: string;
  state: 'waiting' | 'telling' | 'told' | 'unreached';
  /** When the browser was first sent there. */
  since?: number;
}

/** What became of an application. */
export type Fate = 'told' | 'unreached';

/**
 * Back from an application without its answer: after this long it counts as unreached. Before, the page was only
 * loaded twice, and the answer is on its way. Milliseconds.
 */
export const PATIENCE = 3_000;

/** Gives up whoever didn't send the browser back, so that nobody is caught there. */
export function settle(walk: Walk, now: number): Walk {
  const isLost = ({ state, since = 0 }: Stop) => state === 'telling' && now - since >= PATIENCE;
  if (!walk.stops.some(isLost)) return walk;
  return { ...walk, stops: walk.stops.map((stop) => (isLost(stop) ? { ...stop, state: 'unreached' } : stop)) };
}

/** Goes to the next one, or again to one that was begun a moment ago: a link is soon clicked twice. */
export function advance(walk: Walk, now: number): { walk: Walk; stop?: Stop } {
  const settled = settle(walk, now);
  const under = settled.stops.find(({ state }) => state === 'telling');
  if (under) return { walk: settled, stop: under };
  const waiting = settled.stops.find(({ state }) => state === 'waiting');
  if (waiting === undefined) return { walk: settled };
  const stop: Stop = { ...waiting, state: 'telling', since: now };
  return { walk: { ...settled, stops: settled.stops.map((it) => (it === waiting ? stop : it)) }, stop };
}

/**
 * Notes what became of the one that knows the session by this index: an answer may be to a walk before this one.
 * One that comes late still tells that the person was signed out.
 */
export function note(walk: Walk, index: string, state: Fate): Walk {
  return { ...walk, stops: walk.stops.map((stop) => (stop.index === index ? { ...stop, state } : stop)) };
}

export const isOver = ({ stops }: Walk): boolean =>
  stops.every(({ state }) => state === 'told' || state === 'unreached');

export const allTold = ({ stops }: Walk): boolean => stops.every(({ state }) => state === 'told');

/** Those whose fate is another than before. */
export function changes(before: Walk, after: Walk): { application: string; fate: Fate }[] {
  return after.stops.flatMap(({ application, state }, at) =>
    state !== before.stops[at]?.state && (state === 'told' || state === 'unreached')
      ? [{ application, fate: state }]
      : [],
  );
}
