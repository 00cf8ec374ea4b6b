import { randomUUID } from 'node:crypto';
import type { EphemeralStore } from '../../core/store.ts';
import { census } from './census.ts';
import type { Client } from './client.ts';
import type { Written } from './confirmation.ts';
import { unavailable } from './connection.ts';
import type { Fence } from './lasting/fence.ts';
import type { Commands } from './redis-commands.ts';
import { createReservations } from './reservations.ts';
import { createTopics } from './topics.ts';
import { FENCED, PLAIN, type ValueCommands } from './values.ts';

/** How long the key lives with which `ping` shows that Redis accepts writes, milliseconds. */
const PING_TTL = 1_000;

/**
 * The ephemeral store over Redis. Every command names one key, so that a cluster can serve it. With a fence, values are
 * asked for at primaries that are known.
 */
export function createStore(client: Client, prefix: string, fence?: Fence): EphemeralStore {
  const at = (key: string) => `${prefix}${key}`;
  const { commands } = client;
  const { close: closeTopics, ...topics } = createTopics(client, prefix);
  const asking: Asking = fence ? { through: fence, on: FENCED } : { through: (_, run) => run(''), on: PLAIN };
  return {
    ...values(client, asking, at),
    ...budgets(commands, at),
    ...sets(commands, at),
    ...createReservations(commands, at, guarded),
    ...topics,
    census: (beginnings) => guarded(() => census(client.servers(), beginnings.map(at))),
    ping: () => guarded(() => ping(client, asking, at(`ping:${randomUUID()}`))),
    close: async () => {
      await closeTopics();
      await client.close();
    },
  };
}

type Keyed = (key: string) => string;

interface Asking {
  through: Fence;
  on: ValueCommands;
}

/** Whatever goes wrong with a command, the caller's only answer is to refuse. */
async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw unavailable(error);
  }
}

/** On both ways to each server. */
async function ping({ commands, everywhere, surely }: Client, { through, on }: Asking, begin: string): Promise<void> {
  const keys = everywhere(begin).map((end) => `${begin}${end}`);
  const write = (key: string) =>
    through(key, (history) =>
      surely({ key, history, copied: 'probe', run: (to) => on.add(to, key, history, '', PING_TTL) }),
    );
  await Promise.all(keys.map(write));
  await Promise.all(keys.map((key) => commands.get(key)));
}

/** Marks and ends are waited for; what is only kept may get lost, and people begin again. */
function values({ commands, surely }: Client, { through, on }: Asking, at: Keyed) {
  const read = (key: string) => through(key, (history) => on.get(commands, key, history));
  const write = <T>(
    key: string,
    copied: 'marks' | 'always',
    run: (to: Commands, history: string) => Promise<Written<T>>,
  ) => guarded(() => through(key, (history) => surely({ key, history, copied, run: (to) => run(to, history) })));
  return {
    get: (key: string) => guarded(async () => (await read(at(key))) ?? undefined),
    /** One write to the socket; not MGET, whose keys must share a cluster's slot. */
    getMany: (keys: readonly string[]) =>
      guarded(async () => {
        const found = await Promise.all(keys.map((key) => read(at(key))));
        return found.map((value) => value ?? undefined);
      }),
    set: (key: string, value: string, ttl: number) =>
      guarded(async () => {
        await commands.set(at(key), value, 'PX', whole(ttl));
      }),
    add: async (key: string, value: string, ttl: number) =>
      (await write(at(key), 'marks', (to, history) => on.add(to, at(key), history, value, whole(ttl)))) === 1,
    swap: async (key: string, expected: string, value: string, ttl?: number) => {
      const left = ttl === undefined ? '' : whole(ttl);
      const swap = (to: Commands, history: string) => on.swap(to, at(key), history, expected, value, left);
      return (await write(at(key), 'marks', swap)) === 1;
    },
    take: async (key: string) =>
      (await write(at(key), 'always', (to, history) => on.take(to, at(key), history))) ?? undefined,
    delete: async (...keys: string[]) => {
      await Promise.all(keys.map((key) => write(at(key), 'always', (to, history) => on.delete(to, at(key), history))));
    },
    /** What a shorter time takes away must not come back either. */
    expire: async (key: string, ttl: number) =>
      (await write(at(key), 'always', (to, history) => on.expire(to, at(key), history, whole(ttl)))) === 1,
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

/** Redis takes whole milliseconds, at least one. */
function whole(ttl: number): number {
  return Math.max(1, Math.ceil(ttl));
}
