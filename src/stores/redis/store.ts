import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { EphemeralStore } from '../../core/store.ts';
import type { Confirm } from './confirmation.ts';
import { disconnect, unavailable } from './connection.ts';
import { createReservations } from './reservations.ts';
import { createTopics } from './topics.ts';

/** How long the key lives with which `ping` shows that Redis accepts writes, milliseconds. */
const PING_TTL = 1_000;

/** The ephemeral store over one Redis. Every command names one key, so that a cluster can serve it. */
export function createStore(redis: Redis, prefix: string, confirm: Confirm): EphemeralStore {
  const at = (key: string) => `${prefix}${key}`;
  const { close: closeTopics, ...topics } = createTopics(redis, prefix);
  return {
    ...values(redis, at, confirm),
    ...budgets(redis, at),
    ...sets(redis, at),
    ...createReservations(redis, at, guarded),
    ...topics,
    ping: () =>
      guarded(async () => {
        await confirm(() => redis.set(at(`ping:${randomUUID()}`), '', 'PX', PING_TTL));
      }),
    close: async () => {
      await closeTopics();
      await disconnect(redis);
    },
  };
}

type Keyed = (key: string) => string;

/** Whatever goes wrong with a command, the caller's only answer is to refuse. */
async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw unavailable(error);
  }
}

function values(redis: Redis, at: Keyed, confirm: Confirm) {
  return {
    get: (key: string) => guarded(async () => (await redis.get(at(key))) ?? undefined),
    getMany: (keys: readonly string[]) => guarded(() => getMany(redis, keys.map(at))),
    set: (key: string, value: string, ttl: number) =>
      guarded(async () => {
        await redis.set(at(key), value, 'PX', whole(ttl));
      }),
    add: (key: string, value: string, ttl: number) =>
      guarded(async () => (await confirm(() => redis.set(at(key), value, 'PX', whole(ttl), 'NX'))) === 'OK'),
    swap: (key: string, expected: string, value: string, ttl?: number) =>
      guarded(async () => {
        const left = ttl === undefined ? '' : whole(ttl);
        return (await confirm(() => redis.swapValue(at(key), expected, value, left))) === 1;
      }),
    take: (key: string) => guarded(async () => (await confirm(() => redis.getdel(at(key)))) ?? undefined),
    delete: (...keys: string[]) => guarded(() => remove(redis, keys.map(at))),
    expire: (key: string, ttl: number) => guarded(async () => (await redis.pexpire(at(key), whole(ttl))) === 1),
  };
}

function budgets(redis: Redis, at: Keyed) {
  return {
    attempt: (key: string, max: number, ttl: number) =>
      guarded(async () => {
        const [allowed, count, left] = await redis.countAttempt(at(key), max, whole(ttl));
        return { allowed: allowed === 1, count, retryAfter: Math.max(0, left) };
      }),
    refund: (key: string) =>
      guarded(async () => {
        await redis.refundAttempt(at(key));
      }),
  };
}

function sets(redis: Redis, at: Keyed) {
  return {
    addMember: (key: string, member: string, ttl: number) =>
      guarded(async () => {
        await redis.addSetMember(at(key), member, whole(ttl));
      }),
    removeMember: (key: string, member: string) =>
      guarded(async () => {
        await redis.zrem(at(key), member);
      }),
    members: (key: string) => guarded(() => redis.setMembers(at(key))),
  };
}

/** One write to the socket; not MGET, whose keys must share a cluster's slot. */
async function getMany(redis: Redis, keys: readonly string[]): Promise<(string | undefined)[]> {
  if (keys.length === 0) return [];
  const found = await Promise.all(keys.map((key) => redis.get(key)));
  return found.map((value) => value ?? undefined);
}

async function remove(redis: Redis, keys: readonly string[]): Promise<void> {
  await Promise.all(keys.map((key) => redis.del(key)));
}

/** Redis takes whole milliseconds, at least one. */
function whole(ttl: number): number {
  return Math.max(1, Math.ceil(ttl));
}
