import { fork } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Role } from '../model.ts';
import { compileApart } from './apart.ts';
import { type Compiled, LARGEST } from './compile.ts';
import { faultFrom, MetadataFault, type PlainFault } from './fault.ts';

/** Documents up to this size are read by a thread that stays for the next; larger ones by a process of their own. */
export const SMALL = 128 * 1024;
/** An aggregate of 80 MB takes ten to twenty seconds. */
const PATIENCE = 300_000;
const READER = new URL('./reader.ts', import.meta.url);

export interface Task {
  file: string;
  /** PEM. */
  certificate?: string;
  now: number;
  /** Service providers by default. */
  role?: Role;
}

/** The bytes go by way of a file. */
export type Answer = { compiled: Omit<Compiled, 'bytes'> } | PlainFault;

/**
 * Verifies and reads the metadata in a file, never in the serving thread.
 *
 * A large one is read in a process that ends afterwards: of a thread, half of the 600 MB that an aggregate takes
 * would stay with the serving process, in the pools of V8 and malloc.
 *
 * @throws MetadataFault with the reason, or what `stat` throws
 */
export async function load(task: Task, signal?: AbortSignal): Promise<Compiled> {
  const { size } = await stat(task.file);
  if (size > LARGEST) throw new MetadataFault(`it has ${size} bytes, more than ${LARGEST}`);
  const { file, ...rest } = task;
  if (size <= SMALL) return await compileApart({ ...rest, document: await readFile(file) });
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-metadata-'));
  try {
    const output = join(folder, 'compiled');
    const answer = await ask({ ...task, output }, signal);
    if ('fault' in answer) throw faultFrom(answer);
    return { ...answer.compiled, bytes: await readFile(output) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function ask(task: Task & { output: string }, signal?: AbortSignal): Promise<Answer> {
  const stop = AbortSignal.any([AbortSignal.timeout(PATIENCE), ...(signal ? [signal] : [])]);
  // Nothing of the environment: it holds secrets, and the document is a stranger's.
  const reader = fork(READER, { execArgv: [], env: {}, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const abort = () => reject(new MetadataFault('reading it was given up'));
  if (stop.aborted) abort();
  stop.addEventListener('abort', abort, { once: true });
  reader.once('message', (answer) => resolve(answer as Answer));
  reader.once('error', (cause) => reject(new MetadataFault(`reading it failed: ${cause.message}`, { cause })));
  reader.once('exit', (code, by) => reject(new MetadataFault(`the process that read it ended (${by ?? code})`)));
  reader.send(task);
  try {
    return await promise;
  } finally {
    stop.removeEventListener('abort', abort);
    reader.kill('SIGKILL');
  }
}
