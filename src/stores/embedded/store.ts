import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { SallyportError } from '../../core/errors.ts';
import type { EphemeralStore, StorePorts } from '../../core/store.ts';
import { isSqliteError, unavailable } from './database.ts';
import { createReservations } from './reservations.ts';
import { PURGE_BATCH, prepareStatements, type Statements } from './statements.ts';
import { createTopics } from './topics.ts';

/** Between two looks for expired rows, and between two batches where there are more, milliseconds. */
const PURGE_EVERY = 30_000;
const PURGE_AGAIN = 50;

/** Key of the write with which `ping` shows that the file can be written to. */
const PING_KEY = 'ping';

/** The ephemeral store over one SQLite file. Time is `ports.now`: what has expired is invisible at once. */
export function createStore(db: DatabaseSync, file: string, { now, onState }: StorePorts): EphemeralStore {
  const statements = prepareStatements(db);
  const guarded = createGuard(db, file, onState);
  const purging = startPurging(db, statements, now);
  return {
    ...values(statements, guarded, now),
    ...budgets(statements, guarded, now),
    ...sets(statements, guarded, now),
    ...createReservations(db, guarded, now),
    ...createTopics(guarded),
    census: (beginnings) => guarded(() => beginnings.map((from) => count(statements, from, now()))),
    ping: () =>
      guarded(() => {
        statements.set.run(PING_KEY, '', now());
      }),
    async close() {
      purging.stop();
      if (db.isOpen) db.close();
    },
  };
}

/** By the index of keys: what begins so comes before whatever has the beginning's last character moved on by one. */
function count(statements: Statements, from: string, now: number): number {
  const until = from.slice(0, -1) + String.fromCharCode(from.charCodeAt(from.length - 1) + 1);
  return Number(statements.count.get({ from, until, now })?.count);
}

type Guard = <T>(work: () => T) => Promise<T>;

/** Runs one operation; SQLite's failures become ERR_STORE_UNAVAILABLE, and changes of state are told. */
function createGuard(db: DatabaseSync, file: string, onState: StorePorts['onState']): Guard {
  let up = true;
  return async (work) => {
    if (!db.isOpen) throw new SallyportError('ERR_STORE_UNAVAILABLE', `the embedded store ${file} is closed`);
    try {
      const result = work();
      if (!up) onState?.('up');
      up = true;
      return result;
    } catch (cause) {
      if (!isSqliteError(cause)) throw cause;
      const error = unavailable(cause, file);
      if (up) onState?.('down', error.message);
      up = false;
      throw error;
    }
  };
}

function values(statements: Statements, guarded: Guard, now: () => number) {
  const read = (key: string) => text(statements.get.get(key, now())?.value);
  return {
    get: (key: string) => guarded(() => read(key)),
    getMany: (keys: readonly string[]) => guarded(() => keys.map(read)),
    set: (key: string, value: string, ttl: number) =>
      guarded(() => {
        statements.set.run(key, value, whole(now() + ttl));
      }),
    add: (key: string, value: string, ttl: number) =>
      guarded(() => statements.add.run({ key, value, expires: whole(now() + ttl), now: now() }).changes === 1),
    swap: (key: string, expected: string, value: string, ttl?: number) =>
      guarded(() => {
        const expires = ttl === undefined ? null : whole(now() + ttl);
        return statements.swap.run({ key, expected, value, expires, now: now() }).changes === 1;
      }),
    take: (key: string) =>
      guarded(() => {
        const row = statements.take.get(key);
        return row && Number(row.expires) > now() ? text(row.value) : undefined;
      }),
    delete: (...keys: string[]) =>
      guarded(() => {
        for (const key of keys) {
          statements.remove.run(key);
          statements.removeSet.run(key);
        }
      }),
    expire: (key: string, ttl: number) =>
      guarded(() => statements.expire.run({ key, expires: whole(now() + ttl), now: now() }).changes === 1),
  };
}

function budgets(statements: Statements, guarded: Guard, now: () => number) {
  return {
    attempt: (key: string, max: number, ttl: number) =>
      guarded(() => {
        const at = now();
        const counted = statements.attempt.get({ key, max, expires: whole(at + ttl), now: at });
        if (counted) return { allowed: true, count: Number(counted.value), retryAfter: 0 };
        const budget = statements.budget.get(key, at);
        const retryAfter = budget ? Number(budget.expires) - at : 0;
        return { allowed: false, count: Number(budget?.value ?? 0), retryAfter };
      }),
    refund: (key: string) =>
      guarded(() => {
        statements.refund.run(key, now());
      }),
  };
}

function sets(statements: Statements, guarded: Guard, now: () => number) {
  return {
    addMember: (key: string, member: string, ttl: number) =>
      guarded(() => {
        statements.addMember.run(key, member, whole(now() + ttl));
      }),
    removeMember: (key: string, member: string) =>
      guarded(() => {
        statements.removeMember.run(key, member);
      }),
    members: (key: string) => guarded(() => statements.members.all(key, now()).map((row) => String(row.member))),
  };
}

/** Deletes expired rows in batches; never keeps the process alive. A failing disk is the next operation's to report. */
function startPurging(db: DatabaseSync, statements: Statements, now: () => number) {
  let timer: NodeJS.Timeout | undefined;
  const purge = () => {
    let more = false;
    try {
      const at = now();
      for (const statement of [statements.purgeEntries, statements.purgeMembers]) {
        more = Number(statement.run(at).changes) === PURGE_BATCH || more;
      }
    } catch {
      more = false;
    }
    if (db.isOpen) timer = setTimeout(purge, more ? PURGE_AGAIN : PURGE_EVERY).unref();
  };
  purge();
  return { stop: () => clearTimeout(timer) };
}

function text(value: SQLOutputValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The tables are STRICT, and a time to live may come from a division. */
function whole(time: number): number {
  return Math.ceil(time);
}
