import type { Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { SallyportError } from '../core/errors.ts';
import { schemaOf } from './columns.ts';
import { addPeoplesKeys } from './record-keys.ts';
import type { Database } from './schema.ts';
import { addSearch } from './search.ts';
import {
  addCounts,
  addDayCounts,
  addEvents,
  addFailures,
  addGeneration,
  addProfile,
  addSeen,
  addStanding,
  addSuspension,
  createAccess,
  createHistory,
  createPeople,
} from './tables.ts';
import { addVersions, announce, checkServed, readState, type SchemaState, standingOf } from './versions.ts';

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
  '0008-versions': { up: addVersions },
  '0009-counts': { up: addCounts },
  '0010-generations': { up: addGeneration },
  '0011-standing': { up: addStanding },
  '0012-second-version': { up: (db) => announce(db, { version: 2, serves: 1 }) },
  '0013-seen': { up: addSeen },
  '0014-day-counts': { up: addDayCounts },
};

/** How the tables stand to this program; changes nothing. */
export const stateOf = (db: Database): Promise<SchemaState> => readState(db, Object.keys(MIGRATIONS));

/**
 * Makes sure that this program can use the tables: brings them up to date, or, where it isn't to, says that they are
 * behind. Throws ERR_STORE_UNAVAILABLE if that fails, or if a newer program has changed them too far.
 */
export async function prepare(db: Database, migrates: boolean): Promise<void> {
  const state = await stateOf(db);
  const standing = standingOf(state);
  if (standing === 'refused') checkServed(state.recorded, state.unknown);
  if (standing !== 'behind') return;
  if (migrates) return void (await migrate(db));
  const message = `the durable store's tables are behind this program (${state.pending.join(', ')}): run sallyport db migrate`;
  throw new SallyportError('ERR_STORE_UNAVAILABLE', message);
}

/**
 * Brings the tables up to date, and answers by which changes. Of several nodes at once one does, under a lock of the
 * database; the others wait for it. Throws ERR_STORE_UNAVAILABLE if that fails.
 */
export async function migrate(db: Database): Promise<string[]> {
  const schema = await schemaOf(db);
  const migrator = new Migrator({
    ...{ db, provider: { getMigrations: async () => MIGRATIONS } },
    ...(schema !== undefined && { migrationTableSchema: schema }),
  });
  const { error, results = [] } = await migrator.migrateToLatest();
  if (error === undefined) return results.map(({ migrationName }) => migrationName);
  // A newer node may have come first.
  const state = await stateOf(db);
  if (['current', 'ahead'].includes(standingOf(state))) return [];
  if (error instanceof SallyportError) throw error;
  const reason = error instanceof Error ? error.message : String(error);
  throw new SallyportError('ERR_STORE_UNAVAILABLE', `can't bring the durable store's tables up to date: ${reason}`, {
    cause: error,
  });
}
