import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SallyportError } from '../../core/errors.ts';
import { RESERVATIONS } from './reservations.ts';

/** How long a statement waits for another process's lock, milliseconds. It blocks the event loop. */
const BUSY_TIMEOUT = 2_000;

/** A single table for values and counters: a key is one or the other, never both. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, value TEXT NOT NULL, expires INTEGER NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS entries_expires ON entries (expires);
  CREATE TABLE IF NOT EXISTS members (
    key TEXT NOT NULL, member TEXT NOT NULL, expires INTEGER NOT NULL, PRIMARY KEY (key, member)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS members_expires ON members (expires);
`;

/**
 * Opens the file, creating it with its folder for the owner alone.
 *
 * `synchronous = NORMAL` with a write-ahead log: what was written survives the process's death at
 * any moment (kill -9 included); only the machine losing power can undo the last writes. That is
 * enough for what expires, and spares a wait for the disk at every write; what must be used once
 * even then is kept in the durable store.
 *
 * Throws ERR_STORE_UNAVAILABLE.
 */
export function openDatabase(file: string): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    closeSync(openSync(file, 'a', 0o600));
    db = new DatabaseSync(file, { timeout: BUSY_TIMEOUT });
    db.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE; ${SCHEMA} ${RESERVATIONS} COMMIT`,
    );
    return db;
  } catch (error) {
    db?.close();
    throw unavailable(error, file);
  }
}

/** Whether SQLite itself failed; anything else is a mistake of the caller's. */
export function isSqliteError(error: unknown): error is Error & { errcode: number } {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number';
}

/** Whatever SQLite reports here, the store can't answer, and the caller's only answer is to refuse. */
export function unavailable(cause: unknown, file: string): SallyportError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SallyportError('ERR_STORE_UNAVAILABLE', `the embedded store ${file}: ${reason}${adviceOn(cause)}`, {
    cause,
  });
}

/** What to do, by SQLite's primary result code (sqlite.org/rescode.html). */
function adviceOn(error: unknown): string {
  if (!isSqliteError(error)) return '';
  const code = error.errcode & 0xff;
  if (code === 5) return ' (another process holds it)';
  if (code === 11 || code === 26) return ' (remove it and start again: people will have to sign in anew)';
  return '';
}
