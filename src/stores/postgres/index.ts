import { PostgresDialect } from 'kysely';
import type { DurableModule } from '../../core/store.ts';
import { examine } from './examine.ts';
import { createPool, othersOn } from './pool.ts';
import { isSameDatabase, type Settings, settings } from './settings.ts';

/** Durable data in a PostgreSQL database, for several nodes. */
const postgres: DurableModule<Settings> = {
  id: 'postgres',
  kind: 'durable',
  settings,
  examine,
  sameData: isSameDatabase,
  async open(given) {
    const pool = createPool(given, { max: given.pool.max, statement: given.timeouts.statement });
    const patient = createPool(given, { max: 1, statement: 0 });
    return {
      dialect: new PostgresDialect({ pool }),
      patient: new PostgresDialect({ pool: patient }),
      others: () => othersOn(patient),
      migrates: given.migrate,
      close: async () => void (await Promise.all([pool.end(), patient.end()])),
    };
  },
};

export default postgres;
