import { sql } from 'kysely';
import type { Account } from '../core/account.ts';
import type { DurableStore, NewAccount } from '../core/store.ts';
import { prepared, type Reads } from './prepared.ts';
import { profileColumn, profileFrom } from './profile.ts';
import type { AccountRow, Database } from './schema.ts';
import { groupPattern, like, searchText, wordPattern } from './search.ts';

/** Accounts, unique by directory and that directory's own key. */
export function createAccounts({ db, ask }: Reads): DurableStore['accounts'] {
  const withId = prepared({ db, ask }, (id) => db.selectFrom('accounts').selectAll().where('id', '=', id));
  const withKey = prepared({ db, ask }, (directory, key) =>
    db.selectFrom('accounts').selectAll().where('directory', '=', directory).where('directory_key', '=', key),
  );

  async function byDirectoryKey(directory: string, key: string): Promise<Account | undefined> {
    const [row] = await withKey(directory, key);
    return row && fromRow(row);
  }

  return {
    byDirectoryKey,
    async byId(id) {
      const [row] = await withId(id);
      return row && fromRow(row);
    },
    async link(account) {
      const present = await byDirectoryKey(account.directory, account.directoryKey);
      return present && isCurrent(present, account) ? present : upsert(db, account);
    },
    async setLocale(id, locale) {
      await db
        .updateTable('accounts')
        .set((eb) => ({ locale, version: eb('version', '+', 1) }))
        .where('id', '=', id)
        .execute();
    },
    async setStanding(id, standing) {
      await db
        .updateTable('accounts')
        .set((eb) => ({ standing, version: eb('version', '+', 1) }))
        .where('id', '=', id)
        .execute();
    },
    async setSeen(id, seen) {
      await db
        .updateTable('accounts')
        .set((eb) => ({ ...seenColumns({ seen }), version: eb('version', '+', 1) }))
        .where('id', '=', id)
        .execute();
    },
    async byDirectoryKeys(directory, keys) {
      if (keys.length === 0) return [];
      const rows = await db
        .selectFrom('accounts')
        .selectAll()
        .where('directory', '=', directory)
        .where('directory_key', 'in', keys)
        .execute();
      return rows.map(fromRow);
    },
    async endAll(id, at) {
      const later = sql<number>`case when revoked_before < ${at} then ${at} else revoked_before end`;
      const row = await db
        .updateTable('accounts')
        .set((eb) => ({
          generation: eb('generation', '+', 1),
          revoked_before: later,
          counted_to: later,
          version: eb('version', '+', 1),
        }))
        .where('id', '=', id)
        .returning('generation')
        .executeTakeFirst();
      return row?.generation;
    },
    async search(typed, { limit, groups }) {
      const pattern = wordPattern(typed);
      if (pattern === undefined || groups.length === 0) return [];
      const rows = await db
        .selectFrom('accounts')
        .selectAll()
        .where(like('search', pattern))
        .where((eb) => eb.or(groups.map((group) => like('groups', groupPattern(group)))))
        .orderBy('username')
        .orderBy('id')
        .limit(limit)
        .execute();
      return rows.map(fromRow);
    },
    async byIds(ids) {
      // PostgreSQL refuses an empty IN ().
      if (ids.length === 0) return [];
      return (await db.selectFrom('accounts').selectAll().where('id', 'in', ids).execute()).map(fromRow);
    },
    async list(options = {}) {
      let query = db.selectFrom('accounts').selectAll().orderBy('id');
      if (options.after !== undefined) query = query.where('id', '>', options.after);
      if (options.limit !== undefined) query = query.limit(options.limit);
      return (await query.execute()).map(fromRow);
    },
  };
}

/** One statement, so that parallel first sign-ins of one person end in one account. */
async function upsert(db: Database, account: NewAccount): Promise<Account> {
  const described = {
    username: account.username,
    name: account.name,
    email: account.email ?? null,
    groups: JSON.stringify(account.groups ?? null),
    profile: profileColumn(account),
    search: searchText(account),
    ...(account.standing !== undefined && { standing: account.standing }),
    ...seenColumns(account),
  };
  const row = await db
    .insertInto('accounts')
    .values({
      ...described,
      id: account.id,
      directory: account.directory,
      directory_key: account.directoryKey,
      created_at: account.createdAt,
      revoked_before: 0,
      generation: 0,
      counted_to: 0,
      version: 1,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['directory', 'directory_key'])
        .doUpdateSet((eb) => ({ ...described, version: eb('accounts.version', '+', 1) })),
    )
    .returningAll()
    .executeTakeFirstOrThrow();
  return fromRow(row);
}

const seenColumns = ({ seen }: Pick<Account, 'seen'>) => seen && { seen_as: seen.status, seen_at: seen.at };

/** Spares the write, and its wait for the disk, at nearly every sign-in. */
function isCurrent(present: Account, account: NewAccount): boolean {
  return (
    present.username === account.username &&
    present.name === account.name &&
    present.email === account.email &&
    JSON.stringify(present.groups ?? null) === JSON.stringify(account.groups ?? null) &&
    profileColumn(present) === profileColumn(account) &&
    (account.standing === undefined || present.standing === account.standing) &&
    (account.seen === undefined ||
      (present.seen?.at === account.seen.at && present.seen.status === account.seen.status))
  );
}

function fromRow(row: AccountRow): Account {
  const profile = profileFrom(row.profile, row.email);
  const groups: string[] | null = JSON.parse(row.groups);
  return {
    id: row.id,
    directory: row.directory,
    directoryKey: row.directory_key,
    username: row.username,
    name: row.name,
    ...(row.email !== null && { email: row.email }),
    ...(groups !== null && { groups }),
    ...(row.locale !== null && { locale: row.locale }),
    ...(profile !== undefined && { profile }),
    ...(row.standing !== null && { standing: row.standing }),
    ...(row.seen_as !== null && row.seen_at !== null && { seen: { status: row.seen_as, at: row.seen_at } }),
    createdAt: row.created_at,
    revokedBefore: row.revoked_before,
    generation: row.generation,
    countedTo: row.counted_to,
    version: row.version,
  };
}
