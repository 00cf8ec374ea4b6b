import { type RawBuilder, sql } from 'kysely';
import { COUNTED_BY, type CountRow, type CountStore, type CountSum } from '../core/counts.ts';
import type { Database, NewCountRow } from './schema.ts';
import { transaction } from './transactions.ts';

/** Rows of one statement, well below the databases' limits on bound values. */
const BATCH = 500;

const KEY = ['hour', ...COUNTED_BY] as const;

/** What was counted, by the hour (UTC): whoever adds to the same row adds to the same number. */
export function createCounts(db: Database): CountStore {
  return {
    add: ({ source, sequence, at, rows }) =>
      transaction(db, async (trx) => {
        // First, and locked: of two tries of one flush the second waits here for the first, and then adds nothing.
        const taken = await trx
          .insertInto('count_sources')
          .values({ source, sequence, at })
          .onConflict((conflict) =>
            conflict.column('source').doUpdateSet({ sequence, at }).where('count_sources.sequence', '<', sequence),
          )
          .executeTakeFirst();
        if (taken.numInsertedOrUpdatedRows !== 1n) return false;
        // In one order on every node, so that two of them don't wait for each other.
        const sorted = rows.map(toRow).toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
        for (let from = 0; from < sorted.length; from += BATCH) {
          await trx
            .insertInto('counts')
            .values(sorted.slice(from, from + BATCH))
            .onConflict((conflict) =>
              conflict.columns(KEY).doUpdateSet((eb) => ({ count: eb('counts.count', '+', eb.ref('excluded.count')) })),
            )
            .execute();
        }
        return true;
      }),

    async sums({ kinds, from, until, every, by, limit }) {
      let query = db
        .selectFrom('counts')
        .select([...by, sql<number>`cast(sum(count) as bigint)`.as('total')])
        .where('kind', 'in', [...kinds])
        .where('hour', '>=', from)
        .where('hour', '<', until)
        .having(sql<number>`sum(count)`, '>', 0)
        .limit(limit);
      if (by.length > 0) query = query.groupBy([...by]);
      if (every !== undefined) {
        query = query.select(startOf(every).as('at')).groupBy(startOf(every)).orderBy(startOf(every));
      }
      const rows: (Omit<CountSum, 'count'> & { total: number })[] = await query.orderBy('total', 'desc').execute();
      return rows.map(({ total, ...rest }) => ({ ...rest, count: total }));
    },

    async prune(before) {
      const oldest = await db.selectFrom('counts').select('hour').orderBy('hour').limit(1).executeTakeFirst();
      if (oldest === undefined || oldest.hour >= before) return false;
      await db.deleteFrom('counts').where('hour', '=', oldest.hour).execute();
      return true;
    },

    async forget(before) {
      await db.deleteFrom('count_sources').where('at', '<', before).execute();
    },
  };
}

/** The beginning of the time that a row belongs to. Written into the statement: PostgreSQL groups by no parameter. */
function startOf(every: number): RawBuilder<number> {
  return sql<number>`hour - hour % ${sql.lit(every)}`;
}

function toRow({ at, count, ...by }: CountRow): NewCountRow {
  return { hour: at, ...by, count };
}

const keyOf = (row: NewCountRow): string => KEY.map((column) => row[column]).join('\0');
