import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { DurableStore } from '../../src/core/store.ts';
import { createDurableStore } from '../../src/durable/index.ts';
import sqlite from '../../src/stores/sqlite/index.ts';
import { temporaryFolder } from './folders.ts';

/** A durable store of the running test's own, closed when it ends; the file, to look behind its back. */
export async function openDurable(
  file = join(temporaryFolder(), 'durable.db'),
): Promise<{ durable: DurableStore; file: string }> {
  const durable = await createDurableStore(await sqlite.open(sqlite.settings.parse({ file })));
  onTestFinished(() => durable.close());
  return { durable, file };
}
