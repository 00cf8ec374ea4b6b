import { setTimeout as pause } from 'node:timers/promises';
import type { LogPort } from '../../core/door.ts';
import type { WorkerProcess } from './process.ts';

/** Pauses before one that died is started again: the first, and the longest. Milliseconds. */
const FIRST = 500;
const LONGEST = 30_000;
/** Who lived so long has started well. */
const STEADY = 60_000;
/** Within which one is ready that takes another's place; its name may have to be waited for. Milliseconds. */
const COMES_WITHIN = 60_000;
/** Deaths of one in a row after which it isn't worth another try. */
const MOST = 10;

export interface Workers {
  /** Those that are ready. */
  ready(): WorkerProcess[];
  /**
   * Replaces each by a new one that reads the configuration anew; there are never fewer than before. Where a new one
   * doesn't become ready it stops, and what is there stays.
   */
  roll(replaced: (worker: WorkerProcess) => Promise<void>): Promise<Rolled>;
  stop(): Promise<void>;
}

/** How far it came. */
export interface Rolled {
  /** How many were started by it, and serve. */
  replaced: number;
  /** Why it stopped. */
  fault?: string;
}

export interface KeepingDeps {
  count: number;
  /** `whenReady`: it takes no request before all is there that it needs. */
  start(number: number, whenReady: boolean): WorkerProcess;
  log: LogPort;
  /** One died again and again. */
  giveUp(number: number): void;
  /** For tests: pauses are divided by it. */
  hurry?: number;
}

interface Slot {
  worker: WorkerProcess;
  leaving: boolean;
}

/** Starts the workers, resolves when all are ready, and starts each again that dies from then on. */
export async function keepWorkers({ count, start, log, giveUp, hurry = 1 }: KeepingDeps): Promise<Workers> {
  const slots = new Map<number, Slot>();
  let stopping = false;

  async function open(number: number, whenReady = false): Promise<WorkerProcess> {
    if (stopping) throw new Error('the server is being stopped');
    const slot = { worker: start(number, whenReady), leaving: false };
    slots.set(number, slot);
    await slot.worker.ready.catch((error: Error) => {
      throw new Error(`worker ${number}: ${error.message}`, { cause: error });
    });
    void keep(number, slot);
    return slot.worker;
  }

  /** One that takes another's place, in a bounded time; where it can't there is none. */
  async function openAnew(number: number): Promise<WorkerProcess> {
    const late = setTimeout(() => slots.get(number)?.worker.kill(), COMES_WITHIN / hurry).unref();
    try {
      return await open(number, true);
    } catch (error) {
      slots.delete(number);
      throw error;
    } finally {
      clearTimeout(late);
    }
  }

  async function keep(number: number, slot: Slot): Promise<void> {
    for (let deaths = 0; ; ) {
      const begun = performance.now();
      await slot.worker.ended;
      if (slot.leaving || stopping) return;
      deaths = performance.now() - begun >= STEADY / hurry ? 1 : deaths + 1;
      log.error({ worker: number, pid: slot.worker.pid, deaths }, 'a worker died');
      if (deaths >= MOST) return giveUp(number);
      await pause(Math.min(LONGEST, FIRST * 2 ** (deaths - 1)) / hurry);
      if (slot.leaving || stopping) return;
      slot.worker = start(number, false);
    }
  }

  async function close(number: number): Promise<void> {
    const slot = slots.get(number);
    if (slot === undefined) return;
    slot.leaving = true;
    await slot.worker.stop();
    slots.delete(number);
  }

  async function stop(): Promise<void> {
    stopping = true;
    await Promise.all([...slots.keys()].map(close));
  }

  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  try {
    // The first makes what is made once: tables, keys.
    await open(1);
    await Promise.all(numbers.slice(1).map((number) => open(number)));
  } catch (error) {
    await stop();
    throw error;
  }

  return {
    ready: () =>
      [...slots.values()]
        .filter(({ worker, leaving }) => worker.port !== undefined && !leaving)
        .map(({ worker }) => worker),
    async roll(replaced) {
      // Those that a roll left which didn't come to its end stand in as well.
      const before = [...slots.keys()].filter((number) => number > count);
      const spare = [...numbers, ...before].reduce((free, number) => Math.max(free, number + 1), 0);
      let opened = 0;
      async function next(number: number): Promise<void> {
        const worker = await openAnew(number);
        opened += 1;
        await replaced(worker);
      }
      try {
        await next(spare);
        for (const number of numbers) {
          await close(number);
          await next(number);
          log.info({ worker: number }, 'a worker was replaced');
        }
      } catch (error) {
        return { replaced: opened, fault: (error as Error).message };
      }
      await Promise.all([...before, spare].map(close));
      return { replaced: count };
    },
    stop,
  };
}
