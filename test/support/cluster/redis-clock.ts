import { Redis } from 'ioredis';
import type { Cluster } from './open.ts';

/**
 * What waits for Redis' own clock, which no test moves, is over: keys whose names end so, behind the nodes' own prefix.
 * Throws where there are none.
 */
export async function isOverInRedis({ stores }: Pick<Cluster, 'stores'>, ending: string): Promise<void> {
  const { url, prefix } = stores.ephemeral as { url: string; prefix: string };
  const redis = new Redis(url);
  try {
    const keys = await redis.keys(`${prefix}*${ending}`);
    if (keys.length === 0) throw new Error(`nothing is kept under ${ending}`);
    await redis.del(...keys);
  } finally {
    redis.disconnect();
  }
}
