import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it, onTestFinished } from 'vitest';
import { type Account, isEnded, type Stamped } from '../../src/core/account.ts';
import { createDurableStore } from '../../src/durable/index.ts';
import sqlite from '../../src/stores/sqlite/index.ts';
import { temporaryFolder } from '../support/folders.ts';

const RECORD = { id: 'kept', data: 'data' };

async function open(file: string) {
  const store = await createDurableStore(await sqlite.open({ file }));
  onTestFinished(() => store.close());
  return store;
}

/** Of the table as it was made at first. */
const COLUMNS =
  'id, directory, directory_key, username, name, email, groups, locale, created_at, revoked_before, version';

/** A database with one record in it, changed behind the store's back. */
async function changed(statements: string): Promise<string> {
  const file = join(temporaryFolder(), 'durable.db');
  const store = await open(file);
  await store.records('test').insert(RECORD);
  await store.close();
  const db = new DatabaseSync(file);
  db.exec(statements);
  db.close();
  return file;
}

it('refuses tables that a newer version has changed, and leaves them alone', async () => {
  const file = await changed(`INSERT INTO kysely_migration VALUES ('9999-later', '2099-01-01T00:00:00.000Z')`);
  await expect(open(file)).rejects.toMatchObject({
    code: 'ERR_STORE_UNAVAILABLE',
    message: expect.stringContaining('9999-later'),
  });
  const db = new DatabaseSync(file);
  onTestFinished(() => db.close());
  expect(db.prepare('SELECT id, data FROM records').all()).toEqual([RECORD]);
});

it('goes on where a migration was cut off', async () => {
  const file = await changed('DELETE FROM kysely_migration; DROP TABLE audit; DROP INDEX credentials_account');
  const store = await open(file);
  expect(await store.records('test').get('kept')).toEqual({ ...RECORD, version: 1 });
  expect(await store.audit.head('node')).toBeUndefined();
});

it('brings the index of events to tables from before, and again where it was cut off', async () => {
  const undo = `DELETE FROM kysely_migration WHERE name >= '0003'`;
  for (const file of [await changed(`${undo}; DROP INDEX audit_event`), await changed(undo)]) {
    await open(file);
    const db = new DatabaseSync(file);
    onTestFinished(() => db.close());
    const plan = db.prepare(`EXPLAIN QUERY PLAN SELECT * FROM audit WHERE event = 'a' AND at >= 1 AND at < 2
      ORDER BY at DESC, id DESC LIMIT 5`);
    const steps = plan.all().map(({ detail }) => detail);
    expect(steps).toEqual([expect.stringContaining('USING INDEX audit_event')]);
  }
});

it('keeps methods from before, which nobody has suspended, and can suspend them', async () => {
  const file = await changed(
    `DELETE FROM kysely_migration WHERE name >= '0004'; ALTER TABLE credentials DROP COLUMN suspended_at;
     ALTER TABLE accounts DROP COLUMN profile;
     ALTER TABLE accounts DROP COLUMN generation; ALTER TABLE accounts DROP COLUMN counted_to;
     INSERT INTO accounts (${COLUMNS}, search) VALUES ('a', 'local', 'key', 'ada', 'Ada', NULL, '[]', NULL, 1, 0, 1, ' ada');
     INSERT INTO credentials VALUES ('c', 'a', 'key', 'Key', 'sealed', 1, NULL, 1)`,
  );
  const store = await open(file);
  const kept = { id: 'c', account: 'a', factor: 'key', name: 'Key', sealed: 'sealed', createdAt: 1 };
  expect(await store.credentials.ofAccount('a')).toEqual([{ ...kept, version: 1 }]);
  expect(await store.credentials.suspend('c', 'a', 7)).toBe(true);
  expect(await store.credentials.ofAccount('a')).toEqual([{ ...kept, suspendedAt: 7, version: 2 }]);
});

it('makes people findable who were there before', async () => {
  const row = `('id', 'local', 'key', 'ada', 'Ada Lovelace', NULL, '["staff"]', NULL, 1, 0, 1)`;
  const file = await changed(
    `DELETE FROM kysely_migration WHERE name >= '0002'; ALTER TABLE accounts DROP COLUMN search;
     ALTER TABLE accounts DROP COLUMN profile;
     ALTER TABLE accounts DROP COLUMN generation; ALTER TABLE accounts DROP COLUMN counted_to;
     INSERT INTO accounts (${COLUMNS}) VALUES ${row}`,
  );
  const store = await open(file);
  expect(await store.accounts.search('LOVE', { limit: 5, groups: ['staff'] })).toMatchObject([{ id: 'id' }]);
});

it('makes people findable by their address who were there before', async () => {
  const row = (id: string) => `('directory:local', '${id}', '${id}', '{"email":"${id}@Uni.example"}', 1)`;
  const rows = Array.from({ length: 1200 }, (_, at) => row(`p${at}`)).join(',');
  const file = await changed(
    `DELETE FROM kysely_migration WHERE name >= '0006'; DROP TABLE record_keys; INSERT INTO records VALUES ${rows}`,
  );
  const people = (await open(file)).records('directory:local');
  for (const id of ['p0', 'p999', 'p1199']) {
    expect((await people.byKey(`email:${id}@uni.example`, 2)).map((person) => person.id)).toEqual([id]);
  }
});

it('keeps people from before without a profile, and beside it a version that knows none', async () => {
  const ada = `('id', 'local', 'key', 'ada', 'Ada', 'ada@example.edu', '[]', NULL, 1, 0, 1, ' ada')`;
  const file = await changed(
    `DELETE FROM kysely_migration WHERE name >= '0007'; ALTER TABLE accounts DROP COLUMN profile;
     ALTER TABLE accounts DROP COLUMN generation; ALTER TABLE accounts DROP COLUMN counted_to;
     INSERT INTO accounts (${COLUMNS}, search) VALUES ${ada}`,
  );
  const store = await open(file);
  const before = await store.accounts.byId('id');
  expect(before).toMatchObject({ username: 'ada', email: 'ada@example.edu' });
  expect(before).not.toHaveProperty('profile');

  const person = { id: 'id', directory: 'local', directoryKey: 'key', username: 'ada', name: 'Ada', groups: [] };
  const profile = { givenName: 'Ada', emailVerified: true, phone: '+886212345678', address: { locality: 'Taipei' } };
  const linked = { ...person, email: 'ada@example.edu', createdAt: 1, profile };
  expect(await store.accounts.link(linked)).toMatchObject({ profile, version: 2 });
  expect(await store.accounts.link(linked)).toMatchObject({ profile, version: 2 });

  // What the version before says when the address has changed: it neither reads nor writes the column.
  const db = new DatabaseSync(file);
  onTestFinished(() => db.close());
  const columns =
    'id, directory, directory_key, username, name, email, groups, search, created_at, revoked_before, version';
  db.exec(`INSERT INTO accounts (${columns})
    VALUES ('other', 'local', 'key', 'ada', 'Ada', 'new@example.edu', '[]', ' ada', 1, 0, 1)
    ON CONFLICT (directory, directory_key) DO UPDATE SET email = excluded.email, version = accounts.version + 1`);
  const { emailVerified: _, ...rest } = profile;
  expect((await store.accounts.byId('id'))?.profile).toEqual(rest);
  const later = { ...linked, email: 'new@example.edu', profile: { givenName: 'Augusta' } };
  expect((await store.accounts.link(later)).profile).toEqual({ givenName: 'Augusta' });
  const { profile: __, ...without } = later;
  expect(await store.accounts.link(without)).not.toHaveProperty('profile');
});

it('ends by time what a version before ends, and by the count what this one does', async () => {
  const file = await changed(
    `DELETE FROM kysely_migration WHERE name >= '0010';
     ALTER TABLE accounts DROP COLUMN generation; ALTER TABLE accounts DROP COLUMN counted_to;
     INSERT INTO accounts (id, directory, directory_key, username, name, groups, search, created_at, revoked_before, version)
     VALUES ('id', 'local', 'key', 'ada', 'Ada', '[]', ' ada', 1, 1000, 1)`,
  );
  const store = await open(file);
  const { accounts } = store;
  const ended = async (it: Stamped) => isEnded((await accounts.byId('id')) as Account, it);
  expect(await ended({ at: 999 })).toBe(true);
  expect(await ended({ at: 1000 })).toBe(false);
  expect(await ended({ at: 1000, generation: 0 })).toBe(false);
  expect(await accounts.endAll('id', 2000)).toBe(1);
  expect(await ended({ at: 9999, generation: 0 })).toBe(true);
  // This node's clock is behind the one that ended it.
  expect(await ended({ at: 1500, generation: 1 })).toBe(false);

  const db = new DatabaseSync(file);
  onTestFinished(() => db.close());
  db.exec(`UPDATE accounts SET revoked_before = 3000, version = version + 1 WHERE id = 'id' AND revoked_before < 3000`);
  expect(await ended({ at: 2999, generation: 1 })).toBe(true);
  expect(await ended({ at: 3000, generation: 1 })).toBe(false);
  expect(await accounts.endAll('id', 2500)).toBe(2);
  expect(await accounts.byId('id')).toMatchObject({ revokedBefore: 3000, countedTo: 3000 });
  expect(await ended({ at: 2600, generation: 2 })).toBe(false);
});

it('refuses a damaged file', async () => {
  const file = join(temporaryFolder(), 'durable.db');
  writeFileSync(file, Buffer.alloc(8192, 'damaged'));
  await expect(open(file)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
});

it('sums by the day what was counted before there were such sums', async () => {
  const day = 20_000 * 86_400_000;
  const file = await changed(
    `DELETE FROM kysely_migration WHERE name >= '0014'; DROP TABLE day_counts;
     INSERT INTO counts VALUES (${day}, 'sign-in', 'completed', 'password', 'library', 'local', '', 2),
       (${day + 3_600_000}, 'sign-in', 'completed', 'password', 'library', 'local', '', 3)`,
  );
  const { counts } = await open(file);
  const asked = { kinds: ['sign-in'], from: day, until: day + 86_400_000, by: ['outcome'], limit: 10 } as const;
  expect(await counts.sums(asked)).toEqual([{ outcome: 'completed', count: 5 }]);
});
