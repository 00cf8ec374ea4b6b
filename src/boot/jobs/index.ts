import type { LogPort } from '../../core/door.ts';
import type { DurableStore } from '../../core/store.ts';
import { lastDue } from './due.ts';

/** How often each node looks whether something is due, milliseconds. */
const LOOK = 60_000;
/** How long whoever took something has for it before another node may, milliseconds. It is prolonged while it works. */
const LEASE = 300_000;

/** What is done at set times, by one node. */
export interface Job {
  /** The same on all nodes, and in all versions. */
  name: string;
  /** A crontab's, in the institution's time zone. */
  pattern: string;
  /**
   * Does what was due then, epoch milliseconds. Another node begins it again where this one is gone in the middle: what
   * is there already it must not do twice. `still` prolongs this node's claim, and is false where another has it.
   */
  run(due: number, still: () => Promise<boolean>): Promise<void>;
}

/** As kept, by job: what was due last, whether it is done, and until when whoever took it has it. */
interface Kept {
  due: number;
  done: boolean;
  until: number;
}

export interface JobsDeps {
  now(): number;
  durable: Pick<DurableStore, 'records'>;
  log: LogPort;
  timeZone?: string | undefined;
}

/**
 * Jobs that are done once each time they are due, however many nodes there are: whoever is first to claim it in the
 * durable store does it. One that was due while nobody was there is done afterwards; of several times the last.
 */
export function createJobs({ now, durable, log, timeZone }: JobsDeps, jobs: readonly Job[]) {
  const records = durable.records('jobs');
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  /** The version of the claim, where this node has it. */
  async function claim(name: string, due: number): Promise<number | undefined> {
    const record = await records.get(name);
    // What was due before there was such a job is nobody's to do.
    if (record === undefined) {
      await records.insert({ id: name, data: JSON.stringify({ due, done: true, until: 0 } satisfies Kept) });
      return undefined;
    }
    const kept = JSON.parse(record.data) as Kept;
    if (kept.due > due || (kept.due === due && (kept.done || kept.until > now()))) return undefined;
    const mine: Kept = { due, done: false, until: now() + LEASE };
    return (await records.update(name, record.version, JSON.stringify(mine))) ? record.version + 1 : undefined;
  }

  async function look({ name, pattern, run }: Job): Promise<void> {
    const due = lastDue(pattern, timeZone, now());
    let version = await claim(name, due);
    if (version === undefined) return;
    const keep = async (kept: Kept): Promise<boolean> => {
      if (version === undefined || !(await records.update(name, version, JSON.stringify(kept)))) version = undefined;
      else version += 1;
      return version !== undefined;
    };
    const still = async () => !closed && (await keep({ due, done: false, until: now() + LEASE }));
    await run(due, still);
    if (!closed) await keep({ due, done: true, until: 0 });
  }

  async function round(): Promise<void> {
    for (const job of jobs) {
      if (closed) return;
      await look(job).catch((error: unknown) =>
        log.error({ err: error, job: job.name }, 'a job could not be done yet'),
      );
    }
  }

  /** Looks now. Never rejects: what fails is tried again once its claim is over. */
  function lookNow(): Promise<void> {
    running ??= round().finally(() => {
      running = undefined;
    });
    return running;
  }

  return {
    look: lookNow,
    start(): void {
      timer = setInterval(() => void lookNow(), LOOK).unref();
      void lookNow();
    },
    stop(): void {
      clearInterval(timer);
    },
    async close(): Promise<void> {
      closed = true;
      clearInterval(timer);
      await running;
    },
  };
}

export type Jobs = ReturnType<typeof createJobs>;
