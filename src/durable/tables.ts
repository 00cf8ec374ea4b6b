import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely';
import { has, text } from './columns.ts';

/*
 * Every statement is `if not exists`: SQLite's migrations don't run in a transaction, and a
 * process killed half-way must be able to start again.
 */

/** Accounts, and what is enrolled for them. */
export async function createPeople(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('accounts')
    .ifNotExists()
    .addColumn('id', text(db), (column) => column.primaryKey())
    .addColumn('directory', text(db), (column) => column.notNull())
    .addColumn('directory_key', text(db), (column) => column.notNull())
    .addColumn('username', text(db), (column) => column.notNull())
    .addColumn('name', text(db), (column) => column.notNull())
    .addColumn('email', text(db))
    .addColumn('groups', text(db), (column) => column.notNull())
    .addColumn('locale', text(db))
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('revoked_before', 'bigint', (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addUniqueConstraint('accounts_directory', ['directory', 'directory_key'])
    .execute();
  await db.schema
    .createTable('credentials')
    .ifNotExists()
    .addColumn('id', text(db), (column) => column.primaryKey())
    .addColumn('account', text(db), (column) => column.notNull().references('accounts.id').onDelete('cascade'))
    .addColumn('factor', text(db), (column) => column.notNull())
    .addColumn('name', text(db), (column) => column.notNull())
    .addColumn('sealed', text(db), (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('last_used_at', 'bigint')
    .addColumn('version', 'integer', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('credential_lookups')
    .ifNotExists()
    .addColumn('factor', text(db), (column) => column.notNull())
    .addColumn('key', text(db), (column) => column.notNull())
    .addColumn('credential', text(db), (column) => column.notNull().references('credentials.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('credential_lookups_key', ['factor', 'key'])
    .execute();
  await index(db, 'credentials_account', 'credentials', ['account']);
  await index(db, 'credential_lookups_credential', 'credential_lookups', ['credential']);
}

/** Consents, keys, and what plug-ins keep. */
export async function createAccess(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('consents')
    .ifNotExists()
    .addColumn('account', text(db), (column) => column.notNull().references('accounts.id').onDelete('cascade'))
    .addColumn('application', text(db), (column) => column.notNull())
    .addColumn('scopes', text(db), (column) => column.notNull())
    .addColumn('claims', text(db), (column) => column.notNull())
    .addColumn('resources', text(db), (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('consents_key', ['account', 'application'])
    .execute();
  await db.schema
    .createTable('keys')
    .ifNotExists()
    .addColumn('id', text(db), (column) => column.primaryKey())
    .addColumn('purpose', text(db), (column) => column.notNull())
    .addColumn('algorithm', text(db), (column) => column.notNull())
    .addColumn('sealed', text(db), (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('active_from', 'bigint', (column) => column.notNull())
    .addColumn('retired_at', 'bigint')
    .execute();
  await db.schema
    .createTable('state')
    .ifNotExists()
    .addColumn('namespace', text(db), (column) => column.notNull())
    .addColumn('key', text(db), (column) => column.notNull())
    .addColumn('value', text(db), (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('state_key', ['namespace', 'key'])
    .execute();
  await db.schema
    .createTable('records')
    .ifNotExists()
    .addColumn('namespace', text(db), (column) => column.notNull())
    .addColumn('id', text(db), (column) => column.notNull())
    .addColumn('lookup', text(db))
    .addColumn('data', text(db), (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('records_key', ['namespace', 'id'])
    .addUniqueConstraint('records_lookup', ['namespace', 'lookup'])
    .execute();
}

/** The audit chains. No foreign key: history outlives the account it speaks of. */
export async function createHistory(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('audit')
    .ifNotExists()
    .addColumn('id', text(db), (column) => column.primaryKey())
    .addColumn('node', text(db), (column) => column.notNull())
    .addColumn('sequence', 'bigint', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('event', text(db), (column) => column.notNull())
    .addColumn('account', text(db))
    .addColumn('application', text(db))
    .addColumn('detail', text(db), (column) => column.notNull())
    .addColumn('hash', text(db), (column) => column.notNull())
    .addUniqueConstraint('audit_chain', ['node', 'sequence'])
    .execute();
  await index(db, 'audit_account', 'audit', ['account', 'at']);
}

/** Entries of one kind in order of time: what reports count. */
export async function addEvents(db: Kysely<unknown>): Promise<void> {
  await index(db, 'audit_event', 'audit', ['event', 'at', 'id']);
}

/** When a method was suspended; null where it isn't. */
export async function addSuspension(db: Kysely<unknown>): Promise<void> {
  if (await has(db, 'credentials', 'suspended_at')) return;
  await db.schema.alterTable('credentials').addColumn('suspended_at', 'bigint').execute();
}

/** What directories know besides; null for people of whom that hasn't been asked yet. */
export async function addProfile(db: Kysely<unknown>): Promise<void> {
  if (await has(db, 'accounts', 'profile')) return;
  await db.schema.alterTable('accounts').addColumn('profile', text(db)).execute();
}

/** How often everything of an account was ended. `counted_to`: `revoked_before` as the last of these left it. */
export async function addGeneration(db: Kysely<unknown>): Promise<void> {
  for (const column of ['generation', 'counted_to']) {
    if (await has(db, 'accounts', column)) continue;
    await db.schema
      .alterTable('accounts')
      .addColumn(column, 'bigint', (it) => it.notNull().defaultTo(0))
      .execute();
  }
}

/** How people stand, as it was last seen. */
export async function addStanding(db: Kysely<unknown>): Promise<void> {
  if (await has(db, 'accounts', 'standing')) return;
  await db.schema.alterTable('accounts').addColumn('standing', text(db)).execute();
}

/** How a directory last answered for somebody, and when. */
export async function addSeen(db: Kysely<unknown>): Promise<void> {
  if (await has(db, 'accounts', 'seen_at')) return;
  await db.schema.alterTable('accounts').addColumn('seen_as', text(db)).execute();
  await db.schema.alterTable('accounts').addColumn('seen_at', 'bigint').execute();
}

/** Failures in a row. No foreign key: names that nobody goes by are counted as well. */
export async function addFailures(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('failures')
    .ifNotExists()
    .addColumn('subject', text(db), (column) => column.notNull())
    .addColumn('about', text(db), (column) => column.notNull())
    .addColumn('count', 'integer', (column) => column.notNull())
    .addColumn('began_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('failures_key', ['subject', 'about'])
    .execute();
}

/** By what else plug-ins find records, and several by one. */
export async function addRecordKeys(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('record_keys')
    .ifNotExists()
    .addColumn('namespace', text(db), (column) => column.notNull())
    .addColumn('key', text(db), (column) => column.notNull())
    .addColumn('id', text(db), (column) => column.notNull())
    .addPrimaryKeyConstraint('record_keys_key', ['namespace', 'key', 'id'])
    .execute();
  await index(db, 'record_keys_record', 'record_keys', ['namespace', 'id']);
}

/** What is counted by the hour, and up to which batch of each process. */
export async function addCounts(db: Kysely<unknown>): Promise<void> {
  const present = (column: ColumnDefinitionBuilder) => column.notNull();
  await db.schema
    .createTable('counts')
    .ifNotExists()
    .addColumn('hour', 'bigint', present)
    .addColumn('kind', text(db), present)
    .addColumn('outcome', text(db), present)
    .addColumn('method', text(db), present)
    .addColumn('application', text(db), present)
    .addColumn('provider', text(db), present)
    .addColumn('country', text(db), present)
    .addColumn('count', 'bigint', present)
    .addPrimaryKeyConstraint('counts_key', ['hour', 'kind', 'outcome', 'method', 'application', 'provider', 'country'])
    .execute();
  await db.schema
    .createTable('count_sources')
    .ifNotExists()
    .addColumn('source', text(db), (column) => column.primaryKey())
    .addColumn('sequence', 'integer', present)
    .addColumn('at', 'bigint', present)
    .execute();
}

/** The same by the day (UTC), so that a year is read in little time; of what was counted already as well. */
export async function addDayCounts(db: Kysely<unknown>): Promise<void> {
  const by = ['kind', 'outcome', 'method', 'application', 'provider', 'country'];
  const present = (column: ColumnDefinitionBuilder) => column.notNull();
  await db.schema
    .createTable('day_counts')
    .ifNotExists()
    .addColumn('kind', text(db), present)
    .addColumn('day', 'bigint', present)
    .addColumn('outcome', text(db), present)
    .addColumn('method', text(db), present)
    .addColumn('application', text(db), present)
    .addColumn('provider', text(db), present)
    .addColumn('country', text(db), present)
    .addColumn('count', 'bigint', present)
    .addPrimaryKeyConstraint('day_counts_key', [
      ...(['kind', 'day', 'outcome', 'method', 'application', 'provider', 'country'] as const),
    ])
    .execute();
  const columns = sql.join(by.map((column) => sql.ref(column)));
  await sql`
    insert into day_counts (day, ${columns}, count)
    select hour - hour % 86400000, ${columns}, cast(sum(count) as bigint) from counts where true
    group by hour - hour % 86400000, ${columns}
    on conflict do nothing`.execute(db);
}

async function index(db: Kysely<unknown>, name: string, table: string, columns: string[]): Promise<void> {
  await db.schema.createIndex(name).ifNotExists().on(table).columns(columns).execute();
}
