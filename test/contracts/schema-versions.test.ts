import { join } from 'node:path';
import { type Dialect, Kysely, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { DurableConnection } from '../../src/core/durable-connection.ts';
import type { DurableStore } from '../../src/core/store.ts';
import { createDurableStore } from '../../src/durable/index.ts';
import { standingOf, VERSION } from '../../src/durable/versions.ts';
import postgres from '../../src/stores/postgres/index.ts';
import { configFile, sallyport } from '../support/commands.ts';
import { temporaryFolder } from '../support/folders.ts';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';
import { storeModules } from '../support/stores.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

/** Settings of each plug-in over an empty database. */
const SETTINGS: Record<string, (folder: string) => Promise<object>> = {
  sqlite: async (folder) => ({ file: join(folder, 'durable.db') }),
  postgres: async () => ({ url: await server.database() }),
};

const { durable } = await storeModules();

it('knows tables that are as they should be, behind, one ahead and too far ahead', () => {
  const state = { recorded: { version: 3, serves: 2 }, applied: ['1'], pending: [], unknown: [] };
  expect(standingOf(state, 3)).toBe('current');
  expect(standingOf({ ...state, recorded: undefined, pending: ['1'] }, 3)).toBe('behind');
  const ahead = { ...state, unknown: ['2'] };
  expect(standingOf(ahead, 2)).toBe('ahead');
  expect(standingOf(ahead, 1)).toBe('refused');
  expect(standingOf({ ...ahead, recorded: { version: 3, serves: 1 } }, 1)).toBe('refused');
  expect(standingOf({ ...ahead, recorded: { version: 3, serves: 3 } }, 2)).toBe('refused');
  // A change of the own version that this program doesn't have: nothing says what it did.
  expect(standingOf(ahead, 3)).toBe('refused');
  expect(standingOf({ ...ahead, pending: ['1'] }, 2)).toBe('refused');
});

describe.each(durable.map((module) => ({ id: module.id, module })))(
  'versions of the tables in $id',
  ({ id, module }) => {
    const fresh = async () => module.settings.parse(await SETTINGS[id]?.(temporaryFolder()));
    async function connect(settings: unknown): Promise<DurableConnection> {
      const connection = await module.open(settings);
      onTestFinished(() => connection.close());
      return connection;
    }
    const open = async (settings: unknown): Promise<DurableStore> => createDurableStore(await connect(settings));
    /** Runs statements behind the store's back. */
    async function behind(settings: unknown, ...statements: string[]): Promise<Record<string, unknown>[]> {
      const connection = await module.open(settings);
      const db = new Kysely<unknown>({ dialect: connection.dialect as Dialect });
      let rows: Record<string, unknown>[] = [];
      for (const text of statements) ({ rows } = await sql<Record<string, unknown>>`${sql.raw(text)}`.execute(db));
      await connection.close();
      return rows;
    }
    const newer = (version: number, serves = version - 1) => [
      `insert into kysely_migration values ('9999-later', '2099-01-01T00:00:00.000Z')`,
      `insert into schema_versions values (${version}, ${serves})`,
      'alter table records add column later text',
    ];

    it('are those of this program after the first start', async () => {
      const settings = await fresh();
      const store = await open(settings);
      await store.ping();
      await store.close();
      const rows = await behind(settings, 'select version, serves from schema_versions order by version desc');
      expect(rows[0]).toEqual({ version: VERSION, serves: VERSION - 1 });
    });

    it('may be one ahead: the version before goes on, with what the next one added', async () => {
      const settings = await fresh();
      const before = await open(settings);
      await before.records('r').insert({ id: 'a', data: '1' });
      if (id === 'sqlite') await before.close();
      await behind(settings, ...newer(VERSION + 1));
      const store = await open(settings);
      await store.ping();
      expect(await store.records('r').update('a', 1, '2')).toBe(true);
      expect(await store.records('r').get('a')).toEqual({ id: 'a', data: '2', version: 2 });
    });

    it.each([
      ['two ahead', newer(VERSION + 2, VERSION)],
      ['one ahead and no longer for this one', newer(VERSION + 1, VERSION + 1)],
      ['changed by who knows what', newer(VERSION + 1).slice(0, 1)],
    ])('are refused and left alone: %s', async (_, statements) => {
      const settings = await fresh();
      await (await open(settings)).close();
      await behind(settings, ...statements);
      await expect(open(settings)).rejects.toMatchObject({
        code: 'ERR_STORE_UNAVAILABLE',
        message: expect.stringMatching(/a newer program .*9999-later.*Start the newer program/),
      });
      expect(await behind(settings, `select name from kysely_migration where name >= '9'`)).toHaveLength(1);
    });

    it('keep a node from being ready that they have left behind while it runs', async () => {
      const settings = await fresh();
      const store = await open(settings);
      await behind(settings, ...newer(VERSION + 1));
      await store.ping();
      await behind(settings, `insert into schema_versions values (${VERSION + 2}, ${VERSION + 1})`);
      await expect(store.ping()).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
    });

    it('come from before they had one', async () => {
      const settings = await fresh();
      await (await open(settings)).close();
      await behind(settings, 'drop table schema_versions', `delete from kysely_migration where name >= '0008'`);
      await (await open(settings)).ping();
    });

    it('aren’t touched by a node that is not to, and are by the command', async () => {
      const folder = temporaryFolder();
      const settings = (await SETTINGS[id]?.(folder)) ?? {};
      const manual = id === 'sqlite' ? settings : { ...settings, migrate: false };
      const config = configFile(folder, { type: id, ...manual });
      const told = await sallyport(config, ['db', 'status']);
      expect(told).toMatchObject({ exitCode: 1, err: '' });
      expect(told.out).toContain('tables: version none, behind: run sallyport db migrate');
      expect(told.out).toContain('to be made: 0001-first');
      if (id !== 'sqlite') {
        const message = expect.stringMatching(/0001-first.*run sallyport db migrate/);
        await expect(open(module.settings.parse(manual))).rejects.toMatchObject({
          code: 'ERR_STORE_UNAVAILABLE',
          message,
        });
        expect((await sallyport(config, ['user', 'list'])).err).toContain('run sallyport db migrate');
      }
      expect(await sallyport(config, ['db', 'migrate'])).toMatchObject({
        exitCode: 0,
        out: expect.stringMatching(/^made: 0001-first\n(made: .*\n)+$/),
      });
      expect(await sallyport(config, ['db', 'migrate'])).toMatchObject({ exitCode: 0, out: 'nothing to be done\n' });
      expect(await sallyport(config, ['db', 'status'])).toMatchObject({
        exitCode: 0,
        out: expect.stringContaining(`tables: version ${VERSION}, as this program wants them`),
      });
      await (await open(module.settings.parse(manual))).ping();
      await behind(module.settings.parse(manual), ...newer(VERSION + 2));
      expect(await sallyport(config, ['db', 'status'])).toMatchObject({
        exitCode: 1,
        out: expect.stringContaining('unknown here: 9999-later'),
      });
      expect(await sallyport(config, ['db', 'migrate'])).toMatchObject({
        exitCode: 2,
        err: expect.stringContaining('a newer program'),
      });
    });
  },
);

describe('versions of the tables, with several nodes', () => {
  async function start(url: string, more: object = {}): Promise<DurableStore> {
    const store = await createDurableStore(await postgres.open(postgres.settings.parse({ url, ...more })));
    onTestFinished(() => store.close());
    return store;
  }

  it('are made once where many start at the same moment', async () => {
    const url = await server.database();
    const stores = await Promise.all(Array.from({ length: 12 }, () => start(url)));
    await Promise.all(stores.map((store) => store.ping()));
    const made = await server.run('select name from kysely_migration', url);
    expect(made.length).toBeGreaterThan(7);
    expect(new Set(made.map(({ name }) => name)).size).toBe(made.length);
  });

  it('are waited for while another makes them, beyond the time for one statement', async () => {
    const url = await server.database();
    const holding = server.run('select pg_advisory_lock(3853314791062309107); select pg_sleep(3)', url);
    const store = await start(url, { timeouts: { statement: '500ms' } });
    await holding;
    await store.ping();
  });
});
