import { Worker } from 'node:worker_threads';
import type { Role } from '../model.ts';
import type { Compiled } from './compile.ts';
import { faultFrom, MetadataFault, type PlainFault, reasonOf } from './fault.ts';

/** One document: what `compile` takes. */
export interface Question {
  document: Uint8Array;
  /** PEM. */
  certificate?: string;
  now: number;
  /** Service providers by default. */
  role?: Role;
}

/** What the thread answers, one for each question and in their order. */
export type Said = { compiled: Compiled } | PlainFault;

interface Job {
  question: Question;
  resolve(compiled: Compiled): void;
  reject(error: unknown): void;
}

/** An honest small document takes some milliseconds; what takes longer isn't one. Milliseconds. */
const PATIENCE = 10_000;
/** How long the thread is kept for the next document, milliseconds. */
const IDLE = 60_000;
const THREAD = new URL('./thread.ts', import.meta.url);

/**
 * Verifies and reads small documents in one thread beside the serving one, in their order: whoever writes metadata
 * decides how costly that is, and sign-ins must not wait for it. One that takes too long is given up, with its thread.
 */
class Apart {
  readonly #waiting: Job[] = [];
  #worker: Worker | undefined;
  #current: Job | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @throws MetadataFault if the document can't be used */
  compile(question: Question): Promise<Compiled> {
    const { promise, resolve, reject } = Promise.withResolvers<Compiled>();
    this.#waiting.push({ question, resolve, reject });
    if (this.#current === undefined) this.#next();
    return promise;
  }

  #next(): void {
    clearTimeout(this.#timer);
    this.#current = this.#waiting.shift();
    if (this.#current === undefined) {
      // A thread that waits keeps no process from ending.
      this.#worker?.unref();
      this.#timer = setTimeout(() => this.#end(), IDLE).unref();
      return;
    }
    this.#worker ??= this.#begin();
    this.#worker.ref();
    this.#timer = setTimeout(() => this.#failed(new MetadataFault('reading it took too long')), PATIENCE);
    this.#worker.postMessage(this.#current.question);
  }

  #begin(): Worker {
    // Nothing of the environment: it holds secrets, and the document is a stranger's.
    const worker = new Worker(THREAD, { env: {}, execArgv: [], stdin: false });
    worker.on('message', (said: Said) => {
      if (worker === this.#worker) this.#answered(said);
    });
    worker.on('error', (cause) => {
      if (worker === this.#worker) this.#failed(new MetadataFault(`reading it failed: ${reasonOf(cause)}`, { cause }));
    });
    return worker;
  }

  #answered(said: Said): void {
    const job = this.#current;
    if ('fault' in said) job?.reject(faultFrom(said));
    else job?.resolve(said.compiled);
    this.#next();
  }

  #failed(error: MetadataFault): void {
    this.#end();
    this.#current?.reject(error);
    this.#next();
  }

  #end(): void {
    void this.#worker?.terminate();
    this.#worker = undefined;
  }
}

const apart = new Apart();

/** As `compile`, beside the serving thread. @throws MetadataFault if the document can't be used */
export const compileApart = (question: Question): Promise<Compiled> => apart.compile(question);
