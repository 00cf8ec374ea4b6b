import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import {
  type DatabaseConnection,
  type Driver,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  SqliteDriver,
  type SqliteStatement,
} from 'kysely';
import type { Asked } from '../../core/durable-connection.ts';
import { SallyportError } from '../../core/errors.ts';
import { createMemo } from '../../core/memo.ts';
import { unavailable } from './database.ts';
import type { Flushing } from './flushing.ts';

/** Prepared statements kept; the queries of the durable layer number a few dozen. */
const CACHED = 200;
/** Of a statement that had nothing left to do. */
const UNDONE = { changes: 0, lastInsertRowid: 0 };

type Guarded = <T>(work: () => T) => T;

/** Refuses where the file is closed, or the disk has failed; SQLite's failures become ERR_STORE_UNAVAILABLE. */
const guard =
  (db: DatabaseSync, file: string, { failure }: Pick<Flushing, 'failure'>): Guarded =>
  (work) => {
    if (!db.isOpen) throw new SallyportError('ERR_STORE_UNAVAILABLE', `the durable store ${file} is closed`);
    const failed = failure();
    if (failed) throw failed;
    try {
      return work();
    } catch (error) {
      throw unavailable(error, file) ?? error;
    }
  };

/**
 * Kysely over `node:sqlite`: its own SQLite dialect, fed with the few methods it needs of a driver. The one connection
 * is one query's or transaction's at a time; whoever wrote waits for the disk after the next one has it.
 */
export function createDialect(db: DatabaseSync, file: string, flushing: Flushing): SqliteDialect {
  const statements = createMemo<string, SqliteStatement>(CACHED);
  const guarded = guard(db, file, flushing);
  const writing: Writing = { wrote: false };
  const database: SqliteDatabase = {
    close: () => closeDatabase(db),
    prepare: (sql) =>
      statements(sql, () => {
        const statement = adapt(
          guarded(() => db.prepare(sql)),
          READS.test(sql) ? guarded : noted(guarded, writing),
        );
        return sql === 'rollback'
          ? { ...statement, run: (given) => rollBack(db, () => statement.run(given)) }
          : statement;
      }),
  };
  return new GroupingDialect({ database }, () => new GroupingDriver(database, writing, flushing));
}

/** What changes nothing by itself; all else is taken for a change. */
const READS = /^(?:select|begin|commit|rollback)\b/i;

/** Whether whoever has the connection has written. */
interface Writing {
  wrote: boolean;
}

const noted =
  (guarded: Guarded, writing: Writing): Guarded =>
  (work) => {
    writing.wrote = true;
    return guarded(work);
  };

class GroupingDialect extends SqliteDialect {
  readonly #driver: () => Driver;

  constructor(config: { database: SqliteDatabase }, driver: () => Driver) {
    super(config);
    this.#driver = driver;
  }

  override createDriver(): Driver {
    return this.#driver();
  }

  override createAdapter(): SqliteAdapter {
    return new OwnTurns();
  }
}

/** Kysely's turns end only when the connection is given back, and that waits for the disk. The driver has its own. */
class OwnTurns extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

class GroupingDriver extends SqliteDriver {
  readonly #writing: Writing;
  readonly #flushing: Flushing;
  #turn: Promise<void> = Promise.resolve();
  #end: () => void = () => {};

  constructor(database: SqliteDatabase, writing: Writing, flushing: Flushing) {
    super({ database });
    this.#writing = writing;
    this.#flushing = flushing;
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    const before = this.#turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    await before;
    this.#end = resolve;
    this.#writing.wrote = false;
    return super.acquireConnection();
  }

  override async releaseConnection(): Promise<void> {
    const { wrote } = this.#writing;
    this.#end();
    if (wrote) await this.#flushing.flushed();
  }
}

/**
 * Reads over a connection of their own: each sees what has been committed, and waits for nobody's transaction. Without
 * Kysely in between, for these are asked at every sign-in.
 */
export function createReader(db: DatabaseSync, file: string, flushing: Flushing): Asked {
  const statements = createMemo<string, StatementSync>(CACHED);
  const guarded = guard(db, file, flushing);
  // Kysely's types as well have the caller say what a row is.
  return async <Row>(text: string, values: readonly unknown[]) =>
    guarded(() => statements(text, () => db.prepare(text)).all(...(values as SQLInputValue[])) as Row[]);
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
