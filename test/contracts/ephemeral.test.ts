import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { temporaryFolder } from '../support/folders.ts';
import { storeModules } from '../support/stores.ts';
import { ephemeralSuite } from './ephemeral-suite.ts';

/** How each plug-in is set up for a test, and how its time is moved on. */
interface SetUp {
  settings(): unknown;
  /** The store's clock is the one that is handed in; otherwise its own. */
  ownClock: boolean;
}

const SET_UPS: Record<string, SetUp> = {
  embedded: { settings: () => ({ file: join(temporaryFolder(), 'ephemeral.db') }), ownClock: false },
  redis: { settings: () => ({ url: inject('redisUrl'), prefix: `test:${randomUUID()}:` }), ownClock: true },
};

const { ephemeral } = await storeModules();

it('is set up here for every ephemeral store there is', () => {
  expect(ephemeral.map((module) => module.id).sort()).toEqual(Object.keys(SET_UPS).sort());
});

describe.each(ephemeral.map((module) => ({ id: module.id, module })))('ephemeral store $id', ({ id, module }) => {
  const setUp = SET_UPS[id];
  let moved = 0;
  ephemeralSuite({
    async open() {
      const store = await module.open(module.settings.parse(setUp?.settings()), { now: () => Date.now() + moved });
      onTestFinished(() => store.close());
      return store;
    },
    async after(ms, assertion) {
      if (setUp?.ownClock) return vi.waitFor(assertion, { timeout: ms + 5_000, interval: 10 });
      moved += ms;
      return assertion();
    },
  });
});
