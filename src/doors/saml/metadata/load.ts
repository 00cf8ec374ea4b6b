import { readFile, stat } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { type Compiled, compile, LARGEST } from './compile.ts';
import { MetadataFault } from './fault.ts';

/** Documents up to this size are read in this thread, in a few milliseconds; larger ones would hold up sign-ins. */
const SMALL = 128 * 1024;
/** An aggregate of 80 MB takes some seconds. */
const PATIENCE = 180_000;

export interface Task {
  file: string;
  /** PEM. */
  certificate?: string;
  now: number;
}

export type Answer = { compiled: Compiled } | { fault: string };

/**
 * Verifies and reads the metadata in a file; a large one in a worker, which ends afterwards.
 *
 * @throws MetadataFault with the reason, or what `stat` throws
 */
export async function load(task: Task, signal?: AbortSignal): Promise<Compiled> {
  const { size } = await stat(task.file);
  if (size > LARGEST) throw new MetadataFault(`it has ${size} bytes, more than ${LARGEST}`);
  if (size <= SMALL) return compile(await readFile(task.file), task.certificate, task.now);
  return await inWorker(task, signal);
}

function inWorker(task: Task, signal?: AbortSignal): Promise<Compiled> {
  const stop = AbortSignal.any([AbortSignal.timeout(PATIENCE), ...(signal ? [signal] : [])]);
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: task });
  const { promise, resolve, reject } = Promise.withResolvers<Compiled>();
  const abort = () => reject(new MetadataFault('reading it was given up'));
  stop.addEventListener('abort', abort, { once: true });
  worker.once('message', (answer: Answer) => {
    if ('compiled' in answer) resolve(answer.compiled);
    else reject(new MetadataFault(answer.fault));
  });
  worker.once('error', (cause) => reject(new MetadataFault(`reading it failed: ${cause}`, { cause })));
  worker.once('exit', (code) => reject(new MetadataFault(`the thread that read it ended (${code})`)));
  return promise.finally(async () => {
    stop.removeEventListener('abort', abort);
    await worker.terminate();
  });
}
