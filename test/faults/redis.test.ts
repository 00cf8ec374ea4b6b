import { afterAll, beforeAll, describe, it } from 'vitest';
import { stageCluster } from '../support/cluster.ts';
import { type Line, startLine } from '../support/line.ts';
import { endure, type Faults, LONG } from '../support/load/endure.ts';
import { ONE_ADDRESS } from '../support/load/people.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';

/** Milliseconds: no command is waited for so long. */
const TOO_SLOW = 2_500;

let redis: RedisServer;
let line: Line;
beforeAll(async () => {
  redis = await startRedis({ persist: true });
  line = await startLine(redis.url);
});
afterAll(async () => {
  await line.close();
  await redis.stop();
});

describe('two nodes under load, and Redis', () => {
  const staged = stageCluster(() => ({ redis: line.url, config: ONE_ADDRESS }));

  it('refuse, recover by themselves, and keep all that they acknowledged', { timeout: LONG }, async () => {
    // As of one that is halted: what nobody waits for any more is done all the same, later.
    const slow: Faults[number] = ['Redis too slow', { away: () => line.delay(TOO_SLOW), back: () => line.delay(0) }];
    const faults: Faults = [
      ['Redis killed', { away: () => redis.kill(), back: () => redis.restart() }],
      ['Redis halted', { away: () => redis.pause(), back: () => redis.resume() }],
      ...(process.env.TESTS === 'long' ? [slow] : []),
      ['Redis restarted', { away: () => redis.restart(), back: () => undefined, isFelt: false }],
    ];
    await endure(staged.cluster, faults, redis.url);
  });
});
