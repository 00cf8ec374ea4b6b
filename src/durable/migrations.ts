import type { Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { SallyportError } from '../core/errors.ts';
import { schemaOf } from './columns.ts';
import { addPeoplesKeys } from './record-keys.ts';
import type { Database } from './schema.ts';
import { addSearch } from './search.ts';
import {
  addEvents,
  addFailures,
  addProfile,
  addSuspension,
  createAccess,
  createHistory,
  createPeople,
} from './tables.ts';

/** In order of name; one that was released is never changed, only followed by another. */
const MIGRATIONS: Record<string, Migration> = {
  '0001-first': {
    async up(db: Kysely<unknown>) {
      await createPeople(db);
      await createAccess(db);
      await createHistory(db);
    },
  },
  '0002-search': { up: addSearch },
  '0003-audit-events': { up: addEvents },
  '0004-suspended-methods': { up: addSuspension },
  '0005-failures': { up: addFailures },
  '0006-record-keys': { up: addPeoplesKeys },
  '0007-profiles': { up: addProfile },
};

/**
 * Brings the tables up to date. Throws ERR_STORE_UNAVAILABLE if that fails, as it does where a
 * newer version of the program has already changed them.
 */
export async function migrate(db: Database): Promise<void> {
  const schema = await schemaOf(db);
  const migrator = new Migrator({
    ...{ db, provider: { getMigrations: async () => MIGRATIONS } },
    ...(schema !== undefined && { migrationTableSchema: schema }),
  });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  if (error instanceof SallyportError) throw error;
  const reason = error instanceof Error ? error.message : String(error);
  throw new SallyportError('ERR_STORE_UNAVAILABLE', `can't bring the durable store's tables up to date: ${reason}`, {
    cause: error,
  });
}
