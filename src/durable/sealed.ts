import { sql } from 'kysely';
import type { DurableStore, SealedRow, SealedTable } from '../core/store.ts';
import type { Database } from './schema.ts';
import { transaction } from './transactions.ts';

/** Sealed values where they lie, for whoever seals them anew: whole columns of two tables, some rows of the others. */
export function createSealed(db: Database): DurableStore['sealed'] {
  return {
    page: (table, options) => PAGES[table](db, options),
    replace: (rows) =>
      transaction(db, async (trx) => {
        let replaced = 0;
        for (const { row, sealed } of rows) {
          const { numUpdatedRows } = await REPLACE[row.table](trx, row, sealed);
          replaced += Number(numUpdatedRows);
        }
        return replaced;
      }),
  };
}

type Page = (
  db: Database,
  options: { after?: Pick<SealedRow, 'namespace' | 'id'> | undefined; limit: number },
) => Promise<SealedRow[]>;

const PAGES: Readonly<Record<SealedTable, Page>> = {
  async credentials(db, { after, limit }) {
    let query = db.selectFrom('credentials').select(['id', 'account', 'factor', 'sealed']).orderBy('id').limit(limit);
    if (after !== undefined) query = query.where('id', '>', after.id);
    const rows = await query.execute();
    return rows.map(({ id, sealed, account, factor }) => ({
      ...{ table: 'credentials', namespace: factor, id, value: sealed, account },
    }));
  },
  async keys(db, { after, limit }) {
    let query = db.selectFrom('keys').select(['id', 'purpose', 'sealed']).orderBy('id').limit(limit);
    if (after !== undefined) query = query.where('id', '>', after.id);
    const rows = await query.execute();
    return rows.map(({ id, purpose, sealed }) => ({ table: 'keys', namespace: purpose, id, value: sealed }));
  },
  async state(db, { after, limit }) {
    let query = db
      .selectFrom('state')
      .select(['namespace', 'key', 'value'])
      .where(mayHold('value'))
      .orderBy('namespace')
      .orderBy('key')
      .limit(limit);
    if (after !== undefined)
      query = query.where(({ eb, refTuple, tuple }) =>
        eb(refTuple('namespace', 'key'), '>', tuple(after.namespace, after.id)),
      );
    const rows = await query.execute();
    return rows.map(({ namespace, key, value }) => ({ table: 'state', namespace, id: key, value }));
  },
  async records(db, { after, limit }) {
    let query = db
      .selectFrom('records')
      .select(['namespace', 'id', 'data'])
      .where(mayHold('data'))
      .orderBy('namespace')
      .orderBy('id')
      .limit(limit);
    if (after !== undefined)
      query = query.where(({ eb, refTuple, tuple }) =>
        eb(refTuple('namespace', 'id'), '>', tuple(after.namespace, after.id)),
      );
    const rows = await query.execute();
    return rows.map(({ namespace, id, data }) => ({ table: 'records', namespace, id, value: data }));
  },
};

/** As a sealed value of either format begins, or a document with one in it. */
const BEGINNINGS = ['1.%', '2.%', '{%"1.%', '{%"2.%'];

function mayHold(column: 'value' | 'data') {
  return sql<boolean>`(${sql.join(
    BEGINNINGS.map((pattern) => sql`${sql.ref(column)} like ${pattern}`),
    sql` or `,
  )})`;
}

type Replace = (db: Database, row: SealedRow, sealed: string) => Promise<{ numUpdatedRows: bigint }>;

/** Where the value is still that one. Versions stay: whoever is about to answer on top of it still may. */
const REPLACE: Readonly<Record<SealedTable, Replace>> = {
  credentials: (db, { id, value }, sealed) =>
    db.updateTable('credentials').set({ sealed }).where('id', '=', id).where('sealed', '=', value).executeTakeFirst(),
  keys: (db, { id, value }, sealed) =>
    db.updateTable('keys').set({ sealed }).where('id', '=', id).where('sealed', '=', value).executeTakeFirst(),
  state: (db, { namespace, id, value }, sealed) =>
    db
      .updateTable('state')
      .set({ value: sealed })
      .where('namespace', '=', namespace)
      .where('key', '=', id)
      .where('value', '=', value)
      .executeTakeFirst(),
  records: (db, { namespace, id, value }, sealed) =>
    db
      .updateTable('records')
      .set({ data: sealed })
      .where('namespace', '=', namespace)
      .where('id', '=', id)
      .where('data', '=', value)
      .executeTakeFirst(),
};
