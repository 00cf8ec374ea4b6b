import type { DataRecord, RecordStore } from '../core/store.ts';
import { prepared } from './prepared.ts';
import type { Database, RecordRow } from './schema.ts';

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
    async insert({ id, lookup = null, data }) {
      const result = await db
        .insertInto('records')
        .values({ namespace, id, lookup, data, version: 1 })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      return result.numInsertedOrUpdatedRows === 1n;
    },
    async update(id, version, data) {
      const result = await db
        .updateTable('records')
        .set({ data, version: version + 1 })
        .where('namespace', '=', namespace)
        .where('id', '=', id)
        .where('version', '=', version)
        .executeTakeFirst();
      return result.numUpdatedRows === 1n;
    },
    async remove(id, version) {
      let query = db.deleteFrom('records').where('namespace', '=', namespace).where('id', '=', id);
      if (version !== undefined) query = query.where('version', '=', version);
      const result = await query.executeTakeFirst();
      return result.numDeletedRows === 1n;
    },
    async list({ after, limit }) {
      let query = all().orderBy('id').limit(limit);
      if (after !== undefined) query = query.where('id', '>', after);
      return (await query.execute()).map(fromRow);
    },
  };
}

function fromRow(row: RecordRow): DataRecord {
  return {
    id: row.id,
    ...(row.lookup !== null && { lookup: row.lookup }),
    data: row.data,
    version: row.version,
  };
}
