import type { AuditEvent } from '../core/door.ts';
import type { DataRecord } from '../core/store.ts';
import { createDelivery, type DeliveryDeps } from './delivery.ts';
import { createSpool, lettersOf, type SpoolDeps } from './spool.ts';

/** How often to look for what other nodes, or an earlier process, left, milliseconds. */
const LOOK = 60_000;
/** How long the end of the process waits for letters, milliseconds. */
const LAST_CHANCE = 5_000;
const PAGE = 100;
/** Handed to senders at the same time. */
const TOGETHER = 4;
/** Changes remembered in the process while the store can't take them. */
const MOST_MISSED = 1_000;

export type LettersDeps = SpoolDeps & DeliveryDeps;

/**
 * Tells people by mail what changed about how they sign in: driven by the audit, so that nothing that changes it can
 * forget to. A letter is durable until a sender took it; each is taken up by one node at a time.
 */
export function createLetters(deps: LettersDeps) {
  const { now, log, mail } = deps;
  const records = lettersOf(deps.durable);
  const spool = createSpool(deps);
  const delivery = createDelivery(deps);
  let running: Promise<void> | undefined;
  let again = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  const telling = new Set<Promise<void>>();
  const missed: { event: AuditEvent; at: number }[] = [];

  /** What has happened stands: that its owner couldn't be told yet must not look as if it had failed. */
  async function tell(event: AuditEvent, at = now()): Promise<void> {
    try {
      if (await spool.put(event, at)) wake();
    } catch (error) {
      log.error({ err: error, event: event.event, account: event.account }, 'a notice could not be kept yet');
      if (missed.length < MOST_MISSED) missed.push({ event, at });
    }
  }

  async function attemptAll(some: readonly DataRecord[]): Promise<void> {
    const tried = await Promise.allSettled(some.map(delivery.attempt));
    const failed = tried.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  async function round(): Promise<void> {
    for (const { event, at } of missed.splice(0)) await tell(event, at);
    let after: string | undefined;
    for (;;) {
      const page = await records.list({ limit: PAGE, ...(after === undefined ? {} : { after }) });
      for (let at = 0; at < page.length && !closed; at += TOGETHER) await attemptAll(page.slice(at, at + TOGETHER));
      after = page.at(-1)?.id;
      if (page.length < PAGE || closed) return;
    }
  }

  /** Tries what is due. Never rejects: what fails stays for the next time. */
  function deliver(): Promise<void> {
    if (running) {
      again = true;
      return running;
    }
    running = (async () => {
      do {
        again = false;
        await round();
      } while (again && !closed);
    })()
      .catch((error: unknown) => log.warn({ err: error }, 'notices could not be handed on'))
      .finally(() => {
        running = undefined;
      });
    return running;
  }

  function wake(): void {
    if (!closed) void deliver();
  }

  return {
    /** A letter in words, once by this id; durable when it returns. */
    async post(...letter: Parameters<typeof spool.post>): Promise<void> {
      await spool.post(...letter);
      wake();
    },
    /** Hears the audit: what owners are to be told is written down, of a committed event before the caller goes on. */
    async hear(event: AuditEvent, how: 'committed' | 'noted'): Promise<void> {
      if (mail === undefined) return;
      if (how === 'committed') return tell(event);
      const told = tell(event).finally(() => telling.delete(told));
      telling.add(told);
    },
    deliver,
    /** Takes up what earlier processes left, and goes on looking. */
    start(): void {
      if (mail === undefined) {
        log.info({}, 'no sender carries mail: nobody is told what changes in their account');
        return;
      }
      timer = setInterval(wake, LOOK).unref();
      wake();
    },
    /** Waits a moment for what is being sent; the rest stays for the next process. */
    async close(): Promise<void> {
      clearInterval(timer);
      const chance = Promise.withResolvers<void>();
      const last = setTimeout(chance.resolve, LAST_CHANCE);
      await Promise.race([Promise.all(telling).then(() => running), chance.promise]);
      clearTimeout(last);
      closed = true;
    },
  };
}

export type Letters = ReturnType<typeof createLetters>;
