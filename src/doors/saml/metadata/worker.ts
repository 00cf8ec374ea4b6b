import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { compile } from './compile.ts';
import { reasonOf } from './fault.ts';
import type { Answer, Task } from './load.ts';

/** Runs in a thread of its own, for one document: the memory that its tree took ends with the thread. */
const { file, certificate, now } = workerData as Task;
try {
  const compiled = compile(readFileSync(file), certificate, now);
  parentPort?.postMessage({ compiled } satisfies Answer, [compiled.bytes.buffer]);
} catch (error) {
  parentPort?.postMessage({ fault: reasonOf(error) } satisfies Answer);
}
