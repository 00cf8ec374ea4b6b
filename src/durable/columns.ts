import { type Kysely, PostgresAdapter, type RawBuilder, sql } from 'kysely';

/** Of any tables. */
type Any = Pick<Kysely<unknown>, 'getExecutor' | 'introspection'>;

/** Whether this is PostgreSQL, or what speaks its dialect. */
export const isPostgres = (db: Any): boolean => db.getExecutor().adapter instanceof PostgresAdapter;

/**
 * Text that is compared byte by byte, as SQLite compares it anyway. By the rules of a language PostgreSQL would order
 * it otherwise on another system, and a unique index would miss what it holds once a library's rules have changed.
 */
export const text = (db: Any): RawBuilder<unknown> => (isPostgres(db) ? sql`text collate "C"` : sql`text`);

/** The schema that tables are made in; undefined where there are none. */
export async function schemaOf(db: Any): Promise<string | undefined> {
  if (!isPostgres(db)) return undefined;
  const { rows } = await sql<{ schema: string | null }>`select current_schema() as schema`.execute(db);
  return rows[0]?.schema ?? undefined;
}

/** Whether the table has that column already. */
export async function has(db: Any, table: string, column: string): Promise<boolean> {
  const schema = await schemaOf(db);
  const tables = await db.introspection.getTables();
  return tables.some(
    (it) => it.name === table && it.schema === schema && it.columns.some(({ name }) => name === column),
  );
}
