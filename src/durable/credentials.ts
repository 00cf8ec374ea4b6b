import type { Kysely, Transaction } from 'kysely';
import { SallyportError } from '../core/errors.ts';
import type { Beside, DurableStore, StoredCredential } from '../core/store.ts';
import { prepared, type Reads } from './prepared.ts';
import { insertRecord } from './records.ts';
import type { CredentialRow, Database, Tables } from './schema.ts';
import { transaction } from './transactions.ts';

/** Enrolled credentials, with the keys under which one is found before the account is known. */
export function createCredentials({ db, ask }: Reads): DurableStore['credentials'] {
  const ofAccount = prepared({ db, ask }, (account) =>
    db.selectFrom('credentials').selectAll().where('account', '=', account).orderBy('created_at').orderBy('id'),
  );
  return {
    async ofAccount(account) {
      return (await ofAccount(account)).map(fromRow);
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
    async ofAccounts(accounts) {
      // PostgreSQL refuses an empty IN ().
      if (accounts.length === 0) return [];
      const rows = await db
        .selectFrom('credentials')
        .select(['account', 'factor', 'created_at', 'last_used_at'])
        .where('account', 'in', accounts)
        .execute();
      return rows.map(({ account, factor, created_at, last_used_at }) => ({
        ...{ account, factor, createdAt: created_at },
        ...(last_used_at !== null && { lastUsedAt: last_used_at }),
      }));
    },
    insert(credential, lookup = [], most = Number.POSITIVE_INFINITY) {
      return insert(db, credential, [...new Set(lookup)], most);
    },
    replace(credential, lookup = []) {
      return replace(db, credential, [...new Set(lookup)]);
    },
    update: (id, version, change, beside) =>
      withRecord(db, beside, async (trx) => {
        const result = await trx
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
      }),
    suspend: (id, account, at, beside) =>
      withRecord(db, beside, async (trx) => {
        const result = await trx
          .updateTable('credentials')
          .set((eb) => ({ suspended_at: at ?? null, version: eb('version', '+', 1) }))
          .where('id', '=', id)
          .where('account', '=', account)
          .where('suspended_at', at === undefined ? 'is not' : 'is', null)
          .executeTakeFirst();
        return result.numUpdatedRows === 1n;
      }),
    async remove(id, account) {
      return transaction(db, async (trx) => {
        const result = await trx
          .deleteFrom('credentials')
          .where('id', '=', id)
          .where('account', '=', account)
          .executeTakeFirst();
        if (result.numDeletedRows !== 1n) return false;
        await forget(trx, account, [id]);
        return true;
      });
    },
  };
}

/** A change, and where it is made the record beside it: all or nothing. */
function withRecord(
  db: Database,
  beside: Beside | undefined,
  change: (trx: Kysely<Tables>) => Promise<boolean>,
): Promise<boolean> {
  if (beside === undefined) return change(db);
  return transaction(db, async (trx) => {
    if (!(await change(trx))) return false;
    await insertRecord(trx, beside.namespace, beside.record);
    return true;
  });
}

type NewCredential = Omit<StoredCredential, 'version'>;

/** All or nothing. */
function insert(db: Database, credential: NewCredential, lookup: readonly string[], most: number): Promise<boolean> {
  return transaction(db, async (trx) => {
    if (Number.isFinite(most) && (await countAlone(trx, credential)) >= most) return false;
    await write(trx, credential, lookup);
    return true;
  });
}

/** In the place of what the account has of this factor; answers ids of those. */
function replace(db: Database, credential: NewCredential, lookup: readonly string[]): Promise<string[]> {
  return transaction(db, async (trx) => {
    await lockAccount(trx, credential.account);
    const before = await trx
      .deleteFrom('credentials')
      .where('account', '=', credential.account)
      .where('factor', '=', credential.factor)
      .returning('id')
      .execute();
    const ids = before.map(({ id }) => id);
    await forget(trx, credential.account, ids);
    await write(trx, credential, lookup);
    return ids;
  });
}

/** @throws SallyportError ERR_VERSION_CONFLICT, and the transaction ends */
async function write(trx: Transaction<Tables>, credential: NewCredential, lookup: readonly string[]): Promise<void> {
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
}

/** Failures of what isn't there any more are nobody's. */
async function forget(trx: Transaction<Tables>, account: string, ids: readonly string[]): Promise<void> {
  // PostgreSQL refuses an empty IN ().
  if (ids.length === 0) return;
  await trx.deleteFrom('failures').where('subject', '=', account).where('about', 'in', ids).execute();
}

/** How many the account has of this factor; until the transaction ends, no other one counts or adds any. */
async function countAlone(trx: Transaction<Tables>, { account, factor }: NewCredential): Promise<number> {
  await lockAccount(trx, account);
  const { count } = await trx
    .selectFrom('credentials')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('account', '=', account)
    .where('factor', '=', factor)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Changes nothing, but locks the account's row: without it one sees no insert that isn't committed yet. */
async function lockAccount(trx: Transaction<Tables>, account: string): Promise<void> {
  await trx
    .updateTable('accounts')
    .set(({ ref }) => ({ version: ref('version') }))
    .where('id', '=', account)
    .execute();
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
    ...(row.suspended_at !== null && { suspendedAt: row.suspended_at }),
    version: row.version,
  };
}
