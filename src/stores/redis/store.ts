import { randomUUID } from 'node:crypto';
import type { EphemeralStore } from '../../core/store.ts';
import type { Client } from './client.ts';
import { unavailable } from './connection.ts';
import type { Commands } from './redis-commands.ts';
import { createReservations } from './reservations.ts';
import { createTopics } from './topics.ts';

/** How long the key lives with which `ping` shows that Redis accepts writes, milliseconds. */
const PING_TTL = 1_000;

/** The ephemeral store over Redis. Every command names one key, so that a cluster can serve it. */
export function createStore(client: Client, prefix: string): EphemeralStore {
  const at = (key: string) => `${prefix}${key}`;
  const { commands } = client;
  const { close: closeTopics, ...topics } = createTopics(client, prefix);
  return {
    ...values(client, at),
    ...budgets(commands, at),
    ...sets(commands, at),
    ...createReservations(commands, at, guarded),
    ...topics,
    ping: () => guarded(() => ping(client, at(`ping:${randomUUID()}`))),
    close: async () => {
      await closeTopics();
      await client.close();
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

/** On both ways to each server. */
async function ping({ commands, everywhere, surely }: Client, begin: string): Promise<void> {
  const keys = everywhere(begin).map((end) => `${begin}${end}`);
  await Promise.all(keys.map((key) => surely(key, (on) => on.set(key, '', 'PX', PING_TTL))));
  await Promise.all(keys.map((key) => commands.get(key)));
}

/** Marks and ends are waited for; what is only kept may get lost, and people begin again. */
function values({ commands, surely }: Client, at: Keyed) {
  return {
    get: (key: string) => guarded(async () => (await commands.get(at(key))) ?? undefined),
    getMany: (keys: readonly string[]) => guarded(() => getMany(commands, keys.map(at))),
    set: (key: string, value: string, ttl: number) =>
      guarded(async () => {
        await commands.set(at(key), value, 'PX', whole(ttl));
      }),
    add: (key: string, value: string, ttl: number) =>
      guarded(async () => (await surely(at(key), (on) => on.set(at(key), value, 'PX', whole(ttl), 'NX'))) === 'OK'),
    swap: (key: string, expected: string, value: string, ttl?: number) =>
      guarded(async () => {
        const left = ttl === undefined ? '' : whole(ttl);
        return (await surely(at(key), (on) => on.swapValue(at(key), expected, value, left))) === 1;
      }),
    take: (key: string) =>
      guarded(async () => (await surely(at(key), (on) => on.getdel(at(key)), 'always')) ?? undefined),
    delete: (...keys: string[]) =>
      guarded(async () => {
        await Promise.all(keys.map((key) => surely(at(key), (on) => on.del(at(key)), 'always')));
      }),
    /** What a shorter time takes away must not come back either. */
    expire: (key: string, ttl: number) =>
      guarded(async () => (await surely(at(key), (on) => on.pexpire(at(key), whole(ttl)), 'always')) === 1),
  };
}

function budgets(redis: Commands, at: Keyed) {
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

function sets(redis: Commands, at: Keyed) {
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
async function getMany(redis: Commands, keys: readonly string[]): Promise<(string | undefined)[]> {
  if (keys.length === 0) return [];
  const found = await Promise.all(keys.map((key) => redis.get(key)));
  return found.map((value) => value ?? undefined);
}

/** Redis takes whole milliseconds, at least one. */
function whole(ttl: number): number {
  return Math.max(1, Math.ceil(ttl));
}
