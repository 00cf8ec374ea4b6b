import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import type { DurableStore } from '../../src/core/store.ts';
import { createDurableStore } from '../../src/durable/index.ts';
import postgres from '../../src/stores/postgres/index.ts';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';
import { countTrips, statements } from '../support/trips.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

async function open(): Promise<{ store: DurableStore; url: string }> {
  const url = await server.database();
  const store = await createDurableStore(await postgres.open(postgres.settings.parse({ url })));
  onTestFinished(() => store.close());
  await store.state('s').set('k', 'v', 0);
  await store.records('r').insert({ id: 'i', data: 'd' });
  // The first read has the connection made that the others go over.
  await vi.waitFor(async () => {
    await store.state('s').get('k');
    expect(await kept(url)).toBeGreaterThan(0);
  });
  return { store, url };
}

/** How many connections hold statements that they have planned: such a one names them as it binds. */
async function kept(url: string): Promise<number> {
  const query = `select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
    and application_name like 'sallyport %' and query like 'select "value"%'`;
  return (await server.run(query, url)).length;
}

const everything = (store: DurableStore) =>
  Promise.all([
    store.state('s').get('k'),
    store.records('r').get('i'),
    store.accounts.byId('a'),
    store.credentials.ofAccount('a'),
    store.failures.ofSubject('a'),
  ]);

it('reads that are asked in one turn go out in one write, and each has its own answer', async () => {
  const { store } = await open();
  await everything(store);
  const counter = countTrips(server.port, statements);
  onTestFinished(() => counter.stop());
  expect(await everything(store)).toEqual([
    { value: 'v', version: 1 },
    { id: 'i', data: 'd', version: 1 },
    undefined,
    [],
    [],
  ]);
  expect(counter.taken().map((trip) => trip.length)).toEqual([5]);
});

it('a table that a newer program has changed meanwhile is read as before', async () => {
  const { store, url } = await open();
  await everything(store);
  await server.run('alter table records add column newer text', url);
  const many = Array.from({ length: 20 }, () => store.records('r').get('i'));
  for (const found of await Promise.all(many)) expect(found).toMatchObject({ data: 'd' });
  expect(await store.records('r').get('i')).toEqual({ id: 'i', data: 'd', version: 1 });
});

it('a statement that a pooler has thrown away is asked all the same', async () => {
  const { store, url } = await open();
  await everything(store);
  const ends = `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()
    and pid <> pg_backend_pid()`;
  await server.run(ends, url);
  await vi.waitFor(async () => expect(await store.records('r').get('i')).toMatchObject({ data: 'd' }));
});

it('a read that waits for a lock holds up no other for longer than a moment', async () => {
  const { store, url } = await open();
  await everything(store);
  const holding = server.run('begin; lock table state in access exclusive mode; select pg_sleep(60)', url);
  holding.catch(() => undefined);
  const waiting = () => server.run(`select pid from pg_locks where not granted`);
  await vi.waitFor(async () =>
    expect(await server.run(`select pid from pg_locks where mode = 'AccessExclusiveLock' and granted`)).not.toEqual([]),
  );
  const locked = store.state('s').get('k');
  const settled = vi.fn();
  locked.then(settled, settled);
  await vi.waitFor(async () => expect(await waiting()).toHaveLength(1));
  // Those behind it in the line may wait with it; once it is late, others have another way.
  await vi.waitFor(() => store.records('r').get('i'), { timeout: 1_000, interval: 20 });
  expect(settled).not.toHaveBeenCalled();
  await server.run(
    `select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(60)%' and pid <> pg_backend_pid()`,
  );
  expect(await locked).toMatchObject({ value: 'v' });
});
