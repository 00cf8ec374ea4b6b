/**
 * What lasts: tables and queries of the durable store, the same over every dialect. It needs a connection, which a
 * store's plug-in opens; it gives the contract `DurableStore`.
 */
import { type Dialect, Kysely } from 'kysely';
import type { DurableConnection } from '../core/durable-connection.ts';
import { SallyportError } from '../core/errors.ts';
import type { DurableStore } from '../core/store.ts';
import { createAccounts } from './accounts.ts';
import { createAudit } from './audit.ts';
import { createConsents } from './consents.ts';
import { copyTables, type Held } from './copy.ts';
import { createCounts } from './counts.ts';
import { createCredentials } from './credentials.ts';
import { createFailures } from './failures.ts';
import { createKeys } from './keys.ts';
import { migrate, prepare, stateOf } from './migrations.ts';
import { createRecords } from './records.ts';
import type { Database, Tables } from './schema.ts';
import { createSealed } from './sealed.ts';
import { createState } from './state.ts';
import { readClock } from './time.ts';
import { checkServed, newestVersion, type SchemaState, type Standing, standingOf } from './versions.ts';

export { VERSION } from './versions.ts';

/**
 * The durable store over a database that a plug-in opened. Brings the tables up to date first;
 * ERR_STORE_UNAVAILABLE if that fails, and the connection is closed again. Kysely itself is never closed:
 * it would throw an error of its own where the plug-in's says what to do.
 */
export async function createDurableStore(connection: DurableConnection): Promise<DurableStore> {
  const db = kyselyOf(connection);
  try {
    await prepare(patientOf(connection), connection.migrates ?? true);
  } catch (error) {
    await connection.close();
    throw error;
  }
  return storeOver(connection, db);
}

/** The same over tables as they are, for whoever reads: nothing is brought up to date. */
export const readingStore = (connection: DurableConnection): DurableStore =>
  storeOver(connection, kyselyOf(connection));

function storeOver(connection: DurableConnection, db: Database): DurableStore {
  const reads = { db, ask: connection.ask };
  return {
    accounts: createAccounts(reads),
    credentials: createCredentials(reads),
    failures: createFailures(reads),
    consents: createConsents(db),
    audit: createAudit(db),
    keys: createKeys(db),
    counts: createCounts(db),
    state: (namespace) => createState(reads, namespace),
    records: (namespace) => createRecords(reads, namespace),
    sealed: createSealed(db),
    now: () => readClock(db),
    async ping() {
      checkServed(await newestVersion(db));
      await connection.probe?.();
    },
    close: () => connection.close(),
  };
}

const kyselyOf = ({ dialect }: DurableConnection): Database => new Kysely<Tables>({ dialect: dialect as Dialect });

/** For what takes as long as it takes. */
const patientOf = ({ dialect, patient = dialect }: DurableConnection): Database =>
  new Kysely<Tables>({ dialect: patient as Dialect });

/** How the tables of a database stand to this program; changes nothing. */
export async function schemaState(connection: DurableConnection): Promise<SchemaState & { standing: Standing }> {
  const state = await stateOf(patientOf(connection));
  return { ...state, standing: standingOf(state) };
}

/** Brings the tables up to date, whatever a node does at its start; answers by which changes. */
export async function migrateTables(connection: DurableConnection): Promise<string[]> {
  const { standing, recorded, unknown } = await schemaState(connection);
  if (standing === 'refused') checkServed(recorded, unknown);
  return standing === 'behind' ? migrate(patientOf(connection)) : [];
}

/**
 * Copies all that one store holds into another, which must be empty; answers what each table holds. All or nothing,
 * verified by counts and hashes. The tables of both must be as this program wants them: the target's are brought there.
 */
export async function copyStore(from: DurableConnection, to: DurableConnection): Promise<Held[]> {
  await migrateTables(to);
  for (const [name, connection] of [['source', from] as const, ['target', to] as const]) {
    const { standing } = await schemaState(connection);
    if (standing === 'current') continue;
    const message = `the tables of the ${name} are ${standing === 'behind' ? 'behind: run sallyport db migrate for it' : 'of a newer program'}`;
    throw new SallyportError('ERR_INPUT', message);
  }
  return copyTables(patientOf(from), patientOf(to));
}
