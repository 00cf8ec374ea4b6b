import { SallyportError } from '../core/errors.ts';
import type { DurableStore, StoredCredential } from '../core/store.ts';
import type { CredentialRow, Database } from './schema.ts';

/** Enrolled credentials, with the keys under which one is found before the account is known. */
export function createCredentials(db: Database): DurableStore['credentials'] {
  return {
    async ofAccount(account) {
      const rows = await db
        .selectFrom('credentials')
        .selectAll()
        .where('account', '=', account)
        .orderBy('created_at')
        .orderBy('id')
        .execute();
      return rows.map(fromRow);
    },
    async byLookup(factor, key) {
      const row = await db
        .selectFrom('credential_lookups as lookup')
        .innerJoin('credentials', 'credentials.id', 'lookup.credential')
        .selectAll('credentials')
        .where('lookup.factor', '=', factor)
        .where('lookup.key', '=', key)
        .executeTakeFirst();
      return row && fromRow(row);
    },
    async insert(credential, lookup = []) {
      await insert(db, credential, [...new Set(lookup)]);
    },
    async update(id, version, change) {
      const result = await db
        .updateTable('credentials')
        .set({
          version: version + 1,
          ...(change.sealed !== undefined && { sealed: change.sealed }),
          ...(change.name !== undefined && { name: change.name }),
          ...(change.lastUsedAt !== undefined && { last_used_at: change.lastUsedAt }),
        })
        .where('id', '=', id)
        .where('version', '=', version)
        .executeTakeFirst();
      return result.numUpdatedRows === 1n;
    },
    async remove(id, account) {
      const result = await db
        .deleteFrom('credentials')
        .where('id', '=', id)
        .where('account', '=', account)
        .executeTakeFirst();
      return result.numDeletedRows === 1n;
    },
  };
}

type NewCredential = Omit<StoredCredential, 'version'>;

/** All or nothing; ERR_VERSION_CONFLICT where the id or a lookup key is another credential's already. */
async function insert(db: Database, credential: NewCredential, lookup: readonly string[]): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const added = await trx
      .insertInto('credentials')
      .values({
        id: credential.id,
        account: credential.account,
        factor: credential.factor,
        name: credential.name,
        sealed: credential.sealed,
        created_at: credential.createdAt,
        last_used_at: credential.lastUsedAt ?? null,
        version: 1,
      })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .executeTakeFirst();
    if (added.numInsertedOrUpdatedRows !== 1n) throw taken(credential);
    if (lookup.length === 0) return;
    const keys = await trx
      .insertInto('credential_lookups')
      .values(lookup.map((key) => ({ factor: credential.factor, key, credential: credential.id })))
      .onConflict((conflict) => conflict.columns(['factor', 'key']).doNothing())
      .executeTakeFirst();
    if (keys.numInsertedOrUpdatedRows !== BigInt(lookup.length)) throw taken(credential);
  });
}

function taken(credential: NewCredential): SallyportError {
  return new SallyportError(
    'ERR_VERSION_CONFLICT',
    `the credential ${credential.id} of ${credential.factor}, or one of its lookup keys, is already enrolled`,
  );
}

function fromRow(row: CredentialRow): StoredCredential {
  return {
    id: row.id,
    account: row.account,
    factor: row.factor,
    name: row.name,
    sealed: row.sealed,
    createdAt: row.created_at,
    ...(row.last_used_at !== null && { lastUsedAt: row.last_used_at }),
    version: row.version,
  };
}
