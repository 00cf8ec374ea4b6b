import { closeSync, mkdirSync, openSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SallyportError } from '../core/errors.ts';
import type { Config } from './config/types.ts';

export interface DataLock {
  release(): void;
}

/** What a process has for itself: its data folder, and the files of its stores, wherever those are. */
export type Owned = Pick<Config, 'data' | 'stores'>;

/**
 * Takes the data folder for this process, making it (mode 0700) if need be. What is held is a
 * lock of the operating system on `<data>/lock`, by way of SQLite, so that it ends with the
 * process however that ends; a file with a process id in it would outlive `kill -9`.
 *
 * @throws SallyportError ERR_DATA_LOCKED while another process, or this one, holds it
 */
export function lockData(data: string): DataLock {
  return lockFile(join(data, 'lock'), data);
}

/**
 * Takes the data folders and the files of stores (`<file>.lock`): another configuration may name the same file
 * beside a folder of its own.
 *
 * @throws SallyportError ERR_DATA_LOCKED naming the one that a process holds; then none is held
 */
export function lockOwned(...owners: readonly Owned[]): DataLock {
  const what = new Map<string, string>();
  for (const { data, stores } of owners) {
    what.set(join(data, 'lock'), data);
    for (const { settings } of [stores.durable, stores.ephemeral]) {
      const file = fileOf(settings);
      if (file !== undefined) what.set(`${resolved(file)}.lock`, file);
    }
  }
  const locks: DataLock[] = [];
  const release = () => {
    for (const lock of locks) lock.release();
  };
  try {
    for (const [file, owned] of what) locks.push(lockFile(file, owned));
    return { release };
  } catch (error) {
    release();
    throw error;
  }
}

/** Of a store that keeps one. */
export function fileOf(settings: unknown): string | undefined {
  const { file } = (settings ?? {}) as { file?: unknown };
  return typeof file === 'string' ? file : undefined;
}

/** By whatever links it is reached. */
function resolved(file: string): string {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    return realpathSync(file);
  } catch {
    return join(realpathSync(dirname(file)), basename(file));
  }
}

function lockFile(file: string, owned: string): DataLock {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  // Whoever may open the file may lock it, and so keep the server from starting.
  closeSync(openSync(file, 'a', 0o600));
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    if (!isBusy(cause)) throw cause;
    const message = `${owned} is in use by another process: one server at a time may have it. Several need stores that they can share`;
    throw new SallyportError('ERR_DATA_LOCKED', message, { cause });
  }
  return { release: () => database.close() };
}

const SQLITE_BUSY = 5;

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
}
