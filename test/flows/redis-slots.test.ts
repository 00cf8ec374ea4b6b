import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../support/client.ts';
import { type ClusterGroup, startCluster } from '../support/redis-groups.ts';
import { asksCode, asksPassword, stage } from '../support/scene.ts';

describe('a gateway on a cluster', () => {
  let group: ClusterGroup;
  let redisGroup: Record<string, unknown>;
  beforeAll(async () => {
    group = await startCluster();
    redisGroup = { cluster: group.nodes };
  });
  afterAll(() => group.stop());
  const scene = stage(() => ({ redisGroup }));

  /** Slots of what is kept, by its kind. */
  async function slots(): Promise<Map<string, Set<number>>> {
    const found = new Map<string, Set<number>>();
    for (const primary of await group.primaries()) {
      const to = new Redis(primary.url);
      for (const key of await to.keys('*')) {
        const kind = key.slice(key.indexOf(':') + 1, key.lastIndexOf(':'));
        found.set(kind, (found.get(kind) ?? new Set()).add(Number(await to.cluster('KEYSLOT', key))));
      }
      to.disconnect();
    }
    return found;
  }

  it('keeps what belongs to one sign-in in one slot, and what belongs to its session', async () => {
    const someone = scene.elsewhere(await scene.member(), new Client());
    const page = await someone.enter('payroll');
    expect(asksCode(page)).toBe(true);
    const during = await slots();
    const interactions = during.get('oidc:Interaction');
    expect(during.get('sign-in')?.size).toBeGreaterThan(0);
    expect(during.get('sign-in')?.isSubsetOf(interactions ?? new Set())).toBe(true);
    expect((await someone.code(page, scene.nextCode(someone))).url.pathname).toBe('/payroll');
    const after = await slots();
    expect(after.get('collected')).toEqual(interactions);
    expect(after.get('evidence')).toEqual(after.get('oidc:session'));
    const codes = after.get('oidc:AuthorizationCode');
    expect(after.get('oidc:consumed:AuthorizationCode')).toEqual(codes);
    expect(codes?.size).toBeGreaterThan(0);
  });

  it('finds nothing of what programs before hash tags kept: it opens nothing', async () => {
    const someone = await scene.member();
    let renamed = 0;
    for (const primary of await group.primaries()) {
      const to = new Redis(primary.url);
      for (const key of await to.keys('*{*')) {
        if (!/:(oidc:session|evidence):\{/.test(key)) continue;
        const value = await to.get(key);
        await to.del(key);
        if (value !== null && (await kept(key.replace(/[{}]/g, ''), value))) renamed += 1;
      }
      to.disconnect();
    }
    expect(renamed).toBeGreaterThan(1);
    expect(asksPassword(await someone.begin('courses'))).toBe(true);
  });

  async function kept(key: string, value: string): Promise<boolean> {
    for (const primary of await group.primaries()) {
      const to = new Redis(primary.url);
      const set = await to.set(key, value, 'PX', 600_000).catch(() => undefined);
      to.disconnect();
      if (set === 'OK') return true;
    }
    return false;
  }
});
