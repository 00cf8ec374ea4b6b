import type { Response } from 'express';
import type { EphemeralStore } from '../core/store.ts';
import type { Awaited, Waits } from '../sign-in/waiting.ts';
import { onceLeft } from './left.ts';

/** Open at once: of one sign-in or enrolment (tabs, and connections that aren't known to be dead), of one address, and altogether. */
const MOST = { owner: 5, address: 2_000, all: 20_000 };
/** Milliseconds: between two looks for those whose time is over, and between two signs of life. */
const TICK = 1_000;
const BEAT = 15_000;
/** Topics asked for in one round trip. */
const BATCH = 500;

interface Stream {
  res: Response;
  awaited: Awaited;
  end: () => void;
}

interface Deps {
  ephemeral: Pick<EphemeralStore, 'subscribe'>;
  waiting: Pick<Waits, 'changed'>;
  now(): number;
}

/** How many are open under each key. */
function createTally() {
  const counts = new Map<string, number>();
  return {
    of: (key: string): number => counts.get(key) ?? 0,
    add(keys: readonly string[], by: number): void {
      for (const key of keys) {
        const next = (counts.get(key) ?? 0) + by;
        if (next > 0) counts.set(key, next);
        else counts.delete(key);
      }
    },
  };
}

/**
 * Server-sent events (HTML Living Standard section 9.2) of pages that wait: `changed` once the answer has come, `over`
 * when none can any more, and then the stream ends. Nothing of the answer is in it. One timer serves all of them.
 */
export function createStreams(deps: Deps, most: typeof MOST = MOST) {
  const open = new Set<Stream>();
  const tally = createTally();
  let timer: NodeJS.Timeout | undefined;
  let beaten = 0;
  let closed = false;

  function tell(stream: Stream, event: 'changed' | 'over'): void {
    stream.res.end(`event: ${event}\ndata: 1\n\n`);
    stream.end();
  }

  /** What was published while nobody was connected to the store is found here. */
  async function look(streams: readonly Stream[]): Promise<void> {
    for (let at = 0; at < streams.length; at += BATCH) {
      const some = streams.slice(at, at + BATCH);
      const changed = await deps.waiting.changed(some.map(({ awaited }) => awaited.topic));
      some.forEach((stream, index) => {
        if (changed[index] && open.has(stream)) tell(stream, 'changed');
      });
    }
  }

  function tick(): void {
    const now = deps.now();
    beaten += TICK;
    const beat = beaten >= BEAT;
    if (beat) beaten = 0;
    for (const stream of open) {
      if (now >= stream.awaited.expires) tell(stream, 'over');
      else if (beat) stream.res.write(':\n\n');
    }
    // A store that is away says nothing; the pages go on waiting until their time is over.
    if (beat) look([...open]).catch(() => {});
  }

  function leave(stream: Stream, keys: readonly string[]): void {
    if (!open.delete(stream)) return;
    tally.add(keys, -1);
    if (open.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  return {
    get size() {
      return open.size;
    },

    /** Begins a stream; false where as many are open as may be, and then nothing was answered. */
    async begin(res: Response, awaited: Awaited, address: string): Promise<boolean> {
      const keys = [`owner ${awaited.owner}`, `address ${address}`] as const;
      const [ofOwner, ofAddress] = [tally.of(keys[0]), tally.of(keys[1])];
      if (ofOwner >= most.owner || ofAddress >= most.address || open.size >= most.all) return false;
      let unsubscribe: (() => void) | undefined;
      const stream: Stream = {
        res,
        awaited,
        end() {
          leave(stream, keys);
          unsubscribe?.();
        },
      };
      open.add(stream);
      tally.add(keys, 1);
      timer ??= setInterval(tick, TICK).unref();
      onceLeft(res, stream.end);
      try {
        unsubscribe = await deps.ephemeral.subscribe(awaited.topic, () => void look([stream]).catch(() => {}));
        if (!open.has(stream)) unsubscribe();
        // A proxy must not hold back what is small.
        res.set({ 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
        res.flushHeaders();
        await look([stream]);
        if (closed) {
          res.end();
          stream.end();
        }
      } catch (error) {
        stream.end();
        if (!res.headersSent) throw error;
        res.end();
      }
      return true;
    },

    /** Ends all of them, and at once whichever begins later: pages connect anew, to whatever answers then. */
    close(): void {
      closed = true;
      for (const { res, end } of [...open]) {
        res.end();
        end();
      }
    },
  };
}

export type Streams = ReturnType<typeof createStreams>;
