import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { type SqliteDatabase, SqliteDialect, type SqliteStatement } from 'kysely';
import { SallyportError } from '../../core/errors.ts';
import { createMemo } from '../../core/memo.ts';
import { unavailable } from './database.ts';

/** Prepared statements kept; the queries of the durable layer number a few dozen. */
const CACHED = 200;
/** Of a statement that had nothing left to do. */
const UNDONE = { changes: 0, lastInsertRowid: 0 };

/**
 * Kysely over `node:sqlite`: its own SQLite dialect, fed with the few methods it needs of a driver.
 * Kysely hands this one connection to one query or transaction at a time.
 */
export function createDialect(db: DatabaseSync, file: string): SqliteDialect {
  const statements = createMemo<string, SqliteStatement>(CACHED);
  const guarded = <T>(work: () => T): T => {
    if (!db.isOpen) throw new SallyportError('ERR_STORE_UNAVAILABLE', `the durable store ${file} is closed`);
    try {
      return work();
    } catch (error) {
      throw unavailable(error, file) ?? error;
    }
  };
  const database: SqliteDatabase = {
    close: () => closeDatabase(db),
    prepare: (sql) =>
      statements(sql, () => {
        const statement = adapt(
          guarded(() => db.prepare(sql)),
          guarded,
        );
        return sql === 'rollback'
          ? { ...statement, run: (given) => rollBack(db, () => statement.run(given)) }
          : statement;
      }),
  };
  return new SqliteDialect({ database });
}

/**
 * A full or failing disk has SQLite undo the transaction by itself (sqlite.org/lang_transaction.html, section 3): to
 * undo it again would be an error of its own, and hide the one that tells what happened.
 */
function rollBack<T>(db: DatabaseSync, run: () => T): T | typeof UNDONE {
  return db.isTransaction ? run() : UNDONE;
}

export function closeDatabase(db: DatabaseSync): void {
  if (db.isOpen) db.close();
}

function adapt(statement: StatementSync, guarded: <T>(work: () => T) => T): SqliteStatement {
  // Kysely types parameters as unknown; the durable layer binds text, numbers and null alone.
  const bound = (parameters: readonly unknown[]) => parameters as readonly SQLInputValue[];
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => guarded(() => statement.all(...bound(parameters))),
    run: (parameters) => guarded(() => statement.run(...bound(parameters))),
    iterate: (parameters) => guarded(() => statement.iterate(...bound(parameters))),
  };
}
