import { parentPort, workerData } from 'node:worker_threads';
import { TokenFault } from './fault.ts';
import { readPskc } from './pskc.ts';
import type { Answer, Task } from './pskc-apart.ts';

/** A thread for one file: what `pskc-apart.ts` starts. */
const { text, secrets } = workerData as Task;
let answer: Answer;
try {
  answer = { found: await readPskc(text, secrets) };
} catch (error) {
  if (!(error instanceof TokenFault)) throw error;
  answer = { fault: error.message };
}
parentPort?.postMessage(answer);
