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
  /** Value of the NameID that it is told: one that was given several is visited for each. */
  name?: string;
  /** `unknown`: it doesn't know this name, which is as good as told where it was told another one. */
  state: 'waiting' | 'telling' | 'unknown' | Fate;
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
 * Notes what became of the one that knows the session by this index, and the person by this name: an answer may be to
 * a walk before this one. One that comes late still tells that the person was signed out.
 */
export function note(walk: Walk, { index, name }: Pick<Stop, 'index' | 'name'>, state: Fate | 'unknown'): Walk {
  const isIt = (stop: Stop) => stop.index === index && stop.name === name;
  return { ...walk, stops: walk.stops.map((stop) => (isIt(stop) ? { ...stop, state } : stop)) };
}

export const isOver = ({ stops }: Walk): boolean =>
  stops.every(({ state }) => state !== 'waiting' && state !== 'telling');

export const allTold = (walk: Walk): boolean => applicationsOf(walk).every(({ state }) => state === 'told');

/** An application as a whole is under way as long as one of its stops is, and told where none of them failed. */
const ORDER = ['telling', 'waiting', 'unreached', 'told'] as const;

/** Each application once, in order. */
export function applicationsOf({ stops }: Walk): { application: string; state: Exclude<Stop['state'], 'unknown'> }[] {
  return [...Map.groupBy(stops, ({ application }) => application)].map(([application, own]) => ({
    application,
    state: ORDER.find((state) => own.some((stop) => stop.state === state)) ?? 'unreached',
  }));
}

/** Those whose fate is another than before. */
export function changes(before: Walk, after: Walk): { application: string; fate: Fate }[] {
  const former = applicationsOf(before);
  return applicationsOf(after).flatMap(({ application, state }, at) =>
    state !== former[at]?.state && (state === 'told' || state === 'unreached') ? [{ application, fate: state }] : [],
  );
}
