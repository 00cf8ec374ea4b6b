import { hasCode, SallyportError } from '../core/errors.ts';
import type { AuditEntry, DurableStore } from '../core/store.ts';
import type { AuditRow, Database, NewAuditRow } from './schema.ts';
import { retried, transaction } from './transactions.ts';

/** Rows of one statement, well below the databases' limits on bound values. */
const BATCH = 500;

/** The audit chains, one per node. */
export function createAudit(db: Database): DurableStore['audit'] {
  return {
    async append(entries) {
      if (entries.length > 0) await append(db, entries.map(toRow));
    },
    async head(node) {
      const row = await db
        .selectFrom('audit')
        .selectAll()
        .where('node', '=', node)
        .orderBy('sequence', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row && fromRow(row);
    },
    async ofAccount(account, { limit, events }) {
      // PostgreSQL refuses an empty IN ().
      if (events?.length === 0) return [];
      let query = db
        .selectFrom('audit')
        .selectAll()
        .where('account', '=', account)
        .orderBy('at', 'desc')
        .orderBy('sequence', 'desc')
        .limit(limit);
      if (events !== undefined) query = query.where('event', 'in', events);
      return (await query.execute()).map(fromRow);
    },
    async ofEvent(event, { from, until, after, limit }) {
      let query = db
        .selectFrom('audit')
        .selectAll()
        .where('event', '=', event)
        .where('at', '>=', from)
        .where('at', '<', until)
        .orderBy('at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit);
      if (after !== undefined) {
        const { at, id } = after;
        query = query.where('at', '<=', at).where((eb) => eb.or([eb('at', '<', at), eb('id', '<', id)]));
      }
      return (await query.execute()).map(fromRow);
    },
    async nodes() {
      const nodes: string[] = [];
      // From one to the next by the index: there are few, and of each a great many entries.
      for (let last: string | undefined; ; last = nodes.at(-1)) {
        let query = db.selectFrom('audit').select('node').orderBy('node').limit(1);
        if (last !== undefined) query = query.where('node', '>', last);
        const row = await query.executeTakeFirst();
        if (row === undefined) return nodes;
        nodes.push(row.node);
      }
    },
    async ofNode(node, { after, limit }) {
      let query = db.selectFrom('audit').selectAll().where('node', '=', node).orderBy('sequence').limit(limit);
      if (after !== undefined) query = query.where('sequence', '>', after);
      return (await query.execute()).map(fromRow);
    },
  };
}

/** All or nothing. A sequence that is taken means that two writers share one chain: ERR_VERSION_CONFLICT. */
async function append(db: Database, rows: readonly NewAuditRow[]): Promise<void> {
  if (rows.length <= BATCH) return appendAtOnce(db, rows);
  await transaction(db, async (trx) => {
    for (let from = 0; from < rows.length; from += BATCH) {
      const batch = rows.slice(from, from + BATCH);
      const result = await trx
        .insertInto('audit')
        .values(batch)
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      if (result.numInsertedOrUpdatedRows !== BigInt(batch.length)) {
        throw forked(batch);
      }
    }
  });
}

/** The same in one statement, which is all or nothing by itself: two trips less to the database than a transaction. */
async function appendAtOnce(db: Database, rows: readonly NewAuditRow[]): Promise<void> {
  try {
    await retried(() => db.insertInto('audit').values(rows).execute());
  } catch (error) {
    if (hasCode(error, 'ERR_STORE_UNAVAILABLE') || !(await isTaken(db, rows))) throw error;
    throw forked(rows, error);
  }
}

/** Whether anything stands in one of their places. */
async function isTaken(db: Database, rows: readonly NewAuditRow[]): Promise<boolean> {
  const found = await db
    .selectFrom('audit')
    .select('sequence')
    .where('node', '=', rows[0]?.node ?? '')
    .where(
      'sequence',
      'in',
      rows.map(({ sequence }) => sequence),
    )
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
}

const forked = (rows: readonly NewAuditRow[], cause?: unknown) =>
  new SallyportError('ERR_VERSION_CONFLICT', `the audit chain of ${rows[0]?.node} has another writer`, { cause });

function toRow(entry: AuditEntry): NewAuditRow {
  const { account = null, application = null, detail, ...rest } = entry;
  return { ...rest, account, application, detail: JSON.stringify(detail) };
}

function fromRow(row: AuditRow): AuditEntry {
  const { id, node, sequence, at, event, hash, account, application, detail } = row;
  return {
    // One by one: the next version's tables may have more.
    ...{ id, node, sequence, at, event, hash },
    ...(account !== null && { account }),
    ...(application !== null && { application }),
    detail: JSON.parse(detail),
  };
}
