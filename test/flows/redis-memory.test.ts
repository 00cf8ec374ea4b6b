import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { stage } from '../support/scene.ts';

const PEOPLE = 4;

/** What `docs/how-to/run-on-redis.md` says, bytes for each: of what kinds of keys it is made up. */
const DOCUMENTED: readonly [what: string, most: number, kinds: RegExp][] = [
  ['session', 2_048, /^(oidc:session|oidc:session-id|oidc:sessions|evidence)[:{]/],
  ['remembered device', 1_024, /^(device|devices-of|known-browser)[:{]/],
  [
    'application',
    6_144,
    /^(oidc:(Grant|grants|AccessToken|RefreshToken|AuthorizationCode|consumed:AuthorizationCode))[:{]/,
  ],
];

describe('what a gateway keeps in Redis', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());
  const scene = stage(() => ({ redis: redis.url }));

  it.each(DOCUMENTED)('is no more for each %s than is documented', async (_what, most, kinds) => {
    const admin = new Redis(redis.url);
    // With what Redis itself needs for a key.
    const used = async () => {
      const keys = (await admin.keys('*')).filter((key) => kinds.test(key.slice(key.indexOf(':') + 1)));
      const sizes = await Promise.all(keys.map((key) => admin.memory('USAGE', key)));
      return sizes.reduce<number>((sum, size) => sum + Number(size), 0);
    };
    const before = await used();
    for (let at = 0; at < PEOPLE; at += 1) await scene.member({ remember: 'yes' });
    const each = ((await used()) - before) / PEOPLE;
    expect(each).toBeGreaterThan(most / 4);
    expect(each).toBeLessThanOrEqual(most);
    await admin.quit();
  });
});
