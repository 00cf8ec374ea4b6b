import type { Redis } from 'ioredis';
import { SallyportError } from '../../core/errors.ts';
import { CONFIRM_TIMEOUT } from './connection.ts';

/** Runs a write and answers once enough replicas have it; null and 0 say that nothing was written. */
export type Confirm = <T>(write: () => Promise<T>) => Promise<T>;

/**
 * Waits for `replicas` copies of each write (WAIT), so that a failover can't bring back what was
 * used. Unconfirmed is ERR_STORE_UNAVAILABLE, although the write may stand: the caller refuses.
 *
 * One WAIT at a time covers all that was written before it. WAIT knows the writes of its own
 * connection alone: after a reconnect it would confirm a write that was lost, so that is refused.
 */
export function createConfirmation(redis: Redis, replicas: number): Confirm {
  if (replicas === 0) return (write) => write();
  let connection = 0;
  redis.on('close', () => {
    connection += 1;
  });
  const copied = createRound(async () => (await redis.wait(replicas, CONFIRM_TIMEOUT)) >= replicas);
  return async (write) => {
    const before = connection;
    const result = await write();
    if (result === null || result === 0) return result;
    if (!(await copied()) || connection !== before) {
      throw new SallyportError('ERR_STORE_UNAVAILABLE', `a write wasn't confirmed by ${replicas} replica(s)`);
    }
    return result;
  };
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
