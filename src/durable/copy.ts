import { createHash } from 'node:crypto';
import { type Kysely, sql, type Transaction } from 'kysely';
import { SallyportError } from '../core/errors.ts';
import { isPostgres } from './columns.ts';
import type { Database, Tables } from './schema.ts';

/** Every table but those of versions and migrations, each after what it refers to, with its primary key. */
export const COPIED = {
  accounts: ['id'],
  credentials: ['id'],
  credential_lookups: ['factor', 'key'],
  failures: ['subject', 'about'],
  consents: ['account', 'application'],
  audit: ['id'],
  keys: ['id'],
  state: ['namespace', 'key'],
  records: ['namespace', 'id'],
  record_keys: ['namespace', 'key', 'id'],
  counts: ['hour', 'kind', 'outcome', 'method', 'application', 'provider', 'country'],
  day_counts: ['kind', 'day', 'outcome', 'method', 'application', 'provider', 'country'],
  count_sources: ['source'],
} as const satisfies Record<Exclude<keyof Tables, 'schema_versions'>, readonly string[]>;

/** What a table holds: how many rows, and the SHA-256 over all of them in order of their key, hex. */
export interface Held {
  table: string;
  rows: number;
  hash: string;
}

type Value = string | number | null;
type Row = Record<string, Value>;
type Plain = Kysely<Record<string, Row>>;

/** Rows of one statement, well below the databases' limits on bound values. */
const PAGE = 500;

/**
 * Copies all that one database holds into another one with the same tables, empty: all or nothing, and nothing unless
 * what is there then is what was read, by counts and hashes.
 *
 * @throws SallyportError ERR_INPUT where the target isn't empty, or doesn't hold the same in the end
 */
export async function copyTables(from: Database, to: Database): Promise<Held[]> {
  return await snapshot(from, (source) =>
    to.transaction().execute(async (trx) => {
      const target = plain(trx);
      for (const table of Object.keys(COPIED)) await refuseRows(target, table);
      const held: Held[] = [];
      for (const [table, key] of Object.entries(COPIED)) held.push(await copyTable(source, target, table, key));
      return held;
    }),
  );
}

/** Reads as of one moment, whatever is written meanwhile. */
function snapshot<T>(db: Database, work: (source: Plain) => Promise<T>): Promise<T> {
  const begun = db.transaction();
  const reading = isPostgres(db) ? begun.setIsolationLevel('repeatable read') : begun;
  return reading.execute((trx) => work(plain(trx)));
}

// Tables and their columns go by name here: all are copied alike.
const plain = (trx: Transaction<Tables>): Plain => trx as unknown as Plain;

async function refuseRows(target: Plain, table: string): Promise<void> {
  const row = await target.selectFrom(table).selectAll().limit(1).executeTakeFirst();
  if (row !== undefined) throw new SallyportError('ERR_INPUT', `the target isn't empty: it has ${table}`);
}

async function copyTable(source: Plain, target: Plain, table: string, key: readonly string[]): Promise<Held> {
  const read = createTally(table);
  for await (const page of pages(source, table, key)) {
    for (const row of page) read.add(row);
    await target.insertInto(table).values(page).execute();
  }
  const written = createTally(table);
  for await (const page of pages(target, table, key)) for (const row of page) written.add(row);
  const [before, after] = [read.held(), written.held()];
  if (before.rows === after.rows && before.hash === after.hash) return after;
  const message = `${table} isn't the same after it was copied (${before.rows} rows, then ${after.rows}): nothing was kept`;
  throw new SallyportError('ERR_INPUT', message);
}

async function* pages(db: Plain, table: string, key: readonly string[]): AsyncGenerator<Row[]> {
  const columns = sql.join(key.map((name) => sql.ref(name)));
  let last: Row | undefined;
  for (;;) {
    let query = db.selectFrom(table).selectAll().limit(PAGE);
    for (const name of key) query = query.orderBy(name);
    if (last !== undefined) {
      const values = sql.join(key.map((name) => last?.[name]));
      query = query.where(sql<boolean>`(${columns}) > (${values})`);
    }
    const page = await query.execute();
    if (page.length > 0) yield page;
    last = page.at(-1);
    if (page.length < PAGE) return;
  }
}

function createTally(table: string) {
  const hash = createHash('sha256');
  let rows = 0;
  return {
    add(row: Row): void {
      rows += 1;
      const columns = Object.keys(row).sort();
      hash.update(`${JSON.stringify(columns.map((name) => [name, row[name]]))}\n`);
    },
    held: (): Held => ({ table, rows, hash: hash.digest('hex') }),
  };
}
