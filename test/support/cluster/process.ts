import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startFlags } from '../start-flags.ts';
import { EndedError } from '../started.ts';
import { collectLog, type LogLine, lastLines } from './log.ts';
import type { Asked } from './preload.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
const PRELOAD = fileURLToPath(new URL('preload.ts', import.meta.url));
/** For a start on a busy machine, and for whoever waits for a name that a killed process left behind, milliseconds. */
const READY_WITHIN = 60_000;

/** What ends those that are still running when this process does. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export interface Running {
  pid: number | undefined;
  /** Resolves with the exit code once it has ended: null where a signal ended it. */
  ended: Promise<number | null>;
  send(signal: NodeJS.Signals): void;
  /** Asks what is loaded before its own code; never answered by a process that has ended, or is halted. */
  ask<T>(asked: Asked): Promise<T>;
}

/** What `npm start` gives Node: the flags and the file. */
export function startWords(): string[] {
  return [...startFlags(), MAIN];
}

/** Starts Node with these words, as a child of the tests. */
export function run(words: readonly string[], env: Readonly<Record<string, string>>, logs: LogLine[]): Running {
  const child = spawn(process.execPath, ['--import', PRELOAD, ...words], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  running.add(child);
  collectLog(logs, child);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    // Once all that it wrote has been read.
    child.once('close', (code) => resolve(code));
  }).finally(() => running.delete(child));
  return { pid: child.pid, ended, send: (signal) => void child.kill(signal), ask: asking(child) };
}

function asking(child: ChildProcess): Running['ask'] {
  const waiting = new Map<number, (answer: never) => void>();
  let count = 0;
  child.on('message', (answer: { id: number }) => {
    waiting.get(answer.id)?.(answer as never);
    waiting.delete(answer.id);
  });
  return (asked) =>
    new Promise((resolve) => {
      count += 1;
      waiting.set(count, resolve);
      // The channel of one that has ended is closed.
      child.send({ id: count, asked }, () => undefined);
    });
}

/** @throws EndedError with what it said last, where it ends before */
export async function untilReady({ ended }: Running, ready: () => Promise<boolean>, logs: LogLine[]): Promise<void> {
  let over = false;
  const early = ended.then((code) => {
    over = true;
    throw new EndedError(`the node ended (${code}):\n${lastLines(logs)}`);
  });
  const answering = async () => {
    for (const deadline = Date.now() + READY_WITHIN; !over && !(await ready()); await pause(50)) {
      if (Date.now() > deadline) throw new Error(`the node isn't ready:\n${lastLines(logs)}`);
    }
  };
  await Promise.race([early, answering()]);
  early.catch(() => undefined);
}
