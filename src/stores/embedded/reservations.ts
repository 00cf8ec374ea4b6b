import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { EphemeralStore, Reservation, Reserved } from '../../core/store.ts';

export const RESERVATIONS = `
  CREATE TABLE IF NOT EXISTS reservations (
    key TEXT PRIMARY KEY, owner TEXT NOT NULL, weight INTEGER NOT NULL, begun INTEGER NOT NULL, expires INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS reservations_expires ON reservations (expires);
  CREATE INDEX IF NOT EXISTS reservations_owner ON reservations (owner, begun);
  CREATE TABLE IF NOT EXISTS owners (
    owner TEXT PRIMARY KEY, weight INTEGER NOT NULL, most INTEGER NOT NULL, share REAL NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS owners_share ON owners (share);
`;

/** Expired ones that are taken off at each look: more than come in, so that none are left over. */
const OFF = 200;

interface Row {
  key: string;
  owner: string;
  weight: number;
  begun: number;
}

function rowOf(row: Record<string, SQLOutputValue> | undefined): Row | undefined {
  return (
    row && { key: String(row.key), owner: String(row.owner), weight: Number(row.weight), begun: Number(row.begun) }
  );
}

function prepare(db: DatabaseSync) {
  const columns = 'key, owner, weight, begun';
  return {
    expired: db.prepare(`SELECT ${columns} FROM reservations WHERE expires <= ? LIMIT ${OFF}`),
    byKey: db.prepare(`SELECT ${columns} FROM reservations WHERE key = ?`),
    oldest: db.prepare(`SELECT ${columns} FROM reservations WHERE owner = ? ORDER BY begun, rowid LIMIT 1 OFFSET ?`),
    remove: db.prepare('DELETE FROM reservations WHERE key = ?'),
    removeValue: db.prepare('DELETE FROM entries WHERE key = ?'),
    insert: db.prepare('INSERT INTO reservations (key, owner, weight, begun, expires) VALUES (?, ?, ?, ?, ?)'),
    sum: db.prepare('SELECT coalesce(sum(weight), 0) AS weight FROM owners'),
    weight: db.prepare('SELECT weight FROM owners WHERE owner = ?'),
    heaviest: db.prepare('SELECT owner FROM owners ORDER BY share DESC LIMIT 1'),
    more: db.prepare(
      `INSERT INTO owners (owner, weight, most, share) VALUES (:owner, :weight, :most, CAST(:weight AS REAL) / :most)
       ON CONFLICT (owner) DO UPDATE SET weight = owners.weight + excluded.weight, most = excluded.most,
         share = CAST(owners.weight + excluded.weight AS REAL) / excluded.most`,
    ),
    less: db.prepare(
      'UPDATE owners SET weight = weight - :weight, share = CAST(weight - :weight AS REAL) / most WHERE owner = :owner',
    ),
    gone: db.prepare('DELETE FROM owners WHERE owner = ? AND weight <= 0'),
  };
}

/** Accounts of owners in two tables beside the values, each change of them one transaction. */
export function createReservations(
  db: DatabaseSync,
  guarded: <T>(work: () => T) => Promise<T>,
  now: () => number,
): Pick<EphemeralStore, 'reserve' | 'release'> {
  const statements = prepare(db);

  function off({ key, owner, weight }: Row): void {
    statements.remove.run(key);
    statements.less.run({ owner, weight });
    statements.gone.run(owner);
  }

  function drop(row: Row): void {
    off(row);
    statements.removeValue.run(row.key);
  }

  const weightOf = (owner: string): number => Number(statements.weight.get(owner)?.weight ?? 0);
  const oldest = (owner: string, at = 0) => rowOf(statements.oldest.get(owner, at));

  /** What of the owner's own has to go for it; or how long to wait, and then what was entered for the key stays. */
  function making(entry: Reservation, at: number): Row[] | number {
    const before = rowOf(statements.byKey.get(entry.key));
    db.exec('SAVEPOINT making');
    if (before) off(before);
    const going = oldestOf(entry, at);
    if (typeof going === 'number') db.exec('ROLLBACK TO making');
    db.exec('RELEASE making');
    return going;
  }

  function oldestOf(entry: Reservation, at: number): Row[] | number {
    const { owner, weight, most, patience, ttl } = entry;
    if (weight > most || weight > entry.total) return ttl;
    const going: Row[] = [];
    for (let own = weightOf(owner); own + weight > most; ) {
      const next = oldest(owner, going.length);
      if (next === undefined) return ttl;
      if (at - next.begun < patience) return next.begun + patience - at;
      going.push(next);
      own -= next.weight;
    }
    return going;
  }

  function reserve(entry: Reservation): Reserved {
    const at = now();
    for (const row of statements.expired.all(at).map(rowOf)) if (row) off(row);
    const own = making(entry, at);
    if (typeof own === 'number') return { allowed: false, retryAfter: own };
    for (const row of own) drop(row);
    let others = 0;
    for (let all = Number(statements.sum.get()?.weight); all + entry.weight > entry.total; others += 1) {
      const next = oldest(String(statements.heaviest.get()?.owner));
      if (next === undefined) break;
      drop(next);
      all -= next.weight;
    }
    const { key, owner, weight, most, ttl } = entry;
    statements.insert.run(key, owner, weight, at, Math.ceil(at + ttl));
    statements.more.run({ owner, weight, most });
    return { allowed: true, own: own.length, others };
  }

  /** All of it or nothing: sums that are wrong once stay wrong. */
  function whole<T>(work: () => T): T {
    db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      db.exec('COMMIT');
      return result;
    } catch (error) {
      // A full or failing disk has SQLite undo it by itself.
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  }

  return {
    reserve: (entry) => guarded(() => whole(() => reserve(entry))),
    release: (...keys) =>
      guarded(() =>
        whole(() => {
          for (const key of keys) {
            const row = rowOf(statements.byKey.get(key));
            if (row) off(row);
          }
        }),
      ),
  };
}
