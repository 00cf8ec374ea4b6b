import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { movableClock } from '../clock.ts';

/** Loaded into a node before its own code: moves its clock, and tells its memory, when the test asks. */

export type Asked = { advance: number } | { memory: true };

export interface Memory {
  /** Bytes of the whole process, by the system. */
  rss: number;
  /** Bytes in use by script, after a collection. */
  heap: number;
  /** Open TCP connections and listeners. */
  sockets: number;
}

const clock = movableClock();
clock.advance(Number(process.env.NODE_AHEAD ?? 0));

const collect = () => {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
};

function answerTo(asked: Asked): Memory | { moved: true } {
  if ('advance' in asked) {
    clock.advance(asked.advance);
    return { moved: true };
  }
  collect();
  const { rss, heapUsed: heap } = process.memoryUsage();
  return { rss, heap, sockets: process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length };
}

process.on('message', ({ id, asked }: { id: number; asked: Asked }) => process.send?.({ id, ...answerTo(asked) }));
// It keeps no process alive that would end without it.
process.channel?.unref();
