import { Worker } from 'node:worker_threads';
import type { Argon2 } from '../../core/argon2.ts';
import type { Outcome, Task } from './thread.ts';

const THREAD = new URL('thread.ts', import.meta.url);
/** A thread that nobody needed for so long ends, milliseconds: it takes memory. */
const IDLE = 300_000;

/** One thread, which does one thing at a time. */
interface Thread {
  run(task: Task): Promise<string | boolean>;
  end(): void;
}

function begin(): Thread {
  // Nothing of the environment, which holds secrets.
  const worker = new Worker(THREAD, { env: {}, execArgv: [], stdin: false });
  let pending: PromiseWithResolvers<string | boolean> | undefined;
  const failed = (error: Error) => pending?.reject(error);
  worker.on('message', (outcome: Outcome) => {
    if ('reason' in outcome) pending?.reject(new Error(outcome.reason));
    else pending?.resolve(outcome.result);
  });
  worker.on('error', failed);
  worker.on('exit', () => failed(new Error('the thread that hashes has ended')));
  return {
    async run(task) {
      pending = Promise.withResolvers();
      worker.ref();
      worker.postMessage(task);
      try {
        return await pending.promise;
      } finally {
        pending = undefined;
        // One that waits keeps no process from ending.
        worker.unref();
      }
    },
    end: () => void worker.terminate(),
  };
}

/**
 * argon2id in threads of their own, which come after everything else: in libuv's, a crowd that signs in would keep
 * whoever is signed in already from the processor, and files, look-ups and signatures from a thread. There are as many as
 * are asked for at once, and that is bounded by who asks.
 */
export function createHashing(idle: number = IDLE): Argon2 {
  /** The one that was used last is used next, so that those that aren't needed end. */
  const resting: { thread: Thread; timer: NodeJS.Timeout }[] = [];

  function rest(thread: Thread): void {
    const timer = setTimeout(() => {
      resting.splice(
        resting.findIndex((it) => it.thread === thread),
        1,
      );
      thread.end();
    }, idle).unref();
    resting.push({ thread, timer });
  }

  async function run(task: Task): Promise<string | boolean> {
    const rested = resting.pop();
    clearTimeout(rested?.timer);
    const thread = rested?.thread ?? begin();
    try {
      const result = await thread.run(task);
      rest(thread);
      return result;
    } catch (error) {
      thread.end();
      throw error;
    }
  }

  return {
    hash: async (hash, cost) => String(await run({ hash, cost })),
    verify: async (phc, verify) => (await run({ verify, phc })) === true,
  };
}

/** For all of a process: another reading of the configuration needs no others. */
export const hashing: Argon2 = createHashing();
