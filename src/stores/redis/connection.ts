import type { ConnectionOptions } from 'node:tls';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { SallyportError } from '../../core/errors.ts';
import type { StorePorts } from '../../core/store.ts';
import { gathered } from './gathering.ts';
import { SCRIPTS } from './scripts.ts';
import { nodeAt, type Settings } from './settings.ts';

/** Milliseconds. A command waits longer than `WAIT` may take, which goes before it on the same connection. */
export const CONFIRM_TIMEOUT = 1_000;
const COMMAND_TIMEOUT = 2_000;
export const CONNECT_TIMEOUT = 2_000;
/** Nothing received for so long while an answer is due: the connection is given up and made anew. */
const SILENCE_TIMEOUT = 3_000;
const LONGEST_PAUSE = 1_000;
/** Dead peers are noticed after so long where nothing is asked, so that no answer is missed. */
const KEEP_ALIVE = 10_000;

export const pause = (times: number): number => Math.min(25 * 2 ** Math.min(times, 10), LONGEST_PAUSE);

/**
 * A connection fails fast and comes back by itself. Nothing waits in a queue while Redis is
 * away, and no command is sent twice: one that was cut off may have been carried out.
 */
export function serverOptions({ user, password, tls }: Partial<Settings>) {
  return {
    lazyConnect: true,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_TIMEOUT,
    connectTimeout: CONNECT_TIMEOUT,
    socketTimeout: SILENCE_TIMEOUT,
    connectionName: 'sallyport',
    scripts: SCRIPTS,
    ...(user !== undefined && { username: user }),
    ...(password !== undefined && { password }),
    ...(tls !== undefined && { tls: tlsFor(tls) }),
  } satisfies RedisOptions;
}

/** A connection that only listens: subscribed again by itself, once it is back; until then there is nothing to hear. */
export const LISTENING = {
  enableOfflineQueue: true,
  autoResubscribe: true,
  maxRetriesPerRequest: null,
  commandTimeout: undefined,
  socketTimeout: undefined,
  keepAlive: KEEP_ALIVE,
  connectionName: 'sallyport-topics',
} satisfies RedisOptions;

/** To one server, or to the primary that Sentinels name. */
export function connect(settings: Settings, more: RedisOptions = {}): Redis {
  const options: RedisOptions = {
    ...serverOptions(settings),
    enableOfflineQueue: false,
    retryStrategy: pause,
    // After a failover this may still be the connection to the old primary.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    ...more,
  };
  if (settings.url !== undefined) return gathered(new Redis(settings.url, options));
  return gathered(new Redis({ ...options, ...sentinelOptions(settings) }));
}

function sentinelOptions({ sentinels = [], name, database, ...given }: Settings): RedisOptions {
  const { sentinelUser, sentinelPassword, tls } = given;
  return {
    sentinels: sentinels.map(nodeAt),
    ...(name !== undefined && { name }),
    ...(database !== undefined && { db: database }),
    ...(sentinelUser !== undefined && { sentinelUsername: sentinelUser }),
    ...(sentinelPassword !== undefined && { sentinelPassword }),
    ...(tls !== undefined && { sentinelTLS: tlsFor(tls), enableTLSForSentinelMode: true }),
    sentinelRetryStrategy: pause,
    sentinelCommandTimeout: CONNECT_TIMEOUT,
    sentinelReconnectStrategy: pause,
    // A former primary that still answers, cut off from the others, knows of no end that was made at the new one.
    failoverDetector: true,
  };
}

function tlsFor({ ca, serverName, cert, key }: NonNullable<Settings['tls']>): ConnectionOptions {
  return {
    minVersion: 'TLSv1.2',
    ...(ca !== undefined && { ca }),
    ...(serverName !== undefined && { servername: serverName }),
    ...(cert !== undefined && { cert, key }),
  };
}

/** Answers after the first attempt, whatever came of it; where no Sentinel is there, attempts go on inside of it. */
export async function attempt(redis: Redis): Promise<void> {
  const connected = redis.connect().catch(() => undefined);
  if (redis.options.sentinels === null) return connected;
  const failed = new Promise<void>((resolve) => redis.once('error', () => resolve()));
  await Promise.race([connected, failed]);
}

/** Those that are meant to end. */
const ending = new WeakSet<Redis>();

/**
 * One that comes back whatever ended it. ioredis gives a connection up for good where a Sentinel tells of a failover
 * while it is just being made, as after a primary that was killed: it has closed by itself by then.
 */
export function persistent(redis: Redis): Redis {
  let ends = 0;
  redis.on('ready', () => {
    ends = 0;
  });
  redis.on('end', () => {
    ends += 1;
    const again = () => {
      if (!ending.has(redis)) redis.connect().catch(() => undefined);
    };
    setTimeout(again, pause(ends)).unref();
  });
  return redis;
}

/** Ends the connection, whatever is still due. */
export function end(redis: Redis): void {
  ending.add(redis);
  // What listens to the Sentinels, too.
  redis.disconnect();
}

/** Ends the connection, answers still due included where Redis is there to give them. */
export async function disconnect(redis: Redis): Promise<void> {
  ending.add(redis);
  await redis.quit().catch(() => undefined);
  end(redis);
}

/** Tells of changes only: up (with what is dangerous about it), down with the latest reason. */
export function reportState(redis: Redis | Cluster, onState: StorePorts['onState']): void {
  let state: 'up' | 'down' | undefined;
  let reason = 'the connection was closed';
  const down = () => {
    if (state !== 'down') onState?.('down', reason);
    state = 'down';
  };
  redis.on('error', (error: NodeJS.ErrnoException) => {
    // An AggregateError (a name with several addresses) has no message of its own.
    reason = error.message || error.code || error.name;
    // While no Sentinel names a primary there is no connection that could be lost.
    if (redis.status === 'connecting') down();
  });
  redis.on('ready', async () => {
    const warning = await evictionWarning(redis instanceof Cluster ? redis.nodes('master') : [redis]);
    if (redis.status !== 'ready') return;
    if (state !== 'up') onState?.('up', warning);
    state = 'up';
  });
  redis.on('reconnecting', down);
}

/** A Redis that evicts keys forgets spent codes and used-up budgets, and they would be good again. */
async function evictionWarning(servers: readonly Redis[]): Promise<string | undefined> {
  const memories = await Promise.all(servers.map((server) => server.info('memory').catch(() => '')));
  const policies = memories.map((memory) => /^maxmemory_policy:(\S+)/m.exec(memory)?.[1] ?? 'noeviction');
  const policy = policies.find((it) => it !== 'noeviction');
  if (policy === undefined) return undefined;
  return `Redis evicts keys when its memory is full (maxmemory-policy ${policy}): set it to noeviction`;
}

/** At a start somebody looks on; later on, as after a failover, it is said in the log. */
export async function refuseEviction(servers: readonly Redis[]): Promise<void> {
  const warning = await evictionWarning(servers);
  if (warning !== undefined) throw new SallyportError('ERR_CONFIG', `stores.ephemeral: ${warning}`);
}

export function unavailable(cause: unknown): SallyportError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SallyportError('ERR_STORE_UNAVAILABLE', `Redis: ${reason}`, { cause });
}
