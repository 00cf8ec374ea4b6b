import type { DurableStore } from '../core/store.ts';
import type { Database } from './schema.ts';

/** Small values of one namespace; version 0 creates, any other must be the present one. */
export function createState(db: Database, namespace: string): ReturnType<DurableStore['state']> {
  return {
    async get(key) {
      return db
        .selectFrom('state')
        .select(['value', 'version'])
        .where('namespace', '=', namespace)
        .where('key', '=', key)
        .executeTakeFirst();
    },
    async set(key, value, version) {
      if (version === 0) {
        const added = await db
          .insertInto('state')
          .values({ namespace, key, value, version: 1 })
          .onConflict((conflict) => conflict.columns(['namespace', 'key']).doNothing())
          .executeTakeFirst();
        return added.numInsertedOrUpdatedRows === 1n;
      }
      const result = await db
        .updateTable('state')
        .set({ value, version: version + 1 })
        .where('namespace', '=', namespace)
        .where('key', '=', key)
        .where('version', '=', version)
        .executeTakeFirst();
      return result.numUpdatedRows === 1n;
    },
  };
}
