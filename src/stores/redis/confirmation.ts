import type { Redis } from 'ioredis';
import { SallyportError } from '../../core/errors.ts';
import type { Copied } from './client.ts';
import { CONFIRM_TIMEOUT } from './connection.ts';
import type { Commands } from './redis-commands.ts';

/** Runs a write and answers once enough replicas have it. */
export type Confirm = <T>(write: (on: Commands) => Promise<T>, copied?: Copied) => Promise<T>;

/**
 * Waits until all replicas but one, and never fewer than `least`, have each write (WAIT), so that a failover can't
 * bring back what was used or ended: of those that are left, the one with the most data is promoted. Unconfirmed is
 * ERR_STORE_UNAVAILABLE, although the write may stand: the caller refuses.
 *
 * One WAIT at a time covers all that was written before it. WAIT knows the writes of its own
 * connection alone: after a reconnect it would confirm a write that was lost, so that is refused.
 */
export function createConfirmation(redis: Redis, least: number): Confirm {
  let connection = 0;
  let enough = least;
  redis.on('close', () => {
    connection += 1;
  });
  const round = createRound(async () => {
    for (;;) {
      const asked = enough;
      const [replication, copies] = await Promise.all([redis.info('replication'), redis.wait(asked, CONFIRM_TIMEOUT)]);
      enough = Math.max(least, replicasIn(replication) - 1);
      if (copies >= enough) return true;
      // It has got more replicas since the last round.
      if (enough <= asked) return false;
    }
  });
  return async (write, copied = 'marks') => {
    const before = connection;
    const result = await write(redis);
    if (copied === 'marks' && (result === null || result === 0)) return result;
    if (!(await round()) || connection !== before) {
      throw new SallyportError('ERR_STORE_UNAVAILABLE', `a write wasn't confirmed by ${enough} replica(s)`);
    }
    return result;
  };
}

/** Those that are up to date; one that is being filled can't be promoted. */
function replicasIn(replication: string): number {
  return replication.match(/^slave[0-9]+:.*\bstate=online\b/gm)?.length ?? 0;
}

/** Those who ask while a round runs share the next one: the present one began before their write. */
function createRound(run: () => Promise<boolean>): () => Promise<boolean> {
  let running: Promise<boolean> | undefined;
  let next: Promise<boolean> | undefined;
  function start(): Promise<boolean> {
    next = undefined;
    const round = run();
    const settled = round.finally(() => {
      if (running === settled) running = undefined;
    });
    running = settled;
    return settled;
  }
  return () => {
    if (running === undefined) return start();
    next ??= running.then(start, start);
    return next;
  };
}
