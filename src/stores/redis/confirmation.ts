import type { Redis } from 'ioredis';
import { SallyportError } from '../../core/errors.ts';
import { CONFIRM_TIMEOUT } from './connection.ts';
import type { Alone } from './lasting/alone.ts';
import type { Commands } from './redis-commands.ts';
import { type Sight, sightOf } from './replication.ts';
import { createRound } from './rounds.ts';

/** What a write was answered, and when what stood there before would have expired (epoch milliseconds, none below 0). */
export type Written<T> = readonly [answer: T, before: number];

export interface Write<T> {
  key: string;
  /** The history of data that it was asked for; none where nobody compares. */
  history: string;
  run(on: Commands): Promise<Written<T>>;
  /**
   * Which answers replicas must have. A mark that somebody else made (null, 0) is a refusal as it is. Of an end it is
   * no refusal: the one who made it may have been told that it isn't confirmed. `probe`: it only tries.
   */
  copied: 'marks' | 'always' | 'probe';
}

/** Runs a write and answers once enough replicas have it. */
export type Confirm = <T>(write: Write<T>) => Promise<T>;

/** A replica may come or go while it is being confirmed. */
const TRIES = 3;

/**
 * Waits until all replicas but one, and never fewer than `least`, have each write (WAIT), so that a failover can't
 * bring back what was used or ended: of those that are left, the one with the most data is promoted. Where none is
 * left, `alone` records it. Unconfirmed is ERR_STORE_UNAVAILABLE, although the write may stand: the caller refuses.
 *
 * One WAIT at a time covers all that was written before it. WAIT knows the writes of its own
 * connection alone: after a reconnect it would confirm a write that was lost, so that is refused.
 */
export function createConfirmation(redis: Redis, least: number, alone?: Alone): Confirm {
  let connection = 0;
  redis.on('close', () => {
    connection += 1;
  });
  const { round, enough } = createWaiting(redis, least, alone !== undefined);

  /** Whether it counts; undefined where that may be another at the next look. */
  async function counts<T>({ key, history, copied }: Write<T>, expired: number, since: number) {
    const { sight, confirmed } = await round();
    if (connection !== since) return false;
    if (alone === undefined) return confirmed;
    if (sight.history !== history) return false;
    if (!confirmed && sight.online.size > 0) return false;
    if (!confirmed) {
      const lone = { key, history, before: expired, probe: copied === 'probe' };
      return (await alone.record(redis, lone)) || undefined;
    }
    const again = async () => {
      // WAIT goes by what this connection wrote last, and others wrote since.
      await alone.touch(redis, key);
      return (await round()).confirmed && connection === since;
    };
    return (await alone.isWhole(sight, again)) || undefined;
  }

  return async (write) => {
    const since = connection;
    const [answer, expired] = await write.run(redis);
    if (write.copied === 'marks' && (answer === null || answer === 0)) return answer;
    let counted: boolean | undefined;
    for (let turn = 0; counted === undefined && turn < TRIES; turn += 1) counted = await counts(write, expired, since);
    if (counted) return answer;
    throw new SallyportError('ERR_STORE_UNAVAILABLE', `a write wasn't confirmed by ${enough()} replica(s)`);
  };
}

/** One round: how the primary stood, and whether enough replicas have all that was written before. */
function createWaiting(redis: Redis, least: number, records: boolean) {
  let enough = least;
  let online: number | undefined;
  async function look(): Promise<Sight> {
    const sight = sightOf(await redis.info('replication', 'stats'));
    online = sight.online.size;
    enough = Math.max(least, online - 1);
    return sight;
  }
  const round = createRound(async () => {
    if (records && online === 0) {
      // WAIT would wait for nobody as long as it may.
      const sight = await look();
      if (sight.online.size === 0) return { sight, confirmed: false };
    }
    for (;;) {
      const asked = enough;
      const [sight, copies] = await Promise.all([look(), redis.wait(asked, CONFIRM_TIMEOUT)]);
      if (copies >= enough) return { sight, confirmed: true };
      // It has got more replicas since the last round.
      if (enough <= asked) return { sight, confirmed: false };
    }
  });
  return { round, enough: () => enough };
}
