import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Dialect, Kysely, sql } from 'kysely';
import { expect, it, onTestFinished, vi } from 'vitest';
import sqlite from './index.ts';

/** What the disk is asked to take, held back for as long as a test likes: it counts the times. */
const disk = vi.hoisted(() => ({ asked: 0, before: undefined as Promise<void> | undefined }));

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const fdatasync = (fd: number, done: (error: unknown) => void) => {
    disk.asked += 1;
    (disk.before ?? Promise.resolve()).then(() => fs.fdatasync(fd, done), done);
  };
  return { ...fs, fdatasync };
});

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

it('writes ahead, and checks foreign keys', async () => {
  const { db } = await open(newFile());
  expect(await pragma(db, 'journal_mode')).toBe('wal');
  await expect(db.insertInto('child').values({ id: 1, parent: 9 }).execute()).rejects.toThrow(/FOREIGN KEY/);
});

/** Holds the disk until it is let go. */
function holdDisk(): { letGo(): void; fail(): void } {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  disk.before = promise;
  disk.asked = 0;
  const over = () => {
    disk.before = undefined;
  };
  onTestFinished(over);
  return {
    letGo: () => [over(), resolve()],
    fail: () => [over(), reject(Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' }))],
  };
}

it('answers no write before the disk has it, asks the disk once for all of one turn, and keeps no read waiting', async () => {
  const { db, connection } = await open(newFile());
  const held = holdDisk();
  const answered: number[] = [];
  const add = async (id: number) => {
    await db.insertInto('parent').values({ id }).execute();
    answered.push(id);
  };
  const inTransaction = async (id: number) => {
    await db.transaction().execute((trx) => trx.insertInto('parent').values({ id }).execute());
    answered.push(id);
  };
  const writing = [add(1), add(2), inTransaction(3), inTransaction(4)];
  await vi.waitFor(() => expect(disk.asked).toBe(1));
  // What others have committed is there to be read; who wrote it isn't told yet.
  const count = 'SELECT count(*) AS count FROM parent';
  expect(await connection.ask?.(count, [])).toEqual([{ count: 4 }]);
  expect(await db.selectFrom('parent').selectAll().execute()).toHaveLength(4);
  // One that comes while the disk is busy waits for its next time.
  writing.push(add(5));
  expect(answered).toEqual([]);
  held.letGo();
  await Promise.all(writing);
  expect(answered.toSorted()).toEqual([1, 2, 3, 4, 5]);
  expect(disk.asked).toBe(2);
});

it('asks nothing of the disk for what only reads', async () => {
  const { db } = await open(newFile());
  holdDisk();
  const read = () => db.selectFrom('parent').selectAll().execute();
  expect(
    await Promise.all([read(), db.transaction().execute((trx) => trx.selectFrom('parent').selectAll().execute())]),
  ).toEqual([[], []]);
  expect(disk.asked).toBe(0);
});

it('believes a disk that has failed no more', async () => {
  const { db, connection } = await open(newFile());
  const held = holdDisk();
  const failed = { code: UNAVAILABLE, message: expect.stringContaining('the disk reports an error') };
  const write = () => db.insertInto('parent').values({ id: 1 }).execute();
  const first = expect(write()).rejects.toMatchObject(failed);
  await vi.waitFor(() => expect(disk.asked).toBe(1));
  held.fail();
  await first;
  await expect(write()).rejects.toMatchObject(failed);
  await expect(db.selectFrom('parent').selectAll().execute()).rejects.toMatchObject(failed);
  await expect(connection.ask?.('SELECT 1', [])).rejects.toMatchObject(failed);
  await expect(connection.probe?.()).rejects.toMatchObject(failed);
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
