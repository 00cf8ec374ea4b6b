import { setTimeout as pause } from 'node:timers/promises';
import { type Dialect, Kysely, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { DurableStore } from '../../src/core/store.ts';
import { createDurableStore } from '../../src/durable/index.ts';
import postgres from '../../src/stores/postgres/index.ts';
import { selfSigned } from '../support/certificate.ts';
import { cuttable } from '../support/cuttable.ts';
import { freePort } from '../support/ports.ts';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';

const UNAVAILABLE = { code: 'ERR_STORE_UNAVAILABLE' };
const QUICK = { timeouts: { connect: '2s', statement: '2s' } };
/** Where a hundred wait for each other on a busy machine, and nothing fails. */
const PATIENT = { timeouts: { connect: '30s', statement: '30s' } };

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

async function open(url: string, more: object = QUICK): Promise<DurableStore> {
  const store = await createDurableStore(await postgres.open(postgres.settings.parse({ url, ...more })));
  onTestFinished(() => store.close());
  return store;
}

const KEY = { id: 'k', purpose: 'p', algorithm: 'a', sealed: 's', createdAt: 1, activeFrom: 1 };
const ACCOUNT = { id: 'a', directory: 'd', directoryKey: 'k', username: 'u', name: 'N', groups: [], createdAt: 1 };

function everyOperation(store: DurableStore): Promise<unknown>[] {
  return [
    store.accounts.byId('a'),
    store.accounts.link(ACCOUNT),
    store.accounts.endAll('a', 1),
    store.credentials.ofAccount('a'),
    store.credentials.replace({ id: 'c', account: 'a', factor: 'f', name: '', sealed: '', createdAt: 1 }),
    store.failures.count('a', ['b'], { most: 1, at: 1 }),
    store.audit.append([{ id: 'e', node: 'n', sequence: 1, at: 1, event: 'e', detail: {}, hash: '' }]),
    store.keys.insert(KEY),
    store.state('s').set('k', 'v', 0),
    store.records('r').insert({ id: 'i', data: '', keys: ['k'] }),
    store.sealed.replace([]),
    store.now(),
    store.ping(),
  ];
}

/** Each is refused, and none is left waiting: the test's own time limit is the bound. */
async function expectRefused(store: DurableStore): Promise<void> {
  for (const outcome of await Promise.allSettled(everyOperation(store))) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: UNAVAILABLE });
  }
}

const recovered = (store: DurableStore) => vi.waitFor(() => store.ping(), { timeout: 20_000, interval: 50 });

describe('the PostgreSQL store when PostgreSQL fails', () => {
  it('refuses everything while it is gone, recovers by itself, and has all that it answered', async () => {
    const store = await open(await server.database());
    expect(await store.state('s').set('kept', 'value', 0)).toBe(true);
    await server.kill();
    await expectRefused(store);
    await server.restart();
    await recovered(store);
    expect(await store.state('s').get('kept')).toEqual({ value: 'value', version: 1 });
    expect(await store.state('s').set('kept', 'again', 0)).toBe(false);
  });

  it('refuses what waits for an answer on a connection that is lost, and lives on', async () => {
    const url = await server.database();
    const line = await cuttable(url);
    const store = await open(line.url);
    await store.ping();
    const waitingFor = (event: string) =>
      server.run(`select pid from pg_stat_activity where '${event}' in (wait_event, wait_event_type)`);
    const locked = server.run('begin; lock table state in access exclusive mode; select pg_sleep(2)', url);
    await vi.waitFor(async () => expect(await waitingFor('PgSleep')).toHaveLength(1));
    const asked = [store.state('s').get('k'), store.state('s').set('k', 'v', 0)];
    const refused = Promise.all(asked.map((answer) => expect(answer).rejects.toMatchObject(UNAVAILABLE)));
    await vi.waitFor(async () => expect(await waitingFor('Lock')).toHaveLength(asked.length));
    line.cut();
    await Promise.all([refused, locked]);
    line.mend();
    await recovered(store);
  });

  it('refuses while it hangs with its connections open, and recovers by itself', async () => {
    const store = await open(await server.database());
    await store.ping();
    server.pause();
    try {
      await expectRefused(store);
    } finally {
      server.resume();
    }
    await recovered(store);
    await Promise.all(Array.from({ length: 30 }, () => store.ping()));
  });

  it('closes while it hangs', async () => {
    const store = await open(await server.database());
    await store.ping();
    server.pause();
    try {
      await store.close();
      await expect(store.ping()).rejects.toMatchObject(UNAVAILABLE);
    } finally {
      server.resume();
    }
  });

  it('doesn’t open without it, and says where it looked, without the password', async () => {
    const url = `postgresql://user:s3cret@127.0.0.1:${await freePort()}/db`;
    const error: Error = await open(url).catch((reason) => reason);
    expect(error).toMatchObject({ ...UNAVAILABLE, message: expect.stringMatching(/127\.0\.0\.1:\d+.*ECONNREFUSED/) });
    expect(error.message + String(error.cause)).not.toContain('s3cret');
  });

  it.each([
    ['a wrong password', (url: string) => url.replace(/:[^:@]+@/, ':wrong@'), /password authentication failed/],
    ['a database that isn’t there', (url: string) => `${url}absent`, /does not exist/],
  ])('says what is wrong: %s', async (_, spoilt, message) => {
    const url = spoilt(await server.database());
    await expect(open(url)).rejects.toMatchObject({ ...UNAVAILABLE, message: expect.stringMatching(message) });
  });

  it('lets no transaction wait for ever for one that hangs, nor hold others up', async () => {
    const url = await server.database();
    const store = await open(url);
    await store.accounts.link(ACCOUNT);
    const holding = server.run('begin; select * from accounts for update; select pg_sleep(60)', url);
    holding.catch(() => undefined);
    await vi.waitFor(async () =>
      expect(await server.run(`select from pg_locks where mode = 'RowShareLock'`)).not.toEqual([]),
    );
    const refused = { ...UNAVAILABLE, message: expect.stringContaining('statement timeout') };
    await expect(store.accounts.endAll('a', 9)).rejects.toMatchObject(refused);
    await server.run(
      `select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(60)%' and pid <> pg_backend_pid()`,
    );
    await store.accounts.endAll('a', 9);
    expect((await store.accounts.byId('a'))?.revokedBefore).toBe(9);
  });

  it('takes another connection where an administrator ended one', async () => {
    const store = await open(await server.database());
    await store.ping();
    await server.run(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'sallyport %'`,
    );
    await recovered(store);
  });

  it('outlives the end of a connection in the middle of a transaction', async () => {
    const opened = await postgres.open(postgres.settings.parse({ url: await server.database(), ...QUICK }));
    onTestFinished(() => opened.close());
    const db = new Kysely<unknown>({ dialect: opened.dialect as Dialect });
    const cut = db.transaction().execute(async (trx) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx);
      await server.run(`select pg_terminate_backend(${rows[0]?.pid})`);
      // The word of it arrives while nothing is asked.
      await pause(200);
      await sql`select 1`.execute(trx);
    });
    await expect(cut).rejects.toMatchObject(UNAVAILABLE);
    await sql`select 1`.execute(db);
  });

  it('never answers from a replica, and goes on once that is the primary', async () => {
    const url = await server.database();
    const store = await open(url);
    await store.accounts.link(ACCOUNT);
    await server.restart('standby');
    const refused = { ...UNAVAILABLE, message: expect.stringContaining('give the address of the primary') };
    await vi.waitFor(() => expect(store.accounts.byId('a')).rejects.toMatchObject(refused), { timeout: 20_000 });
    await expectRefused(store);
    await expect(open(url)).rejects.toMatchObject(refused);
    await server.run('select pg_promote()');
    await recovered(store);
    expect(await store.accounts.byId('a')).toMatchObject({ username: 'u' });
  });

  it('never answers from a server that takes no writes', async () => {
    const url = await server.database();
    await server.run(`alter database ${new URL(url).pathname.slice(1)} set default_transaction_read_only = on`);
    await expect(open(url)).rejects.toMatchObject({ ...UNAVAILABLE, message: expect.stringContaining('read-only') });
  });

  it('keeps to its own settings, whatever the database’s are', async () => {
    const url = await server.database();
    const name = new URL(url).pathname.slice(1);
    await server.run(`alter database ${name} set default_transaction_isolation = 'repeatable read'`);
    await server.run(`alter database ${name} set synchronous_commit = off`);
    const store = await open(url, PATIENT);
    await store.accounts.link(ACCOUNT);
    const add = (index: number) =>
      store.credentials.insert(
        { id: `${index}`, account: 'a', factor: 'f', name: '', sealed: '', createdAt: 1 },
        [],
        3,
      );
    expect((await Promise.all(Array.from({ length: 100 }, (_, index) => add(index)))).filter(Boolean)).toHaveLength(3);
    await server.kill();
    await server.restart();
    await recovered(store);
    expect(await store.credentials.ofAccount('a')).toHaveLength(3);
  });

  it('refuses a database whose encoding can’t hold every name', async () => {
    const opened = open(await server.database({ encoding: 'LATIN1' }));
    await expect(opened).rejects.toMatchObject({ ...UNAVAILABLE, message: expect.stringContaining("ENCODING 'UTF8'") });
  });

  it('keeps no text with a NUL, and says so', async () => {
    const store = await open(await server.database());
    const kept = store.records('r').insert({ id: 'i', lookup: 'a\0', data: '' });
    await expect(kept).rejects.toMatchObject({ code: 'ERR_INPUT' });
    expect(await store.records('r').get('i')).toBeUndefined();
  });
});

describe('TLS to PostgreSQL', () => {
  let secured: PostgresServer;
  let ca: string;
  beforeAll(async () => {
    const { cert, key } = await selfSigned('postgres.example.edu');
    ca = cert;
    secured = await startPostgres({ tls: { cert, key } });
  });
  afterAll(() => secured.stop());

  const isEncrypted = async () => {
    const rows = await secured.run(
      `select ssl from pg_stat_ssl join pg_stat_activity using (pid) where application_name like 'sallyport %'`,
    );
    return rows.every(({ ssl }) => ssl === true);
  };

  it('is used where it is asked for, and the certificate and its name are checked', async () => {
    const url = await secured.database();
    await open(url, { tls: { ca, serverName: 'postgres.example.edu' } });
    expect(await isEncrypted()).toBe(true);
    const other = (await selfSigned('postgres.example.edu')).cert;
    for (const tls of [
      { ca: other, serverName: 'postgres.example.edu' },
      { ca, serverName: 'other.example.edu' },
      {},
    ]) {
      await expect(open(url, { tls })).rejects.toMatchObject(UNAVAILABLE);
    }
  });

  it('isn’t given up where the server has none', async () => {
    const url = await server.database();
    await expect(open(url, { tls: { ca } })).rejects.toMatchObject({
      ...UNAVAILABLE,
      message: expect.stringContaining('does not support SSL'),
    });
  });

  it('is on for every server elsewhere, unless it is dangerously off', async () => {
    const url = new URL(await server.database());
    // The loopback address, written so that it isn't known as such.
    url.hostname = '[::ffff:127.0.0.1]';
    const refused = { ...UNAVAILABLE, message: expect.stringContaining('does not support SSL') };
    await expect(open(url.href)).rejects.toMatchObject(refused);
    await expect(open(url.href, { tls: {} })).rejects.toMatchObject(refused);
    await (await open(url.href, { tls: { dangerouslyOff: true } })).ping();
  });
});

describe('the settings of the PostgreSQL store', () => {
  it.each([
    [{}, 'is missing'],
    [{ url: 'mysql://host/db' }, 'must be postgresql://'],
    [{ url: 'postgresql://host' }, 'name of the database'],
    [{ url: 'postgresql://host/db?sslmode=disable' }, 'takes no parameters'],
    [{ url: 'postgresql://user:100%@host/db' }, '%25'],
    [{ url: 'postgresql://host/db', host: 'other' }, 'one or the other'],
    [{ url: 'postgresql://host/db', password: 'secret' }, 'one or the other'],
    [{ host: 'host' }, 'is missing'],
    [{ url: 'postgresql://host/db', pool: { max: 0 } }, '>=2'],
    [{ url: 'postgresql://host/db', timeouts: { statement: '0s' } }, 'between'],
    [{ url: 'postgresql://host/db', tls: { ca: 'no certificate' } }, 'PEM'],
    [{ url: 'postgresql://host/db', tls: { key: 'key' } }, 'both cert and key'],
    [{ url: 'postgresql://host/db', unknown: true }, 'nrecognized'],
  ])('refuse %o', (given, message) => {
    const { error } = postgres.settings.safeParse(given);
    expect(error?.issues.map((issue) => issue.message).join()).toContain(message);
    expect(error?.message).not.toContain('secret');
  });

  it('take an address or its parts, and fill in the rest', () => {
    const rest = { pool: { max: 10 }, timeouts: { connect: 3_000, statement: 5_000 }, migrate: true };
    const url = 'postgresql://user:p%40ss@[::1]:5433/db';
    expect(postgres.settings.parse({ url })).toEqual({ url, ...rest });
    const parts = { host: '/run/postgresql', database: 'sallyport' };
    expect(postgres.settings.parse(parts)).toEqual({ ...parts, ...rest });
  });
});
