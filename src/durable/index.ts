import { type Dialect, Kysely } from 'kysely';
import type { DurableConnection, DurableStore } from '../core/store.ts';
import { createAccounts } from './accounts.ts';
import { createAudit } from './audit.ts';
import { createConsents } from './consents.ts';
import { createCredentials } from './credentials.ts';
import { createFailures } from './failures.ts';
import { createKeys } from './keys.ts';
import { migrate } from './migrations.ts';
import { createRecords } from './records.ts';
import type { Database, Tables } from './schema.ts';
import { createSealed } from './sealed.ts';
import { createState } from './state.ts';

/**
 * The durable store over a database that a plug-in opened. Brings the tables up to date first;
 * ERR_STORE_UNAVAILABLE if that fails, and the connection is closed again. Kysely itself is never closed:
 * it would throw an error of its own where the plug-in's says what to do.
 */
export async function createDurableStore(connection: DurableConnection): Promise<DurableStore> {
  const db: Database = new Kysely<Tables>({ dialect: connection.dialect as Dialect });
  try {
    await migrate(connection.patient ? new Kysely<Tables>({ dialect: connection.patient as Dialect }) : db);
  } catch (error) {
    await connection.close();
    throw error;
  }
  return {
    accounts: createAccounts(db),
    credentials: createCredentials(db),
    failures: createFailures(db),
    consents: createConsents(db),
    audit: createAudit(db),
    keys: createKeys(db),
    state: (namespace) => createState(db, namespace),
    records: (namespace) => createRecords(db, namespace),
    sealed: createSealed(db),
    async ping() {
      await db.selectFrom('state').select('version').limit(1).execute();
    },
    close: () => connection.close(),
  };
}
