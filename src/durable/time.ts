import { sql } from 'kysely';
import { isPostgres } from './columns.ts';
import type { Database } from './schema.ts';

/** The database's own clock, epoch milliseconds. */
export async function readClock(db: Database): Promise<number> {
  const clock = isPostgres(db)
    ? sql<{ now: number }>`select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as now`
    : sql<{ now: number }>`select cast(round(unixepoch('subsec') * 1000) as integer) as now`;
  const { rows } = await clock.execute(db);
  if (rows[0] === undefined) throw new Error('the database told no time');
  return rows[0].now;
}
