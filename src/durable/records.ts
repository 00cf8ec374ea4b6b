import type { Kysely } from 'kysely';
import type { DataRecord, RecordStore } from '../core/store.ts';
import { prepared } from './prepared.ts';
import type { Database, RecordRow, Tables } from './schema.ts';
import { transaction } from './transactions.ts';

/** Documents of one plug-in, kept apart from the others' by namespace. */
export function createRecords(db: Database, namespace: string): RecordStore {
  const all = () => db.selectFrom('records').selectAll().where('namespace', '=', namespace);
  const withId = prepared(db, (id) => all().where('id', '=', id));
  return {
    async get(id) {
      const [row] = await withId(id);
      return row && fromRow(row);
    },
    async byLookup(lookup) {
      const row = await all().where('lookup', '=', lookup).executeTakeFirst();
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
    insert: ({ id, lookup = null, data, keys = [] }) =>
      together(db, keys.length > 0, async (trx) => {
        const result = await trx
          .insertInto('records')
          .values({ namespace, id, lookup, data, version: 1 })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst();
        if (result.numInsertedOrUpdatedRows !== 1n) return false;
        await name(trx, namespace, id, keys);
        return true;
      }),
    async update(id, version, data, keys, lookup) {
      const isOthers = async () =>
        lookup !== undefined &&
        (await all().where('lookup', '=', lookup).where('id', '<>', id).executeTakeFirst()) !== undefined;
      if (await isOthers()) return false;
      return change(db, namespace, { id, version, data, keys, lookup }).catch(async (error: unknown) => {
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

interface Changed {
  id: string;
  version: number;
  data: string;
  keys?: readonly string[] | undefined;
  lookup?: string | undefined;
}

/** Compare-and-set. Throws where the lookup is another's. */
function change(db: Database, namespace: string, { id, version, data, keys, lookup }: Changed): Promise<boolean> {
  return together(db, keys !== undefined, async (trx) => {
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
