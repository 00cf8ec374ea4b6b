import type { DatabaseSync } from 'node:sqlite';

/** Rows purged at a time. */
export const PURGE_BATCH = 500;

/** The store's statements, each atomic by itself; `:now` decides what is still visible. */
export function prepareStatements(db: DatabaseSync) {
  return {
    get: db.prepare('SELECT value FROM entries WHERE key = ? AND expires > ?'),
    set: db.prepare(
      `INSERT INTO entries (key, value, expires) VALUES (?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires = excluded.expires`,
    ),
    add: db.prepare(
      `INSERT INTO entries (key, value, expires) VALUES (:key, :value, :expires)
       ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires = excluded.expires
       WHERE entries.expires <= :now`,
    ),
    swap: db.prepare(
      `UPDATE entries SET value = :value, expires = coalesce(:expires, expires)
       WHERE key = :key AND value = :expected AND expires > :now`,
    ),
    take: db.prepare('DELETE FROM entries WHERE key = ? RETURNING value, expires'),
    remove: db.prepare('DELETE FROM entries WHERE key = ?'),
    removeSet: db.prepare('DELETE FROM members WHERE key = ?'),
    expire: db.prepare('UPDATE entries SET expires = :expires WHERE key = :key AND expires > :now'),
    attempt: db.prepare(
      `INSERT INTO entries (key, value, expires) SELECT :key, '1', :expires WHERE :max > 0
       ON CONFLICT (key) DO UPDATE SET
         value = CASE WHEN entries.expires <= :now THEN '1' ELSE CAST(CAST(entries.value AS INTEGER) + 1 AS TEXT) END,
         expires = excluded.expires
       WHERE entries.expires <= :now OR CAST(entries.value AS INTEGER) < :max
       RETURNING value`,
    ),
    budget: db.prepare('SELECT value, expires FROM entries WHERE key = ? AND expires > ?'),
    refund: db.prepare(
      `UPDATE entries SET value = CAST(max(CAST(value AS INTEGER) - 1, 0) AS TEXT) WHERE key = ? AND expires > ?`,
    ),
    addMember: db.prepare(
      `INSERT INTO members (key, member, expires) VALUES (?, ?, ?)
       ON CONFLICT (key, member) DO UPDATE SET expires = excluded.expires`,
    ),
    removeMember: db.prepare('DELETE FROM members WHERE key = ? AND member = ?'),
    members: db.prepare('SELECT member FROM members WHERE key = ? AND expires > ? ORDER BY member'),
    count: db.prepare('SELECT count(*) AS count FROM entries WHERE key >= :from AND key < :until AND expires > :now'),
    purgeEntries: db.prepare(
      `DELETE FROM entries WHERE rowid IN (SELECT rowid FROM entries WHERE expires <= ? LIMIT ${PURGE_BATCH})`,
    ),
    purgeMembers: db.prepare(
      `DELETE FROM members WHERE rowid IN (SELECT rowid FROM members WHERE expires <= ? LIMIT ${PURGE_BATCH})`,
    ),
  };
}

export type Statements = ReturnType<typeof prepareStatements>;
