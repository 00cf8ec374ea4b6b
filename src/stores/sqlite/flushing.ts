import { closeSync, fdatasync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import { SallyportError } from '../../core/errors.ts';

const synced = promisify(fdatasync);
const nextTurn = promisify(setImmediate);

export interface Flushing {
  /** Waits until the disk has whatever has been committed by now. Throws ERR_STORE_UNAVAILABLE. */
  flushed(): Promise<void>;
  /** What the disk said when it failed: what it has is unknown from then on, and stays so. */
  failure(): SallyportError | undefined;
  close(): Promise<void>;
}

/**
 * Has the disk take commits off the main thread, which SQLite would wait on it for, and several at once: all that one
 * turn of the event loop committed, and all that was committed while the disk was busy with others.
 */
export function createFlushing(file: string): Flushing {
  let log: number | undefined;
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  let failed: SallyportError | undefined;

  async function flush(before: Promise<void> | undefined): Promise<void> {
    await before?.catch(() => undefined);
    await nextTurn();
    // From here on a commit is too late for this one.
    running = next;
    next = undefined;
    if (failed) throw failed;
    try {
      // The log stays the same file for as long as a connection is open, and SQLite holds no lock on it that closing
      // another descriptor would lose.
      log ??= openSync(`${file}-wal`, 'r');
      await synced(log);
    } catch (cause) {
      // A later attempt would succeed, and what this one lost would still be lost.
      const reason = `the disk reports an error (${String(cause)}); start anew once it is well`;
      failed = new SallyportError('ERR_STORE_UNAVAILABLE', `the durable store ${file}: ${reason}`, { cause });
      throw failed;
    }
  }

  return {
    flushed() {
      next ??= flush(running);
      return next;
    },
    failure: () => failed,
    async close() {
      await (next ?? running)?.catch(() => undefined);
      if (log !== undefined) closeSync(log);
      log = undefined;
    },
  };
}
