import { PostgresDialect } from 'kysely';
import type { DurableModule } from '../../core/store.ts';
import { examine } from './examine.ts';
import { createPool, othersOn } from './pool.ts';
import { createReader } from './reading.ts';
import { isSameDatabase, type Settings, settings } from './settings.ts';

/** Durable data in a PostgreSQL database, for several nodes. */
const postgres: DurableModule<Settings> = {
  id: 'postgres',
  kind: 'durable',
  settings,
  examine,
  sameData: isSameDatabase,
  async open(given) {
    const { statement } = given.timeouts;
    const pool = createPool(given, { max: given.pool.max, statement, onSpent: () => reader.leave() });
    const patient = createPool(given, { max: 1, statement: 0 });
    const reader = createReader(createPool(given, { max: 1, statement, pipeline: true }), pool);
    return {
      dialect: new PostgresDialect({ pool }),
      ask: reader.ask,
      patient: new PostgresDialect({ pool: patient }),
      others: () => othersOn(patient),
      migrates: given.migrate,
      close: async () => void (await Promise.all([reader.end(), pool.end(), patient.end()])),
    };
  },
};

export default postgres;
