import { chmodSync, closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SallyportError } from '../../core/errors.ts';

/** Beside a database file lie its journal and what processes share of that. */
const BESIDE = ['-wal', '-shm', '-journal'];

/**
 * Copies a store's database as of one moment to a file that isn't there, also while a server writes to it: that goes
 * on meanwhile. The copy is looked through before it counts.
 *
 * @throws SallyportError ERR_STORE_UNAVAILABLE
 */
export function saveDatabase(file: string, to: string): void {
  run(file, (db) => {
    const path = to.replaceAll("'", "''");
    db.exec(`VACUUM INTO '${path}'`);
  });
  chmodSync(to, 0o600);
  run(to, (db) => {
    const faults = db.prepare('PRAGMA integrity_check').all();
    const [first] = faults.map((row) => Object.values(row)[0]);
    if (first !== 'ok') throw new SallyportError('ERR_STORE_UNAVAILABLE', `${file} is damaged: ${first}`);
  });
}

function run(file: string, work: (db: DatabaseSync) => void): void {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file, { readOnly: true });
    work(db);
  } catch (cause) {
    if (cause instanceof SallyportError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SallyportError('ERR_STORE_UNAVAILABLE', `${file} can't be copied: ${reason}`, { cause });
  } finally {
    db?.close();
  }
}

/** Whether there is one. */
export const isThere = (file: string): boolean => [file, ...BESIDE.map((ending) => file + ending)].some(existsSync);

/** Takes one away, with what lies beside it. */
export function removeDatabase(file: string): void {
  for (const path of [...BESIDE.map((ending) => file + ending), file]) rmSync(path, { force: true });
}

/** Puts a copy, which lies in the same folder, in the place of a database that nobody uses. */
export function putDatabase(copy: string, file: string): void {
  sync(copy);
  // A journal of the old one would be read into the new one.
  removeDatabase(file);
  renameSync(copy, file);
  sync(dirname(file));
}

/** So that it is there after a power cut. */
export function sync(path: string): void {
  const fd = openSync(path, 'r');
  fsyncSync(fd);
  closeSync(fd);
}
