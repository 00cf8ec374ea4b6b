import { constants, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { hashSync, verifySync } from '@node-rs/argon2';
import type { Argon2Cost } from '../../core/argon2.ts';

export type Task = { hash: string; cost: Argon2Cost } | { verify: string; phc: string };
export type Outcome = { result: string | boolean } | { reason: string };

/** argon2id. The library has a `const enum` for it, which erasable syntax can't import. */
const ARGON2ID = 2;

// On Linux a thread has a priority of its own; elsewhere it would be the whole process's.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_LOW);

function carryOut(task: Task): string | boolean {
  if ('phc' in task) return verifySync(task.phc, task.verify);
  const { memory, passes, parallelism } = task.cost;
  return hashSync(task.hash, { algorithm: ARGON2ID, memoryCost: memory, timeCost: passes, parallelism });
}

function answer(task: Task): Outcome {
  try {
    return { result: carryOut(task) };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.on('message', (task: Task) => parentPort?.postMessage(answer(task)));
