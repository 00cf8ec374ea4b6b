import { z } from 'zod';
import { SallyportError } from '../../../core/errors.ts';

/*
 * Which primary serves which slots, as all nodes agree on it in the durable store, and which of them have been without
 * a replica. Pure: a register in, a register out.
 *
 * Redis names each history of its data (the replication id): a replica that is promoted begins a new one, and none
 * comes back. So a history that nobody has entered yet is a primary that may lack what was ended at the last one.
 */

const range = z.tuple([z.number(), z.number()]);

const served = z.object({
  history: z.string(),
  /** In a cluster: whoever has the higher one has the slot (Redis cluster specification, "Hash slots configuration"). */
  epoch: z.number().optional(),
  slots: z.array(range),
  /** Times without a replica whose records hold for these slots. */
  spells: z.array(z.string()),
  /** `ending`: a replica is there again, and has yet to confirm all that was recorded. */
  alone: z.enum(['no', 'yes', 'ending']),
  /** Which end that is: in between it may have been alone again. */
  end: z.string().optional(),
  /** What was recorded at the primary before it has been carried over. */
  restored: z.boolean(),
});

export const register = z.object({ served: z.array(served), over: z.array(z.string()) });

export type Served = z.output<typeof served>;
export type Register = z.output<typeof register>;
export type Range = z.output<typeof range>;

/** A primary, as it presents itself. */
export interface Primary {
  history: string;
  epoch: number | undefined;
  slots: readonly number[];
}

export const NOBODY: Register = { served: [], over: [] };
/** Histories that are remembered to be over: more than there are in years. */
const REMEMBERED = 200;

export const servedBy = ({ served }: Register, history: string): Served | undefined =>
  served.find((it) => it.history === history);

export const has = ({ slots }: Served, slot: number): boolean => slots.some(([from, to]) => from <= slot && slot <= to);

/**
 * Enters a primary with its slots, which others have no more from then on: nothing is recorded for them any more. What
 * they recorded holds for it too. The same register where it stands there already.
 *
 * @throws SallyportError ERR_STORE_UNAVAILABLE where it has been replaced: it may still answer, cut off from the others
 */
export function claim(before: Register, { history, epoch, slots }: Primary): Register {
  if (before.over.includes(history)) throw replaced();
  const known = servedBy(before, history);
  if (known && known.epoch === epoch && slots.every((slot) => has(known, slot))) return before;
  const mine = new Set(slots);
  const spells = new Set(known?.spells);
  const others: Served[] = [];
  for (const other of before.served.filter((it) => it !== known)) {
    const theirs = numbersOf(other.slots);
    const common = [...theirs].filter((slot) => mine.has(slot));
    const later = epoch !== undefined && other.epoch !== undefined && other.epoch > epoch;
    for (const slot of common) (later ? mine : theirs).delete(slot);
    if (common.length > 0 && !later) for (const spell of other.spells) spells.add(spell);
    others.push({ ...other, slots: rangesOf(theirs) });
  }
  if (slots.length > 0 && mine.size === 0) throw replaced();
  const inherited = spells.size > (known?.spells.length ?? 0);
  const entry: Served = {
    history,
    ...(epoch !== undefined && { epoch }),
    slots: rangesOf(new Set([...numbersOf(known?.slots ?? []), ...mine])),
    spells: [...spells],
    alone: inherited ? 'yes' : (known?.alone ?? 'no'),
    restored: inherited ? false : (known?.restored ?? true),
  };
  // In a cluster a primary that gave all of its slots away may get some again; elsewhere it has been replaced.
  const gone = epoch === undefined ? others.filter((it) => it.slots.length === 0).map((it) => it.history) : [];
  return {
    served: [...others.filter((it) => it.slots.length > 0), entry],
    over: [...before.over, ...gone].slice(-REMEMBERED),
  };
}

/** The register with a change of one of its entries. */
export function changed(before: Register, history: string, change: Partial<Served>): Register {
  return { ...before, served: before.served.map((it) => (it.history === history ? { ...it, ...change } : it)) };
}

export function replaced(): SallyportError {
  return new SallyportError('ERR_STORE_UNAVAILABLE', 'Redis: this primary has been replaced by another');
}

export function numbersOf(ranges: readonly Range[]): Set<number> {
  const numbers = new Set<number>();
  for (const [from, to] of ranges) for (let at = from; at <= to; at += 1) numbers.add(at);
  return numbers;
}

export function rangesOf(numbers: ReadonlySet<number>): Range[] {
  const ranges: Range[] = [];
  for (const at of [...numbers].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && last[1] === at - 1) last[1] = at;
    else ranges.push([at, at]);
  }
  return ranges;
}
