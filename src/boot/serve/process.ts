import cluster, { type Worker as Forked } from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { type Answers, type Asked, errorOf, type ToPrimary, type ToWorker } from './messages.ts';
import { STOPPED_WITHIN } from './stopping.ts';

const MAIN = fileURLToPath(new URL('../../main.ts', import.meta.url));
/** How long an answer may take, milliseconds: a command may import thousands of people. */
const PATIENCE = 300_000;

/** A process that shares the listening port, as its primary sees it. */
export interface WorkerProcess {
  readonly number: number;
  readonly pid: number | undefined;
  /** Port of its own health and metrics; undefined until it is ready. */
  readonly port: number | undefined;
  /** Rejects where it ends before. */
  ready: Promise<void>;
  ended: Promise<void>;
  ask<K extends keyof Answers>(asked: Asked & { kind: K }): Promise<Answers[K]>;
  /** In a bounded time: one that hangs is killed. */
  stop(): Promise<void>;
  /** At once, as one that doesn't come up. */
  kill(): void;
}

/** Starts one with the configuration's file; `whenReady`: which takes no request before all is there that it needs. */
export function startWorker(file: string, number: number, whenReady: boolean): WorkerProcess {
  const args = ['--config', file, '--worker', String(number), ...(whenReady ? ['--when-ready'] : [])];
  cluster.setupPrimary({ exec: MAIN, args });
  const forked = cluster.fork();
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const ready = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  let port: number | undefined;
  let reason: string | undefined;
  let asked = 0;

  forked.on('message', (message: ToPrimary) => {
    if (message.type === 'ready') {
      port = message.port;
      ready.resolve();
    } else if (message.type === 'gave-up') {
      reason = message.message;
    } else if (message.type === 'answer' || message.type === 'failed') {
      const one = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.type === 'answer') one?.resolve(message.result);
      else one?.reject(errorOf(message));
    }
  });
  forked.once('exit', () => {
    port = undefined;
    ready.reject(new Error(reason ?? 'it ended before it was ready'));
    for (const one of waiting.values()) one.reject(new Error(`worker ${number} ended`));
    waiting.clear();
    ended.resolve();
  });
  // Whoever waits for it hears of it; it is no fault where nobody does.
  ready.promise.catch(() => {});

  return {
    number,
    pid: forked.process.pid,
    get port() {
      return port;
    },
    ready: ready.promise,
    ended: ended.promise,
    async ask(what) {
      const id = ++asked;
      const answer = Promise.withResolvers<unknown>();
      waiting.set(id, answer);
      const late = setTimeout(() => answer.reject(new Error(`worker ${number} doesn't answer`)), PATIENCE).unref();
      try {
        send(forked, { type: 'ask', id, asked: what });
        // Both ends are the same program.
        return (await answer.promise) as Answers[(typeof what)['kind']];
      } finally {
        clearTimeout(late);
        waiting.delete(id);
      }
    },
    kill: () => void forked.process.kill('SIGKILL'),
    async stop() {
      send(forked, { type: 'ask', id: 0, asked: { kind: 'stop' } });
      const kill = setTimeout(() => forked.process.kill('SIGKILL'), STOPPED_WITHIN + 2_000);
      await ended.promise;
      clearTimeout(kill);
    },
  };
}

function send(forked: Forked, message: ToWorker): void {
  if (forked.isConnected()) forked.send(message);
}
