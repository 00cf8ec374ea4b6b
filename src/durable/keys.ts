import type { DurableStore, StoredKey } from '../core/store.ts';
import type { Database, KeyRow } from './schema.ts';

/** Signing keys, sealed, oldest first. */
export function createKeys(db: Database): DurableStore['keys'] {
  return {
    async list(purpose) {
      const rows = await db
        .selectFrom('keys')
        .selectAll()
        .where('purpose', '=', purpose)
        .orderBy('created_at')
        .orderBy('id')
        .execute();
      return rows.map(fromRow);
    },
    async insert(key) {
      const result = await db
        .insertInto('keys')
        .values({
          id: key.id,
          purpose: key.purpose,
          algorithm: key.algorithm,
          sealed: key.sealed,
          created_at: key.createdAt,
          active_from: key.activeFrom,
          retired_at: key.retiredAt ?? null,
        })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .executeTakeFirst();
      return result.numInsertedOrUpdatedRows === 1n;
    },
    async retire(id, at) {
      await db.updateTable('keys').set({ retired_at: at }).where('id', '=', id).execute();
    },
    async activate(id, at) {
      const result = await db
        .updateTable('keys')
        .set({ active_from: at })
        .where('id', '=', id)
        .where('active_from', '>', at)
        .where('retired_at', 'is', null)
        .executeTakeFirst();
      return result.numUpdatedRows === 1n;
    },
  };
}

function fromRow(row: KeyRow): StoredKey {
  return {
    id: row.id,
    purpose: row.purpose,
    algorithm: row.algorithm,
    sealed: row.sealed,
    createdAt: row.created_at,
    activeFrom: row.active_from,
    ...(row.retired_at !== null && { retiredAt: row.retired_at }),
  };
}
