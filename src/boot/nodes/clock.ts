import type { LogPort } from '../../core/door.ts';

/** The time that all nodes of a shared durable store go by. */
export interface SharedClock {
  /** Epoch milliseconds. */
  now(): number;
  /** How far this machine's clock is ahead of the store's as it was measured last, milliseconds; behind where negative. */
  ahead(): number;
  /** Measures again. Rejects where the store is away, and leaves all as it was. */
  measure(): Promise<void>;
}

export interface SharedClockOptions {
  /** This machine's clock. */
  machine(): number;
  /** The store's clock, epoch milliseconds, rounded down. */
  store(): Promise<number>;
  log: Pick<LogPort, 'warn'>;
  /** Whether the store's time counts here; otherwise it is only measured. */
  follows: boolean;
}

/** Reads of one measurement: the fastest of them say most. */
const READS = 5;
/** A machine this far off has something wrong with it, milliseconds. */
const WORTH_TELLING = 1_000;

/** Bounds of what has to be added to the machine's clock. */
interface Bounds {
  low: number;
  high: number;
}

/**
 * The store's clock, by an offset from this machine's. Each read bounds it by its round trip, and it moves by no more
 * than it takes to lie within all the bounds of one measurement: a slow answer moves nothing, and time goes back only
 * where this machine's clock ran ahead, or was set.
 */
export async function createSharedClock(options: SharedClockOptions): Promise<SharedClock> {
  const { machine, store, log, follows } = options;
  const first = await boundsOf(machine, store);
  let offset = Math.floor((first.low + first.high) / 2);
  let told = false;

  function tell(): void {
    const off = Math.abs(offset) >= WORTH_TELLING;
    if (off && !told) {
      const way = offset < 0 ? 'ahead of' : 'behind';
      const seconds = (Math.abs(offset) / 1000).toFixed(1);
      const message = `this machine's clock is ${seconds} s ${way} the database's: set it by NTP`;
      log.warn({ ahead: -offset, follows }, message);
    }
    told = off;
  }
  tell();

  return {
    now: () => machine() + (follows ? offset : 0),
    ahead: () => -offset,
    async measure() {
      const { low, high } = await boundsOf(machine, store);
      offset = Math.min(Math.max(offset, low), high);
      tell();
    },
  };
}

async function boundsOf(machine: () => number, store: () => Promise<number>): Promise<Bounds> {
  let found: Bounds | undefined;
  for (let reads = 0; reads < READS; reads += 1) {
    const asked = machine();
    const time = await store();
    const next = { low: time - machine(), high: time + 1 - asked };
    const both = found && { low: Math.max(found.low, next.low), high: Math.min(found.high, next.high) };
    // Bounds that exclude each other: a clock was set in between, and the later read knows.
    found = both && both.low <= both.high ? both : next;
  }
  return found as Bounds;
}
