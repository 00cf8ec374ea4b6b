import type { DurableStore } from '../core/store.ts';
import { prepared, type Reads } from './prepared.ts';

/** Small values of one namespace; version 0 creates, any other must be the present one. */
export function createState({ db, ask }: Reads, namespace: string): ReturnType<DurableStore['state']> {
  const withKey = prepared({ db, ask }, (key) =>
    db.selectFrom('state').select(['value', 'version']).where('namespace', '=', namespace).where('key', '=', key),
  );
  return {
    get: async (key) => (await withKey(key))[0],
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
