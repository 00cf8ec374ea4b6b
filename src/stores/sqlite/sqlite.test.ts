import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Dialect, Kysely, sql } from 'kysely';
import { expect, it, onTestFinished } from 'vitest';
import sqlite from './index.ts';

const UNAVAILABLE = 'ERR_STORE_UNAVAILABLE';

interface Tables {
  parent: { id: number };
  child: { id: number; parent: number };
}

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-sqlite-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'data', 'durable.db');
}

async function open(file: string) {
  const connection = await sqlite.open({ file });
  onTestFinished(() => connection.close());
  const db = new Kysely<Tables>({ dialect: connection.dialect as Dialect });
  await sql`CREATE TABLE IF NOT EXISTS parent (id INTEGER PRIMARY KEY)`.execute(db);
  await sql`CREATE TABLE IF NOT EXISTS child (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent (id))`.execute(
    db,
  );
  return { connection, db };
}

async function pragma(db: Kysely<Tables>, name: string): Promise<unknown> {
  const { rows } = await sql<Record<string, unknown>>`PRAGMA ${sql.raw(name)}`.execute(db);
  return Object.values(rows[0] ?? {})[0];
}

it('waits for the disk at every commit and checks foreign keys', async () => {
  const { db } = await open(newFile());
  expect(await pragma(db, 'journal_mode')).toBe('wal');
  expect(await pragma(db, 'synchronous')).toBe(2);
  await expect(db.insertInto('child').values({ id: 1, parent: 9 }).execute()).rejects.toThrow(/FOREIGN KEY/);
});

it('is readable for the owner alone', async () => {
  const file = newFile();
  await open(file);
  const mode = (path: string) => statSync(path).mode & 0o777;
  expect(mode(dirname(file))).toBe(0o700);
  expect([file, `${file}-wal`, `${file}-shm`].map(mode)).toEqual([0o600, 0o600, 0o600]);
});

it('keeps parallel transactions apart, and undoes one that fails', async () => {
  const { db } = await open(newFile());
  const add = (id: number) =>
    db.transaction().execute(async (trx) => {
      const { count } = await trx
        .selectFrom('parent')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      await trx.insertInto('parent').values({ id }).execute();
      if (id % 2 === 0) throw new Error('undone');
      return count;
    });
  const outcomes = await Promise.allSettled(Array.from({ length: 50 }, (_, index) => add(index)));
  const counts = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  expect(counts).toEqual(Array.from({ length: 25 }, (_, index) => index));
  expect(await db.selectFrom('parent').selectAll().execute()).toHaveLength(25);
});

it('refuses a file that is no database, a damaged one, and a path that can not be opened', async () => {
  const file = newFile();
  const { db, connection } = await open(file);
  await db.insertInto('parent').values({ id: 1 }).execute();
  await connection.close();
  truncateSync(file, 4096 + 100);
  await expect(open(file)).rejects.toMatchObject({ code: UNAVAILABLE });
  writeFileSync(file, 'not a database, but long enough to be read as the header of one, and more'.repeat(20));
  await expect(sqlite.open({ file })).rejects.toMatchObject({
    code: UNAVAILABLE,
    message: expect.stringContaining('is not an SQLite database'),
  });
  await expect(sqlite.open({ file: dirname(file) })).rejects.toMatchObject({ code: UNAVAILABLE });
  await expect(sqlite.open({ file: join(file, 'x.db') })).rejects.toMatchObject({ code: UNAVAILABLE });
});

it('refuses a file that another process is writing, at start and later, and recovers', async () => {
  const file = newFile();
  const { db } = await open(file);
  const other = new DatabaseSync(file);
  onTestFinished(() => other.close());
  other.exec('BEGIN IMMEDIATE');
  const locked = { code: UNAVAILABLE, message: expect.stringContaining('another process holds its lock') };
  await expect(sqlite.open({ file })).rejects.toMatchObject(locked);
  await expect(db.insertInto('parent').values({ id: 1 }).execute()).rejects.toMatchObject(locked);
  other.exec('ROLLBACK');
  await db.insertInto('parent').values({ id: 1 }).execute();
  expect(await db.selectFrom('parent').selectAll().execute()).toEqual([{ id: 1 }]);
});

it('refuses once it is closed, and closes twice without a fault', async () => {
  const { db, connection } = await open(newFile());
  await connection.close();
  await connection.close();
  await expect(db.selectFrom('parent').selectAll().execute()).rejects.toMatchObject({ code: UNAVAILABLE });
});

it('tells a mistake in a statement from a store that is away', async () => {
  const { db } = await open(newFile());
  await db.insertInto('parent').values({ id: 1 }).execute();
  const error = await db
    .insertInto('parent')
    .values({ id: 1 })
    .execute()
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Error);
  expect(error).not.toHaveProperty('code', UNAVAILABLE);
});

it('says that the disk is full, in a transaction too, and goes on once it isn’t', async () => {
  const { db } = await open(newFile());
  await sql`CREATE TABLE texts (value TEXT)`.execute(db);
  const fill = (size: number) =>
    db.transaction().execute(async (trx) => {
      await sql`INSERT INTO parent VALUES (1)`.execute(trx);
      await sql`INSERT INTO texts VALUES (${'x'.repeat(size)})`.execute(trx);
    });
  await pragma(db, 'max_page_count = 10');
  await expect(fill(100_000)).rejects.toMatchObject({
    code: UNAVAILABLE,
    message: expect.stringContaining('the disk is full'),
  });
  expect(await db.selectFrom('parent').selectAll().execute()).toEqual([]);
  await fill(10);
  expect(await db.selectFrom('parent').selectAll().execute()).toEqual([{ id: 1 }]);
});
