import { type RawBuilder, sql } from 'kysely';
import { COUNTED_BY, type CountRow, type CountStore, type CountSum, type CountsAsked } from '../core/counts.ts';
import type { Database, NewCountRow, NewDayCountRow } from './schema.ts';
import { transaction } from './transactions.ts';

/** Rows of one statement, well below the databases' limits on bound values. */
const BATCH = 500;

const HOUR = 3_600_000;
const DAY = 86_400_000;

const HOURS = ['hour', ...COUNTED_BY] as const;
const DAYS = ['day', ...COUNTED_BY] as const;

/** What was counted, by the hour (UTC) and by the day: whoever adds to the same row adds to the same number. */
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
        await addHours(trx, rows);
        await addDays(trx, rows);
        return true;
      }),

    async sums(asked) {
      const { from, until, every } = asked;
      const whole = every !== HOUR && from % DAY === 0 && until % DAY === 0;
      const rows = await (whole ? daySums(db, asked) : hourSums(db, asked));
      return rows.map(({ total, ...rest }) => ({ ...rest, count: total }));
    },

    async prune(before) {
      const oldest = await db.selectFrom('counts').select('hour').orderBy('hour').limit(1).executeTakeFirst();
      if (oldest === undefined || oldest.hour >= before) {
        await db
          .deleteFrom('day_counts')
          .where('day', '<', before - (before % DAY))
          .execute();
        return false;
      }
      await db.deleteFrom('counts').where('hour', '=', oldest.hour).execute();
      return true;
    },

    async forget(before) {
      await db.deleteFrom('count_sources').where('at', '<', before).execute();
    },
  };
}

async function addHours(trx: Database, counted: readonly CountRow[]): Promise<void> {
  const rows = counted.map(({ at, count, ...by }): NewCountRow => ({ hour: at, ...by, count }));
  for (const some of batches(rows, HOURS)) {
    await trx
      .insertInto('counts')
      .values(some)
      .onConflict((conflict) =>
        conflict.columns(HOURS).doUpdateSet((eb) => ({ count: eb('counts.count', '+', eb.ref('excluded.count')) })),
      )
      .execute();
  }
}

async function addDays(trx: Database, counted: readonly CountRow[]): Promise<void> {
  const rows = new Map<string, NewDayCountRow>();
  for (const { at, count, ...by } of counted) {
    const row = { day: at - (at % DAY), ...by, count };
    const key = keyOf(row, DAYS);
    rows.set(key, { ...row, count: count + (rows.get(key)?.count ?? 0) });
  }
  for (const some of batches([...rows.values()], DAYS)) {
    await trx
      .insertInto('day_counts')
      .values(some)
      .onConflict((conflict) =>
        conflict.columns(DAYS).doUpdateSet((eb) => ({ count: eb('day_counts.count', '+', eb.ref('excluded.count')) })),
      )
      .execute();
  }
}

/** In one order on every node, so that two of them don't wait for each other. */
function* batches<Row extends object>(rows: readonly Row[], key: readonly (keyof Row)[]): Generator<Row[]> {
  const sorted = rows.toSorted((one, other) => (keyOf(one, key) < keyOf(other, key) ? -1 : 1));
  for (let from = 0; from < sorted.length; from += BATCH) yield sorted.slice(from, from + BATCH);
}

const keyOf = <Row extends object>(row: Row, key: readonly (keyof Row)[]): string =>
  key.map((column) => row[column]).join('\0');

type Sum = Omit<CountSum, 'count'> & { total: number };

function hourSums(db: Database, { kinds, from, until, every, by, where = {}, limit }: CountsAsked): Promise<Sum[]> {
  let query = db
    .selectFrom('counts')
    .select([...by, total])
    .where('kind', 'in', [...kinds])
    .where('hour', '>=', from)
    .where('hour', '<', until)
    .having(sql<number>`sum(count)`, '>', 0)
    .limit(limit);
  for (const column of COUNTED_BY) if (where[column] !== undefined) query = query.where(column, '=', where[column]);
  if (by.length > 0) query = query.groupBy([...by]);
  if (every !== undefined) {
    query = query.select(startOf(every).as('at')).groupBy(startOf(every)).orderBy(startOf(every));
  }
  return query.orderBy('total', 'desc').execute();
}

/** Of whole days, from a small part of the rows. */
function daySums(db: Database, { kinds, from, until, every, by, where = {}, limit }: CountsAsked): Promise<Sum[]> {
  let query = db
    .selectFrom('day_counts')
    .select([...by, total])
    .where('kind', 'in', [...kinds])
    .where('day', '>=', from)
    .where('day', '<', until)
    .having(sql<number>`sum(count)`, '>', 0)
    .limit(limit);
  for (const column of COUNTED_BY) if (where[column] !== undefined) query = query.where(column, '=', where[column]);
  if (by.length > 0) query = query.groupBy([...by]);
  if (every !== undefined) query = query.select('day as at').groupBy('day').orderBy('day');
  return query.orderBy('total', 'desc').execute();
}

const total = sql<number>`cast(sum(count) as bigint)`.as('total');

/** The beginning of the time that a row belongs to. Written into the statement: PostgreSQL groups by no parameter. */
function startOf(every: number): RawBuilder<number> {
  return sql<number>`hour - hour % ${sql.lit(every)}`;
}
