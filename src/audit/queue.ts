import type { LogPort } from '../core/door.ts';
import { hasCode, SallyportError } from '../core/errors.ts';
import type { Draft, Writer } from './writer.ts';

/** How long a note may wait for others, to be written together; milliseconds. */
const GATHER = 200;
/** Between two tries while the durable store is away, milliseconds. */
const RETRY = 1_000;
const BATCH = 500;
/** Notes kept while the store is away; a sign-in is refused then, so what overflows is mostly refusals. */
const MOST_WAITING = 10_000;
/** Tries in a row when another writer of the same chain was first. */
const TRIES = 5;

interface Waiting extends Draft {
  /** Present for a commit. */
  settle?: { resolve(): void; reject(reason: unknown): void };
}

/** What waits to be written, in the order in which it was told; while the store is away, notes stay. */
export function createQueue(writer: Writer, log: LogPort) {
  let queue: Waiting[] = [];
  let lost = 0;
  let closed = false;
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let away = false;

  /** Writes the oldest that wait; they leave the queue once they are durable. */
  async function write(): Promise<void> {
    const { last, found } = await writer.stand();
    for (const item of queue) if (found.has(item)) item.settle?.resolve();
    queue = queue.filter((item) => !found.has(item));
    const items = queue.slice(0, BATCH);
    await writer.append(last, items);
    queue = queue.slice(items.length);
    for (const { settle } of items) settle?.resolve();
  }

  async function writeAgain(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await write();
      } catch (error) {
        if (tries === TRIES || !hasCode(error, 'ERR_VERSION_CONFLICT')) throw error;
      }
    }
  }

  async function drain(): Promise<void> {
    try {
      while (queue.length > 0) await writeAgain();
      if (away || lost > 0) log.warn({ lost }, 'the audit is being written again');
      away = false;
      lost = 0;
    } catch (error) {
      if (!away) log.error({ err: error, waiting: queue.length }, 'the audit can not be written');
      away = true;
      fail(error);
    }
  }

  /** Those who wait for an answer get it; notes stay. */
  function fail(cause: unknown): void {
    const refusal = new SallyportError('ERR_STORE_UNAVAILABLE', 'the audit could not be written', { cause });
    for (const { settle } of queue) settle?.reject(refusal);
    queue = queue.filter(({ settle }) => settle === undefined);
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    running ??= drain().finally(() => {
      running = undefined;
      // One who came while this ended mustn't wait for the next try.
      if (queue.some(({ settle }) => settle)) void flush();
      else if (queue.length > 0) later(RETRY);
    });
    return running;
  }

  function later(delay: number): void {
    if (timer || running || closed) return;
    timer = setTimeout(() => void flush(), delay).unref();
  }

  return {
    waiting: () => queue.length,

    /** Rejects with ERR_STORE_UNAVAILABLE where it couldn't be written. */
    commit(draft: Draft): Promise<void> {
      if (closed) return Promise.reject(new SallyportError('ERR_STORE_UNAVAILABLE', 'the audit is closed'));
      return new Promise((resolve, reject) => {
        queue.push({ ...draft, settle: { resolve, reject } });
        void flush();
      });
    },

    /** Written soon; of those that there is no room for, `event` names the first in the log. */
    note(event: string, draft: () => Draft): void {
      if (closed || queue.length >= MOST_WAITING) {
        if (lost === 0) log.error({ event }, 'the audit takes no more notes: they are being lost');
        lost += 1;
        return;
      }
      queue.push(draft());
      later(GATHER);
    },

    /** Takes nothing more, and writes what waits once `last` has ended. */
    async close(last: Promise<void>): Promise<void> {
      closed = true;
      await last;
      await flush();
      clearTimeout(timer);
      if (queue.length > 0) log.error({ lost: queue.length }, 'audit notes were lost: the durable store is away');
    },
  };
}
