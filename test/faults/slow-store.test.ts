import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../support/client.ts';
import { stageCluster } from '../support/cluster.ts';
import { type Line, startLine } from '../support/line.ts';
import { createActs } from '../support/load/acts.ts';
import { LONG } from '../support/load/endure.ts';
import { print } from '../support/load/fault.ts';
import { createLedger } from '../support/load/ledger.ts';
import { ONE_ADDRESS } from '../support/load/people.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';

/** Milliseconds: slow, and still within what a command is waited for. */
const SLOW = 1_500;
const AT_ONCE = 100;
const WAVES = 3;
/** Milliseconds that any answer may take, on a busy machine; and bytes that may stay. */
const BOUND = 60_000;
const KEPT = 30 << 20;

let redis: RedisServer;
let line: Line;
beforeAll(async () => {
  redis = await startRedis();
  line = await startLine(redis.url);
});
afterAll(async () => {
  await line.close();
  await redis.stop();
});

describe('a store that answers late', () => {
  const staged = stageCluster(() => ({ nodes: [{ name: 'a' }], redis: line.url, config: ONE_ADDRESS }));

  it('leaves nobody without an answer, and nothing behind', { timeout: LONG }, async () => {
    const { cluster } = staged;
    const [node] = cluster.nodes;
    const acts = createActs(cluster, createLedger());
    const wave = async () => {
      const began = performance.now();
      const statuses = await Promise.all(
        Array.from({ length: AT_ONCE }, async () => (await new Client().get(acts.requestOf().url)).status),
      );
      return { statuses, took: performance.now() - began };
    };
    await wave();
    const before = await node?.memory();
    line.delay(SLOW);
    const waves = [];
    for (let turn = 0; turn < WAVES; turn += 1) waves.push(await wave());
    line.delay(0);
    const slowest = Math.max(...waves.map(({ took }) => took));
    const statuses = Object.fromEntries(
      Map.groupBy(
        waves.flatMap((one) => one.statuses),
        String,
      ),
    );
    print('Redis slow', {
      slowest,
      ...Object.fromEntries(Object.entries(statuses).map(([name, all]) => [name, all?.length ?? 0])),
    });
    expect(Object.keys(statuses).filter((status) => !['303', '503', '429'].includes(status))).toEqual([]);
    expect(slowest).toBeLessThan(BOUND);
    await wave();
    const after = await node?.memory();
    print('heap', { before: before?.heap ?? 0, after: after?.heap ?? 0 });
    expect((after?.heap ?? 0) - (before?.heap ?? 0)).toBeLessThan(KEPT);
    expect(await node?.ready()).toBe(true);
  });
});
