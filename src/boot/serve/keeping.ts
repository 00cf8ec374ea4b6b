import { setTimeout as pause } from 'node:timers/promises';
import type { LogPort } from '../../core/door.ts';
import type { WorkerProcess } from './process.ts';

/** Pauses before one that died is started again: the first, and the longest. Milliseconds. */
const FIRST = 500;
const LONGEST = 30_000;
/** Who lived so long has started well. */
const STEADY = 60_000;
/** Deaths of one in a row after which it isn't worth another try. */
const MOST = 10;

export interface Workers {
  /** Those that are ready. */
  ready(): WorkerProcess[];
  /** Replaces each by a new one that reads the configuration anew; there are never fewer than before. */
  roll(): Promise<void>;
  stop(): Promise<void>;
}

export interface KeepingDeps {
  count: number;
  start(number: number): WorkerProcess;
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

  async function open(number: number): Promise<void> {
    const slot = { worker: start(number), leaving: false };
    slots.set(number, slot);
    await slot.worker.ready;
    void keep(number, slot);
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
      slot.worker = start(number);
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
    await Promise.all(numbers.slice(1).map(open));
  } catch (error) {
    await stop();
    throw error;
  }

  return {
    ready: () =>
      [...slots.values()]
        .filter(({ worker, leaving }) => worker.port !== undefined && !leaving)
        .map(({ worker }) => worker),
    async roll() {
      const spare = count + 1;
      await open(spare).catch(async (error: unknown) => {
        await close(spare);
        throw error;
      });
      for (const number of numbers) {
        await close(number);
        await open(number);
        log.info({ worker: number }, 'a worker was replaced');
      }
      await close(spare);
    },
    stop,
  };
}
