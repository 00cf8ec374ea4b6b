import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import type { DurableModule } from '../../core/store.ts';
import { openDatabase, openReader, probe } from './database.ts';
import { closeDatabase, createDialect, createReader } from './dialect.ts';
import { createFlushing } from './flushing.ts';

const settings = z.strictObject({
  file: z.string().min(1).describe('Path of the database file; created, with its folder, if absent.'),
});

/** Durable data in one SQLite file, owned by one server process. */
const sqlite: DurableModule<z.output<typeof settings>> = {
  id: 'sqlite',
  kind: 'durable',
  settings,
  async open({ file }) {
    const db = openDatabase(file);
    const reading = beside(db, () => openReader(file));
    const flushing = createFlushing(file);
    return {
      dialect: createDialect(db, file, flushing),
      ask: createReader(reading, file, flushing),
      probe: async () => {
        probe(db, file);
        await flushing.flushed();
      },
      async close() {
        closeDatabase(reading);
        closeDatabase(db);
        await flushing.close();
      },
    };
  },
};

/** Where the second can't be opened, the first isn't left open. */
function beside<T>(db: DatabaseSync, open: () => T): T {
  try {
    return open();
  } catch (error) {
    closeDatabase(db);
    throw error;
  }
}

export default sqlite;
