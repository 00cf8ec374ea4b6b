import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { stageCluster } from '../support/cluster.ts';
import { checkLedger } from '../support/load/check.ts';
import { LONG } from '../support/load/endure.ts';
import { print, signIns } from '../support/load/fault.ts';
import { startLoad } from '../support/load/load.ts';
import { ONE_ADDRESS, people } from '../support/load/people.ts';
import { type RedisGroup, startCluster, startSentinels } from '../support/redis-groups.ts';

/** Milliseconds of silence until the servers take another primary: for a busy machine not too little. */
const PATIENCE = 2_000;
const BUSY = { timeout: 60_000, interval: 50 };

/** Without people on two nodes both forms are in test/contracts and test/flows each time. */
const FORMS: readonly [string, () => Promise<{ group: RedisGroup; settings: Record<string, unknown> }>][] = [
  [
    'under Sentinel',
    async () => {
      const group = await startSentinels({ patience: PATIENCE });
      return { group, settings: { sentinels: group.sentinels, name: group.name } };
    },
  ],
  [
    'in a cluster',
    async () => {
      const group = await startCluster({ patience: PATIENCE });
      return { group, settings: { cluster: group.nodes } };
    },
  ],
];

describe.each(process.env.TESTS === 'long' ? FORMS : FORMS.slice(0, 1))(
  'two nodes under load, and Redis %s whose primary is lost',
  (form, start) => {
    let group: RedisGroup;
    let settings: Record<string, unknown>;
    beforeAll(async () => {
      ({ group, settings } = await start());
    });
    afterAll(() => group.stop());
    const staged = stageCluster(() => ({ redisGroup: settings, config: ONE_ADDRESS }));

    it('work again once another is promoted, and keep all that they acknowledged', { timeout: LONG }, async () => {
      const { cluster } = staged;
      const load = startLoad(cluster, { people: await people(cluster, 300) });
      await signIns(load, 4);
      const before = await group.primaries();
      const [primary] = before;
      await primary?.kill();
      const lost = Date.now();
      await vi.waitFor(async () => {
        const now = await group.primaries();
        expect(now.length >= before.length && !now.some((one) => one === primary)).toBe(true);
      }, BUSY);
      const promoted = Date.now();
      // In a cluster the promoted one has nobody to confirm what it is told, before the lost one is its replica.
      await primary?.restart();
      await vi.waitFor(async () => {
        expect(await Promise.all(cluster.nodes.map((node) => node.ready()))).toEqual([true, true]);
      }, BUSY);
      const ready = Date.now() - promoted;
      await signIns(load, 2);
      const works = Date.now() - promoted;
      await signIns(load, 4);
      await load.stop();
      print(`the primary ${form}`, { promoted: promoted - lost, ready, works, whole: load.ledger.signIns.length });
      await checkLedger(cluster, load);
    });
  },
);
