import { Redis } from 'ioredis';
import { SallyportError } from '../../core/errors.ts';
import type { StorePorts } from '../../core/store.ts';
import { SCRIPTS } from './scripts.ts';

/** Milliseconds. A command waits longer than `WAIT` may take, which goes before it on the same connection. */
export const CONFIRM_TIMEOUT = 1_000;
const COMMAND_TIMEOUT = 2_000;
const CONNECT_TIMEOUT = 2_000;
/** Nothing received for so long while an answer is due: the connection is given up and made anew. */
const SILENCE_TIMEOUT = 3_000;
const LONGEST_PAUSE = 1_000;

/**
 * A connection that fails fast and comes back by itself. Nothing waits in a queue while Redis is
 * away, and no command is sent twice: one that was cut off may have been carried out.
 */
export function connect(url: string, onState: StorePorts['onState']): Redis {
  const redis = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_TIMEOUT,
    connectTimeout: CONNECT_TIMEOUT,
    socketTimeout: SILENCE_TIMEOUT,
    retryStrategy: (times) => Math.min(25 * 2 ** Math.min(times, 10), LONGEST_PAUSE),
    // After a failover this may still be the connection to the old primary.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    connectionName: 'sallyport',
    scripts: SCRIPTS,
  });
  reportState(redis, onState);
  return redis;
}

/** Ends the connection, answers still due included where Redis is there to give them. */
export async function disconnect(redis: Redis): Promise<void> {
  try {
    await redis.quit();
  } catch {
    redis.disconnect();
  }
}

/** Tells of changes only: up (with what is dangerous about it), down with the latest reason. */
function reportState(redis: Redis, onState: StorePorts['onState']): void {
  let state: 'up' | 'down' | undefined;
  let reason = 'the connection was closed';
  redis.on('error', (error: NodeJS.ErrnoException) => {
    // An AggregateError (a name with several addresses) has no message of its own.
    reason = error.message || error.code || error.name;
  });
  redis.on('ready', async () => {
    const warning = await evictionWarning(redis);
    if (redis.status !== 'ready') return;
    if (state !== 'up') onState?.('up', warning);
    state = 'up';
  });
  redis.on('reconnecting', () => {
    if (state !== 'down') onState?.('down', reason);
    state = 'down';
  });
}

/** A Redis that evicts keys forgets spent codes and used-up budgets, and they would be good again. */
async function evictionWarning(redis: Redis): Promise<string | undefined> {
  const memory = await redis.info('memory').catch(() => '');
  const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1];
  if (policy === undefined || policy === 'noeviction') return undefined;
  return `Redis evicts keys when its memory is full (maxmemory-policy ${policy}): set it to noeviction`;
}

export function unavailable(cause: unknown): SallyportError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SallyportError('ERR_STORE_UNAVAILABLE', `Redis: ${reason}`, { cause });
}
