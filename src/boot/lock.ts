import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SallyportError } from '../core/errors.ts';

export interface DataLock {
  release(): void;
}

/**
 * Takes the data folder for this process, making it (mode 0700) if need be. What is held is a
 * lock of the operating system on `<data>/lock`, by way of SQLite, so that it ends with the
 * process however that ends; a file with a process id in it would outlive `kill -9`.
 *
 * @throws SallyportError ERR_DATA_LOCKED while another process, or this one, holds it
 */
export function lockData(data: string): DataLock {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const file = join(data, 'lock');
  // Whoever may open the file may lock it, and so keep the server from starting.
  closeSync(openSync(file, 'a', 0o600));
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    if (!isBusy(cause)) throw cause;
    throw new SallyportError('ERR_DATA_LOCKED', `${data} is in use by another process`, { cause });
  }
  return { release: () => database.close() };
}

const SQLITE_BUSY = 5;

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
}
