import { Worker } from 'node:worker_threads';
import { TokenFault } from './fault.ts';
import type { readPskc } from './pskc.ts';
import type { Secrets } from './pskc-keys.ts';

type Found = Awaited<ReturnType<typeof readPskc>>;

/** What the thread is given, and what it answers. */
export interface Task {
  text: string;
  secrets: Secrets;
}
export type Answer = { found: Found } | { fault: string };

/** The most tokens that fit into a file take some seconds. Milliseconds. */
const PATIENCE = 120_000;
const THREAD = new URL('./pskc-thread.ts', import.meta.url);

/**
 * As `readPskc`, in a thread that ends afterwards: the command runs where sign-ins are served, and how costly a file is
 * was its maker's choice. Throws TokenFault where the container as a whole can't be read.
 */
export async function readPskcApart(text: string, secrets: Secrets): Promise<Found> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const task: Task = { text, secrets };
  const worker = new Worker(THREAD, { workerData: task, env: {}, execArgv: [] });
  const timer = setTimeout(() => reject(new TokenFault('reading it took too long')), PATIENCE);
  worker.once('message', resolve);
  worker.once('error', (cause) => reject(new TokenFault('reading it failed', { cause })));
  try {
    const answer = await promise;
    if ('fault' in answer) throw new TokenFault(answer.fault);
    return answer.found;
  } finally {
    clearTimeout(timer);
    void worker.terminate();
  }
}
