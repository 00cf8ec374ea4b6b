import { DatabaseError } from 'pg';
import type { Asked } from '../../core/durable-connection.ts';
import type { Guarded, GuardedPool } from './pool.ts';

/** Where no answer comes for so long, milliseconds, whoever waits behind the first is asked for on another connection. */
const LATE = 100;

/**
 * SQLSTATE: a plan that was made before a newer program changed the table, or that a pooler has thrown away
 * (`feature_not_supported`, `invalid_sql_statement_name`).
 */
const FORGOTTEN: ReadonlySet<unknown> = new Set(['0A000', '26000']);

export interface Reader {
  ask: Asked;
  /** The server may be another one by now: what is asked from here on has a new connection. */
  leave(): void;
  end(): Promise<void>;
}

/**
 * Asks what is short and often asked over one connection of its own, each statement parsed and planned once, and what is
 * asked in one turn in one write, however many requests ask it: a write to a socket, and the turn of two processes that it
 * takes, cost more than the statement. `line`: connections that take several statements at once; `aside`: others.
 */
export function createReader(line: GuardedPool, aside: GuardedPool): Reader {
  const names = new Map<string, string>();
  let client: Guarded | undefined;
  let connecting = false;
  let ended = false;
  /** Answers that are due, each with what asks elsewhere for it; when the last one came, and whether none comes any more. */
  const due = new Set<() => void>();
  let last = 0;
  let late = false;
  let watched = false;

  async function connect(): Promise<void> {
    if (connecting || ended) return;
    connecting = true;
    try {
      const made = await line.connect();
      made.onEnd(() => client === made && leave());
      client = made;
      if (ended) leave();
    } catch {
      // Whoever asks is told by the other connections.
    } finally {
      connecting = false;
    }
  }

  function leave(): void {
    client?.release(true);
    client = undefined;
    late = false;
  }

  async function elsewhere<R>(text: string, values: readonly unknown[]): Promise<R[]> {
    const one = await aside.connect();
    try {
      return (await one.query<R>(text, values)).rows;
    } finally {
      one.release();
    }
  }

  function nameOf(text: string): string {
    const name = names.get(text) ?? `read${names.size}`;
    names.set(text, name);
    return name;
  }

  /** A process that was busy for so long first reads what has come meanwhile. */
  function watch(): void {
    if (watched) return;
    watched = true;
    const look = () => {
      watched = false;
      late = due.size > 0 && performance.now() - last >= LATE;
      if (late) for (const again of due) again();
      else if (due.size > 0) watch();
    };
    setTimeout(() => setImmediate(look), LATE).unref();
  }

  async function onLine<R>(on: Guarded, text: string, values: readonly unknown[]): Promise<R[]> {
    on.gather();
    try {
      return await on.named<R>(nameOf(text), text, values);
    } catch (error) {
      const forgotten = error instanceof DatabaseError && FORGOTTEN.has(error.code);
      if (client === on && (on.isSpent || forgotten)) leave();
      if (!forgotten) throw error;
      return elsewhere(text, values);
    }
  }

  /** It reads, so that it may be asked twice: the first answer counts. */
  const ask: Asked = <R>(text: string, values: readonly unknown[]): Promise<R[]> => {
    if (client === undefined) void connect();
    if (client === undefined || late) return elsewhere(text, values);
    const { promise, resolve, reject } = Promise.withResolvers<R[]>();
    const again = () => {
      due.delete(again);
      elsewhere<R>(text, values).then(resolve, reject);
    };
    if (due.size === 0) last = performance.now();
    due.add(again);
    watch();
    const answered = () => {
      due.delete(again);
      last = performance.now();
      late = false;
    };
    onLine<R>(client, text, values).finally(answered).then(resolve, reject);
    return promise;
  };

  return {
    ask,
    leave,
    async end() {
      ended = true;
      leave();
      await line.end();
    },
  };
}
