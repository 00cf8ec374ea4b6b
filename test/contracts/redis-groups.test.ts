import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, onTestFinished, vi } from 'vitest';
import redis from '../../src/stores/redis/index.ts';
import { type LastingStore, lastingStore } from '../support/lasting.ts';
import {
  type ClusterGroup,
  type RedisGroup,
  type SentinelGroup,
  startCluster,
  startSentinels,
} from '../support/redis-groups.ts';
import { ephemeralSuite } from './ephemeral-suite.ts';

interface Form {
  name: string;
  start(): Promise<RedisGroup>;
  settings(group: RedisGroup): object;
}

const FORMS: readonly Form[] = [
  {
    name: 'a primary with two replicas under Sentinel',
    start: startSentinels,
    settings: (group) => {
      const { sentinels, name } = group as SentinelGroup;
      return { sentinels, name };
    },
  },
  {
    name: 'a cluster of three primaries with a replica each',
    start: startCluster,
    settings: (group) => ({ cluster: (group as ClusterGroup).nodes.slice(0, 2) }),
  },
];

describe.each(FORMS)('ephemeral store on $name', ({ start, settings }) => {
  let group: RedisGroup;
  let kept: LastingStore;
  beforeAll(async () => {
    [group, kept] = [await start(), await lastingStore()];
  });
  afterAll(async () => {
    await group.stop();
    await kept.close();
  });

  ephemeralSuite({
    async open() {
      const given = redis.settings.parse({ ...settings(group), prefix: `test:${randomUUID()}:` });
      const store = await redis.open(given, { now: Date.now, lasting: kept.lasting });
      onTestFinished(() => store.close());
      await vi.waitFor(() => store.ping(), { timeout: 20_000 });
      return store;
    },
    after: (ms, assertion) => vi.waitFor(assertion, { timeout: ms + 5_000, interval: 10 }),
  });
});
