import { Socket } from 'node:net';
import { hostname } from 'node:os';
import type { ConnectionOptions } from 'node:tls';
import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import { Pool, type PoolClient } from 'pg';
import { SallyportError } from '../../core/errors.ts';
import { isSpent, unavailable } from './errors.ts';
import { type Address, addressOf, isHere, type Settings } from './settings.ts';
import { getTypeParser, type KnownColumns, ShortQuery } from './short-query.ts';

/** What this program's connections are known by in `pg_stat_activity`: 63 bytes at most. */
const NAMES = 'sallyport ';
/** And those of this process. */
const NAME = `${NAMES}${hostname().slice(0, 40)} ${process.pid}`;
/** How much longer than the server an answer is waited for, milliseconds: it may say itself that it took too long. */
const GRACE = 1_000;
/** How long connections may take to end, milliseconds. */
const END_WITHIN = 1_000;
const IDLE_FOR = 60_000;

export interface PoolOptions {
  max: number;
  /** Milliseconds for one statement; 0 is as long as it takes. */
  statement: number;
  /** Statements are sent before those ahead of them are answered: for such as don't depend on each other. */
  pipeline?: boolean;
  /** Told of each connection that turns out to be good for nothing more. */
  onSpent?(): void;
}

/** A connection whose failures are ERR_STORE_UNAVAILABLE. */
export interface Guarded extends PostgresPoolClient {
  /** A statement that the server parses and plans once for this connection. */
  named<R>(name: string, text: string, values: readonly unknown[]): Promise<R[]>;
  /** What is asked in this turn of the event loop goes out in one write. */
  gather(): void;
  /** Called when it has ended, whoever ended it. */
  onEnd(run: () => void): void;
  readonly isSpent: boolean;
}

export interface GuardedPool extends PostgresPool {
  connect(): Promise<Guarded>;
}

/** `pg`'s pool, as Kysely takes one: whatever goes wrong on the way is ERR_STORE_UNAVAILABLE. */
export function createPool(
  settings: Settings,
  { max, statement, pipeline = false, onSpent = () => {} }: PoolOptions,
): GuardedPool {
  const address = addressOf(settings);
  const server = `${address.host}:${address.port}`;
  const sockets = new Set<Socket>();
  const pool = new Pool({
    ...address,
    ssl: tlsFor(address, settings.tls) ?? false,
    enableChannelBinding: true,
    application_name: NAME,
    max,
    idleTimeoutMillis: IDLE_FOR,
    connectionTimeoutMillis: settings.timeouts.connect,
    ...(statement > 0 && { query_timeout: statement + GRACE }),
    keepAlive: true,
    pipeline,
    types: { getTypeParser },
    stream: () => {
      const socket = new Socket();
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      return socket;
    },
    verify: (client, done) => void begin(client, statement).then(() => done(), done),
  });
  // Of a connection that nobody uses: the next one to ask for one gets another.
  pool.on('error', () => {});
  // And of one that was handed out, where the pool doesn't listen: an event that nobody hears would end the process.
  pool.on('connect', (client) => void client.on('error', () => {}));
  const guards = new WeakMap<PoolClient, Guarded>();
  let ended = false;

  return {
    options: {},
    async connect() {
      if (ended) throw new SallyportError('ERR_STORE_UNAVAILABLE', `PostgreSQL at ${server}: closed`);
      try {
        const client = await pool.connect();
        const known = guards.get(client);
        if (known) return known;
        const guard = guarded(client, server, onSpent);
        guards.set(client, guard);
        return guard;
      } catch (error) {
        throw unavailable(error, server) ?? error;
      }
    },
    async end() {
      if (ended) return;
      ended = true;
      await pool.end();
      // A server that hangs would keep this process from ending.
      if (sockets.size > 0) setTimeout(() => sockets.forEach((socket) => void socket.destroy()), END_WITHIN);
    },
  };
}

function tlsFor({ host }: Address, given: Settings['tls']): ConnectionOptions | undefined {
  if (host.startsWith('/') || given?.dangerouslyOff === true) return undefined;
  if (given === undefined && isHere(host)) return undefined;
  const { ca, serverName, cert, key } = given ?? {};
  return {
    minVersion: 'TLSv1.2',
    ...(ca !== undefined && { ca }),
    ...(serverName !== undefined && { servername: serverName }),
    ...(cert !== undefined && { cert, key }),
  };
}

/**
 * First on each connection: settings of its own, whatever is set for the database or the role. A replica is refused:
 * it may not know yet of a revocation. Compare-and-set needs to see what was committed a moment ago, and what was
 * answered must be on disk.
 */
async function begin(client: PoolClient, statement: number): Promise<void> {
  const { rows } = await client.query(
    `select current_setting('transaction_read_only') = 'on' as replica,
            current_setting('server_encoding') as encoding,
            set_config('default_transaction_isolation', 'read committed', false),
            set_config('statement_timeout', $1, false),
            set_config('idle_in_transaction_session_timeout', $2, false),
            case when current_setting('synchronous_commit') = 'off'
              then set_config('synchronous_commit', 'on', false) end`,
    [String(statement), String(statement === 0 ? 0 : statement + GRACE)],
  );
  const { replica, encoding } = rows[0] as { replica: boolean; encoding: string };
  const refuse = (why: string) => new SallyportError('ERR_STORE_UNAVAILABLE', `PostgreSQL: the server ${why}`);
  if (replica) throw refuse('is a replica, or read-only: give the address of the primary');
  if (encoding !== 'UTF8') throw refuse(`keeps this database in ${encoding}: make it with ENCODING 'UTF8'`);
}

function guarded(client: PoolClient, server: string, onSpent: () => void): Guarded {
  let spent = false;
  async function ask<T>(send: () => Promise<T>): Promise<T> {
    if (spent) throw new SallyportError('ERR_STORE_UNAVAILABLE', `PostgreSQL at ${server}: the connection was lost`);
    try {
      return await send();
    } catch (error) {
      const reported = unavailable(error, server);
      if (reported !== undefined && reported !== error && isSpent(error)) {
        spent = true;
        onSpent();
      }
      throw reported ?? error;
    }
  }
  async function query<R>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<R>> {
    const answer = await ask(() => client.query({ text, values: withoutNul(text, values) }));
    return answer as unknown as PostgresQueryResult<R>; // what a row is like is for Kysely, which wrote the statement
  }
  const columns: KnownColumns = new Map();
  const short = (name: string, text: string, values: readonly unknown[]) =>
    new Promise<Record<string, unknown>[]>((resolve, reject) => {
      const answered = (error: unknown, rows: Record<string, unknown>[]) => (error ? reject(error) : resolve(rows));
      const query = new ShortQuery({ name, text, values: withoutNul(text, values) }, columns, answered);
      client.query(query as never);
    });
  // Its published type lacks it.
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
  return {
    query: query as PostgresPoolClient['query'],
    named: async (name, text, values) => (await ask(() => short(name, text, values))) as never,
    gather() {
      if (stream.writableCorked > 0) return;
      stream.cork();
      setImmediate(() => stream.uncork());
    },
    onEnd: (run) => void client.once('end', run),
    get isSpent() {
      return spent;
    },
    release: (destroy) => client.release(destroy === true || spent),
  };
}

/** PostgreSQL keeps no NUL in a text: what is looked for with one is nowhere, and what is to be kept is refused. */
function withoutNul(text: string, values: readonly unknown[]): unknown[] {
  return values.map((value) => {
    if (typeof value !== 'string' || !value.includes('\0')) return value;
    if (!/^\s*select\b/i.test(text)) throw new SallyportError('ERR_INPUT', 'a text with a NUL can not be kept');
    return value.replaceAll('\0', '\ufffd');
  });
}

/** Connections of other processes of this program to the same database, as far as this role may see them. */
export async function othersOn(pool: PostgresPool): Promise<number> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query<{ count: number }>(
      `select count(*) from pg_stat_activity
       where datname = current_database() and starts_with(application_name, $1) and application_name <> $2`,
      [NAMES, NAME],
    );
    return rows[0]?.count ?? 0;
  } finally {
    client.release();
  }
}
