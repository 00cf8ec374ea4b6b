import { parentPort } from 'node:worker_threads';
import type { Question, Said } from './apart.ts';
import { compile } from './compile.ts';
import { plainFault } from './fault.ts';

/** A thread for small documents: answers each question that `apart.ts` asks. */
parentPort?.on('message', ({ document, certificate, now, role }: Question) => {
  let said: Said;
  try {
    said = { compiled: compile(document, certificate, now, role) };
  } catch (error) {
    said = plainFault(error);
  }
  parentPort?.postMessage(said);
});
