import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SallyportError } from '../../core/errors.ts';

/** How long a statement waits for another process's lock, milliseconds. It blocks the event loop. */
const BUSY_TIMEOUT = 2_000;

/** SQLite result codes that mean "not now", not "wrong statement": sqlite.org/rescode.html. */
const UNAVAILABLE: ReadonlyMap<number, string> = new Map([
  [3, 'access is denied'],
  [5, 'another process holds its lock'],
  [6, 'a table is locked'],
  [7, 'out of memory'],
  [8, 'the file or its folder is read-only'],
  [10, 'the disk reports an error'],
  [11, 'the file is damaged; restore a backup'],
  [13, 'the disk is full'],
  [14, 'the file can not be opened'],
  [15, 'another process holds its lock'],
  [26, 'the file is not an SQLite database'],
]);

/**
 * Opens the file for this process to write, and shows that it can be written; creates it with its
 * folder for the owner alone. Throws ERR_STORE_UNAVAILABLE.
 */
export function openDatabase(file: string): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    createPrivately(file);
    db = new DatabaseSync(file, { timeout: BUSY_TIMEOUT, enableForeignKeyConstraints: true });
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN IMMEDIATE; ROLLBACK');
    return db;
  } catch (error) {
    db?.close();
    throw unavailable(error, file) ?? openingFailed(error, file);
  }
}

/** A full disk is still read: a page is written as it stands. Where a transaction is under way, that shows it. */
export function probe(db: DatabaseSync, file: string): void {
  try {
    if (!db.isTransaction) db.exec('PRAGMA user_version = 0');
  } catch (error) {
    throw unavailable(error, file) ?? openingFailed(error, file);
  }
}

/** SQLite itself would create the file readable for all; its journal takes over the file's mode. */
function createPrivately(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, 'a', 0o600));
}

/** The error to report where SQLite can't work at present; undefined for any other error. */
export function unavailable(error: unknown, file: string): SallyportError | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  const reason = UNAVAILABLE.get(error.errcode & 0xff);
  if (reason === undefined) return undefined;
  return new SallyportError('ERR_STORE_UNAVAILABLE', `the durable store ${file}: ${reason}`, { cause: error });
}

function openingFailed(error: unknown, file: string): SallyportError {
  const reason = error instanceof Error ? error.message : String(error);
  return new SallyportError('ERR_STORE_UNAVAILABLE', `the durable store ${file} can't be opened: ${reason}`, {
    cause: error,
  });
}
