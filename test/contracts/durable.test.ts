import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { DurableStore } from '../../src/core/store.ts';
import { createDurableStore } from '../../src/durable/index.ts';
import { temporaryFolder } from '../support/folders.ts';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';
import { storeModules } from '../support/stores.ts';
import { durableRaces, durableTexts } from './durable-races.ts';
import { type DurableSubject, durableSuite } from './durable-suite.ts';

/** Settings of each plug-in over an empty database. */
const SETTINGS: Record<string, () => unknown> = {
  sqlite: () => ({ file: join(temporaryFolder(), 'durable.db') }),
  // A hundred wait for each other, on a busy machine.
  postgres: async () => ({ url: await server.database(), timeouts: { connect: '30s', statement: '30s' } }),
};

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

const { durable } = await storeModules();

it('is set up here for every durable store there is', () => {
  expect(durable.map((module) => module.id).sort()).toEqual(Object.keys(SETTINGS).sort());
});

describe.each(durable.map((module) => ({ id: module.id, module })))('durable store $id', ({ id, module }) => {
  const settingsOf = new WeakMap<DurableStore, unknown>();
  async function openWith(settings: unknown): Promise<DurableStore> {
    const store = await createDurableStore(await module.open(settings));
    settingsOf.set(store, settings);
    onTestFinished(() => store.close());
    return store;
  }
  const subject: DurableSubject = {
    open: async () => openWith(module.settings.parse(await SETTINGS[id]?.())),
    async reopen(store) {
      await store.close();
      return openWith(settingsOf.get(store));
    },
  };
  durableSuite(subject);
  durableRaces(subject);
  durableTexts(subject);
});
