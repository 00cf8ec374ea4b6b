import { type Kysely, sql } from 'kysely';
import { SallyportError } from '../core/errors.ts';
import { schemaOf } from './columns.ts';
import type { Database, SchemaVersion } from './schema.ts';

/*
 * The tables have a version, which moves on with each release that changes them. Each also serves the program of the
 * version before, so that nodes can be replaced one by one; what no program of that version reads any more goes one
 * version later.
 */

/** The version of the tables that this program makes. */
export const VERSION = 2;

export interface SchemaState {
  /** Of the tables; undefined where there are none, or from before they had one. */
  recorded: SchemaVersion | undefined;
  /** Changes that were made, in their order. */
  applied: readonly string[];
  /** Changes that are still to be made. */
  pending: readonly string[];
  /** Changes that another program made and this one knows nothing of. */
  unknown: readonly string[];
}

/** How a program stands to tables: it may use them where they are `current`, or `ahead` by one. */
export type Standing = 'current' | 'ahead' | 'behind' | 'refused';

/** @param own version of the program's own */
export function standingOf({ recorded, pending, unknown }: SchemaState, own = VERSION): Standing {
  if (unknown.length === 0) return pending.length === 0 ? 'current' : 'behind';
  return pending.length === 0 && recorded && recorded.version > own && serves(recorded, own) ? 'ahead' : 'refused';
}

/** Whether tables serve a program. Two versions ahead they never do: nobody has tried that. */
function serves({ version, serves: oldest }: SchemaVersion, program: number): boolean {
  return version <= program + 1 && oldest <= program;
}

/** @throws SallyportError ERR_STORE_UNAVAILABLE where the tables have gone on too far, also while this program runs */
export function checkServed(recorded: SchemaVersion | undefined, unknown: readonly string[] = []): void {
  if (recorded && serves(recorded, VERSION) && unknown.length === 0) return;
  const changes = unknown.length > 0 ? ` (${unknown.join(', ')})` : '';
  const message = `a newer program has changed the durable store's tables${changes}: they have version ${recorded?.version ?? 'none'}, this program knows ${VERSION}, and at most the next one serves it. Start the newer program, or restore a backup`;
  throw new SallyportError('ERR_STORE_UNAVAILABLE', message);
}

/** The table of versions; the first is that of all changes before it. */
export async function addVersions(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('schema_versions')
    .ifNotExists()
    .addColumn('version', 'integer', (column) => column.primaryKey())
    .addColumn('serves', 'integer', (column) => column.notNull())
    .execute();
  await announce(db, { version: 1, serves: 1 });
}

/** What the last change of a version does. */
export async function announce(db: Kysely<unknown>, { version, serves: oldest }: SchemaVersion): Promise<void> {
  await sql`insert into schema_versions (version, serves) values (${version}, ${oldest})
    on conflict (version) do nothing`.execute(db);
}

export function newestVersion(db: Database): Promise<SchemaVersion | undefined> {
  return db
    .selectFrom('schema_versions')
    .select(['version', 'serves'])
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** @param known names of all the changes that this program knows */
export async function readState(db: Database, known: readonly string[]): Promise<SchemaState> {
  const schema = await schemaOf(db);
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  const has = (table: string) => tables.some((it) => it.name === table && it.schema === schema);
  const made = has('kysely_migration')
    ? (await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db)).rows
    : [];
  const applied = made.map(({ name }) => name);
  return {
    recorded: has('schema_versions') ? await newestVersion(db) : undefined,
    applied,
    pending: known.filter((name) => !applied.includes(name)),
    unknown: applied.filter((name) => !known.includes(name)),
  };
}
