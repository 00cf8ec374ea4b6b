import { z } from 'zod';
import type { DurableModule } from '../../core/store.ts';
import { openDatabase, probe } from './database.ts';
import { closeDatabase, createDialect } from './dialect.ts';

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
    return {
      dialect: createDialect(db, file),
      probe: async () => probe(db, file),
      close: async () => closeDatabase(db),
    };
  },
};

export default sqlite;
