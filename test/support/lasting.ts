import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Lasting } from '../../src/core/store.ts';
import { createDurableStore } from '../../src/durable/index.ts';
import sqlite from '../../src/stores/sqlite/index.ts';

/** A part of a durable store, as an ephemeral one is given it; it can be taken away. */
export interface LastingStore {
  lasting: Lasting;
  /** From then on every call fails. */
  leave(): void;
  close(): Promise<void>;
}

export async function lastingStore(): Promise<LastingStore> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-lasting-'));
  const durable = await createDurableStore(
    await sqlite.open(sqlite.settings.parse({ file: join(folder, 'sallyport.db') })),
  );
  const there = { state: durable.state('ephemeral'), records: durable.records('ephemeral') };
  let gone = false;
  const failing = <T extends object>(part: T): T =>
    new Proxy(part, {
      get(target, name, receiver) {
        if (gone) return () => Promise.reject(new Error('the durable store is away'));
        return Reflect.get(target, name, receiver);
      },
    });
  return {
    lasting: { state: failing(there.state), records: failing(there.records) },
    leave: () => {
      gone = true;
    },
    async close() {
      await durable.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
