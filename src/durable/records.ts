import type { Kysely } from 'kysely';
import type { Alone, DataRecord, FoundBy, NewRecord, RecordStore } from '../core/store.ts';
import { prepared, type Reads } from './prepared.ts';
import type { Database, RecordRow, Tables } from './schema.ts';
import { transaction } from './transactions.ts';

/** Documents of one plug-in, kept apart from the others' by namespace. */
export function createRecords({ db, ask }: Reads, namespace: string): RecordStore {
  const all = () => db.selectFrom('records').selectAll().where('namespace', '=', namespace);
  const withId = prepared({ db, ask }, (id) => all().where('id', '=', id));
  const withLookup = prepared({ db, ask }, (lookup) => all().where('lookup', '=', lookup));
  return {
    async get(id) {
      const [row] = await withId(id);
      return row && fromRow(row);
    },
    async byLookup(lookup) {
      const [row] = await withLookup(lookup);
      return row && fromRow(row);
    },
    async byKey(key, limit) {
      const rows = await db
        .selectFrom('record_keys as named')
        .innerJoin('records', (join) =>
          join.onRef('records.id', '=', 'named.id').onRef('records.namespace', '=', 'named.namespace'),
        )
        .selectAll('records')
        .where('named.namespace', '=', namespace)
        .where('named.key', '=', key)
        .orderBy('records.id')
        .limit(limit)
        .execute();
      return rows.map(fromRow);
    },
    insert: (record) =>
      together(db, (record.keys ?? []).length > 0 || isAny(record.alone), (trx) =>
        insertRecord(trx, namespace, record),
      ),
    async update(id, version, data, found = {}) {
      const { lookup } = found;
      const isOthers = async () =>
        lookup !== undefined &&
        (await all().where('lookup', '=', lookup).where('id', '<>', id).executeTakeFirst()) !== undefined;
      if (await isOthers()) return false;
      return change(db, namespace, { id, version, data, ...found }).catch(async (error: unknown) => {
        // Somebody else got it meanwhile: the table holds one of each.
        if (await isOthers()) return false;
        throw error;
      });
    },
    remove: (id, version) =>
      // In one, or keys of another record that has come to this id meanwhile would go.
      transaction(db, async (trx) => {
        let query = trx.deleteFrom('records').where('namespace', '=', namespace).where('id', '=', id);
        if (version !== undefined) query = query.where('version', '=', version);
        const result = await query.executeTakeFirst();
        if (result.numDeletedRows !== 1n) return false;
        await trx.deleteFrom('record_keys').where('namespace', '=', namespace).where('id', '=', id).execute();
        return true;
      }),
    async list({ after, limit }) {
      let query = all().orderBy('id').limit(limit);
      if (after !== undefined) query = query.where('id', '>', after);
      return (await query.execute()).map(fromRow);
    },
  };
}

/** False if id or lookup is taken, or one of `alone` is another's. In a transaction where there are keys. */
export async function insertRecord(
  trx: Kysely<Tables>,
  namespace: string,
  { id, lookup, data, keys = [], alone }: NewRecord,
): Promise<boolean> {
  if (!(await isAlone(trx, namespace, id, alone))) return false;
  const result = await trx
    .insertInto('records')
    .values({ namespace, id, lookup: lookup ?? null, data, version: 1 })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (result.numInsertedOrUpdatedRows !== 1n) return false;
  await name(trx, namespace, id, keys);
  return true;
}

interface Changed extends FoundBy {
  id: string;
  version: number;
  data: string;
}

/** Compare-and-set. Throws where the lookup is another's. */
function change(db: Database, namespace: string, changed: Changed): Promise<boolean> {
  const { id, version, data, keys, lookup, alone } = changed;
  return together(db, keys !== undefined || isAny(alone), async (trx) => {
    if (!(await isAlone(trx, namespace, id, alone))) return false;
    const result = await trx
      .updateTable('records')
      .set({ data, version: version + 1, ...(lookup !== undefined && { lookup }) })
      .where('namespace', '=', namespace)
      .where('id', '=', id)
      .where('version', '=', version)
      .executeTakeFirst();
    if (result.numUpdatedRows !== 1n) return false;
    if (keys === undefined) return true;
    await trx.deleteFrom('record_keys').where('namespace', '=', namespace).where('id', '=', id).execute();
    await name(trx, namespace, id, keys);
    return true;
  });
}

/** The namespace whose records, one for each other namespace, are locked by whoever must be alone there. */
const ALONE = 'alone:';

/**
 * Whether nobody else is found so. Until this transaction ends nobody else learns it: each waits for the one before to
 * have written, and then sees what that wrote.
 */
async function isAlone(trx: Kysely<Tables>, namespace: string, id: string, alone: Alone = {}): Promise<boolean> {
  if (!isAny(alone)) return true;
  await trx
    .insertInto('records')
    .values({ namespace: ALONE, id: namespace, lookup: null, data: '', version: 1 })
    .onConflict((conflict) => conflict.columns(['namespace', 'id']).doUpdateSet({ version: 1 }))
    .execute();
  const { lookups = [], keys = [] } = alone;
  const ofOthers = (table: 'records' | 'record_keys') =>
    trx.selectFrom(table).select('id').where('namespace', '=', namespace).where('id', '<>', id).limit(1);
  const named = lookups.length > 0 && (await ofOthers('records').where('lookup', 'in', lookups).executeTakeFirst());
  const keyed = keys.length > 0 && (await ofOthers('record_keys').where('key', 'in', keys).executeTakeFirst());
  return !named && !keyed;
}

const isAny = ({ lookups = [], keys = [] }: Alone = {}): boolean => lookups.length > 0 || keys.length > 0;

/** All or nothing, where there is more than one statement. */
function together<T>(db: Database, several: boolean, work: (trx: Kysely<Tables>) => Promise<T>): Promise<T> {
  return several ? transaction(db, work) : work(db);
}

async function name(trx: Kysely<Tables>, namespace: string, id: string, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  await trx
    .insertInto('record_keys')
    .values([...new Set(keys)].map((key) => ({ namespace, key, id })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

function fromRow(row: RecordRow): DataRecord {
  return {
    id: row.id,
    ...(row.lookup !== null && { lookup: row.lookup }),
    data: row.data,
    version: row.version,
  };
}
