import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { lockData } from '../../src/boot/lock.ts';
import type { DurableStore } from '../../src/core/store.ts';
import { COPIED } from '../../src/durable/copy.ts';
import { createDurableStore } from '../../src/durable/index.ts';
import postgres from '../../src/stores/postgres/index.ts';
import sqlite from '../../src/stores/sqlite/index.ts';
import { configFile, sallyport } from '../support/commands.ts';
import { temporaryFolder } from '../support/folders.ts';
import { PASSWORD } from '../support/gateway.ts';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

/** Two configurations: one on SQLite with people in it, and one on an empty PostgreSQL. */
async function pair() {
  const folder = temporaryFolder();
  const url = await server.database();
  const old = configFile(folder, { type: 'sqlite' }, {}, 'old.yaml');
  const next = configFile(folder, { type: 'postgres', url }, { data: 'next' }, 'next.yaml');
  for (const name of ['ada', 'bob']) {
    const added = await sallyport(old, ['user', 'add', name, '--email', `${name}@example.edu`], PASSWORD);
    expect(added.exitCode).toBe(0);
  }
  return { folder, url, old, next, file: join(folder, 'data', 'sallyport.db') };
}

async function opened(file: string): Promise<DurableStore> {
  return createDurableStore(await sqlite.open({ file }));
}

const copy = (from: string, to: string) => sallyport(from, ['store', 'copy', '--to', to]);
const TEXTS = ['', 'plain', '愛達 \u{1F6AA}', `'"\\;\n\t`, '1.sealed.value'];

/** Rows of every table, pages of them, with whatever a column may hold. */
async function fill(store: DurableStore): Promise<void> {
  for (let at = 0; at < 7; at += 1) {
    const text = TEXTS[at % TEXTS.length] ?? '';
    const account = `account-${at}`;
    await store.accounts.link({
      ...{ id: account, directory: 'local', directoryKey: `key-${at}`, username: text, name: text, groups: [text] },
      ...{ createdAt: Number.MAX_SAFE_INTEGER - at, ...(at % 2 ? { email: text, profile: { givenName: text } } : {}) },
    });
    const times = { createdAt: at, ...(at % 2 ? { lastUsedAt: at } : {}) };
    const base = { id: `c-${at}`, account, factor: 'totp', name: text, sealed: 'not sealed', ...times };
    await store.credentials.insert(base, [`lookup ${at}`]);
    await store.failures.count(account, ['a', 'b'], { most: 9, at });
    await store.consents.put({ account, application: 'x', scopes: [text], claims: [], resources: {}, at });
    await store.keys.insert({ id: `k-${at}`, purpose: 'p', algorithm: 'a', sealed: 'x', ...times, activeFrom: at });
    const counted = { kind: 'text', outcome: text, method: 'sms', application: '', provider: '', country: '' } as const;
    await store.counts.add({
      source: `s-${at}`,
      sequence: 1,
      at,
      rows: [{ at: at * 3_600_000, ...counted, count: at }],
    });
    await store.state('s').set(`k-${at}`, text === '1.sealed.value' ? 'x' : text, 0);
    await store
      .records('r')
      .insert({ id: `r-${at}`, data: 'x', keys: ['k'], ...(at % 2 ? { lookup: `l-${at}` } : {}) });
  }
  const entries = Array.from({ length: 1_203 }, (_, at) => ({
    ...{ id: `e-${at}`, node: 'other', sequence: at + 1, at, event: 'e', detail: { at, text: '愛' }, hash: `${at}` },
  }));
  await store.audit.append(entries);
}

it('copies everything from SQLite to PostgreSQL and back, and says what, by counts and hashes', async () => {
  const { folder, url, old, next, file } = await pair();
  const before = await opened(file);
  await fill(before);
  await before.close();
  const verified = await sallyport(old, ['audit', 'verify']);

  const there = await copy(old, next);
  expect(there).toMatchObject({ exitCode: 0, err: '' });
  const rows = there.out.split('\n').filter((line) => /^\w+\t\d+\t[0-9a-f]{64}$/.test(line));
  expect(rows.map((line) => line.split('\t')[0])).toEqual(Object.keys(COPIED));
  for (const line of rows) expect(Number(line.split('\t')[1]), line).toBeGreaterThan(0);
  const counted = await server.run('select count(*) as count from audit', url);
  expect(Number(counted[0]?.count)).toBeGreaterThan(1_203);

  expect(await sallyport(next, ['audit', 'verify'])).toEqual(verified);
  expect((await sallyport(next, ['user', 'list'])).out).toMatch(/^ada\t.*\nbob\t/m);

  const back = configFile(folder, { type: 'sqlite', file: 'back.db' }, { data: 'back' }, 'back.yaml');
  await server.run('create table unrelated (id text)', url);
  const again = await copy(next, back);
  expect(again).toMatchObject({ exitCode: 0, err: '' });
  const store = await opened(join(folder, 'back.db'));
  onTestFinished(() => store.close());
  expect((await store.credentials.ofAccount('account-3'))[0]).toMatchObject({ id: 'c-3', lastUsedAt: 3 });
  expect((await store.records('r').byKey('k', 9)).map(({ id }) => id)).toContain('r-6');
  expect((await store.accounts.byId('account-3'))?.profile).toEqual({ givenName: TEXTS[3] });
});

it('refuses a target that holds something, and leaves it as it is', async () => {
  const { old, next, url } = await pair();
  expect((await copy(old, next)).exitCode).toBe(0);
  const twice = await copy(old, next);
  expect(twice).toMatchObject({ exitCode: 2, out: '', err: expect.stringContaining("the target isn't empty") });
  await server.run(`truncate ${Object.keys(COPIED).join(', ')}`, url);
  await server.run(`insert into state values ('n', 'k', 'v', 1)`, url);
  expect(await copy(old, next)).toMatchObject({ exitCode: 2, err: expect.stringContaining('it has state') });
  expect(await server.run('select from accounts', url)).toEqual([]);
});

it('keeps nothing where what arrived isn’t what was read', async () => {
  const { old, next, url } = await pair();
  expect((await sallyport(next, ['db', 'migrate'])).exitCode).toBe(0);
  // As a trigger, or a column of another kind, would change it on the way.
  await server.run(
    `create function spoil() returns trigger language plpgsql as 'begin new.data = new.data || '' ''; return new; end';
     create trigger spoil before insert on records for each row execute function spoil()`,
    url,
  );
  const spoilt = await copy(old, next);
  expect(spoilt).toMatchObject({ exitCode: 2, err: expect.stringContaining("records isn't the same") });
  for (const table of Object.keys(COPIED)) expect(await server.run(`select from ${table}`, url)).toEqual([]);
  await server.run('drop trigger spoil on records', url);
  expect((await copy(old, next)).exitCode).toBe(0);
});

it('refuses a store that a server is using', async () => {
  const { folder, old, next, url } = await pair();
  const lock = lockData(join(folder, 'data'));
  expect(await copy(old, next)).toMatchObject({ exitCode: 2, err: expect.stringContaining('in use') });
  lock.release();
  expect((await copy(old, next)).exitCode).toBe(0);

  const back = configFile(folder, { type: 'sqlite', file: 'back.db' }, { data: 'back' }, 'back.yaml');
  const store = await createDurableStore(await postgres.open(postgres.settings.parse({ url })));
  await server.run(`alter role sallyport set application_name = 'sallyport elsewhere 1'`);
  const other = server.run('select pg_sleep(60)', url);
  other.catch(() => undefined);
  try {
    const used = await copy(next, back);
    expect(used).toMatchObject({ exitCode: 2, err: expect.stringContaining('the source is in use') });
  } finally {
    await server.run(`alter role sallyport reset application_name`);
    await server.run(`select pg_terminate_backend(pid) from pg_stat_activity where query like 'select pg_sleep%'`);
    await store.close();
  }
  expect((await copy(next, back)).exitCode).toBe(0);
});

it('refuses a target whose sealing key would open nothing', async () => {
  const { folder, old, url } = await pair();
  const other = { secrets: { sealingKey: 'gPH0NfZQpJ4cVx2s7kTt1mYw9bLhE3uRzDq6oWj8aKM' }, data: 'next' };
  const next = configFile(folder, { type: 'postgres', url }, other, 'other.yaml');
  expect(await copy(old, next)).toMatchObject({ exitCode: 2, err: expect.stringContaining('another sealing key') });
  expect(await server.run(`select from pg_tables where tablename = 'accounts'`, url)).toEqual([]);

  const file = configFile(folder, { type: 'sqlite' }, { secrets: {}, data: 'third' }, 'third.yaml');
  expect(await copy(old, file)).toMatchObject({ exitCode: 2, err: expect.stringContaining('put the sealing key') });
  expect(existsSync(join(folder, 'third', 'sealing.key'))).toBe(false);
});

it('refuses a source whose tables are not as this program wants them', async () => {
  const { folder, old, next } = await pair();
  const stale = configFile(folder, { type: 'sqlite' }, { data: 'stale' }, 'stale.yaml');
  mkdirSync(join(folder, 'stale'));
  expect(await copy(stale, next)).toMatchObject({ exitCode: 2, err: expect.stringContaining('source are behind') });
  cpSync(join(folder, 'data'), join(folder, 'stale'), { recursive: true });
  expect((await copy(stale, next)).exitCode).toBe(0);
  expect((await copy(old, old)).exitCode).toBe(2);
});
