import { afterAll, beforeAll, describe, it } from 'vitest';
import { stageCluster } from '../support/cluster.ts';
import { type Line, startLine } from '../support/line.ts';
import { endure, type Faults, LONG } from '../support/load/endure.ts';
import { ONE_ADDRESS } from '../support/load/people.ts';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';

/** Milliseconds for one statement; and more than that. */
const STATEMENT = '2s';
const TOO_SLOW = 3_500;

let server: PostgresServer;
let line: Line;
/** Of its own: who is connected is counted, and other tests come and go at the one that they share. */
let redis: RedisServer;
beforeAll(async () => {
  server = await startPostgres();
  line = await startLine(await server.database());
  redis = await startRedis();
});
afterAll(async () => {
  await line.close();
  await server.stop();
  await redis.stop();
});

describe('two nodes under load, and PostgreSQL', () => {
  const timeouts = { connect: '2s', statement: STATEMENT };
  const staged = stageCluster(() => ({
    postgres: line.url,
    redis: redis.url,
    config: { ...ONE_ADDRESS, stores: { durable: { timeouts } } },
  }));

  it('refuse, recover by themselves, and keep all that they acknowledged', { timeout: LONG }, async () => {
    // As of one that is halted: what nobody waits for any more is done all the same, later.
    const slow: Faults[number] = [
      'PostgreSQL too slow',
      { away: () => line.delay(TOO_SLOW), back: () => line.delay(0) },
    ];
    const faults: Faults = [
      ['PostgreSQL killed', { away: () => server.kill(), back: () => server.restart() }],
      ['PostgreSQL halted', { away: () => server.pause(), back: () => server.resume() }],
      ...(process.env.TESTS === 'long' ? [slow] : []),
      ['PostgreSQL restarted', { away: () => server.restart(), back: () => undefined, isFelt: false }],
    ];
    await endure({ ...staged.cluster, postgres: server }, faults, redis.url);
  });
});
