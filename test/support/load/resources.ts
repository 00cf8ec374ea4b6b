import { Redis } from 'ioredis';
import type { Cluster } from '../cluster.ts';

/** What the nodes have open and take, and what their stores see of them. */
export interface Resources {
  /** Open connections and listeners of all nodes. */
  sockets: number;
  /** Bytes in use by script, of the node that has most. */
  heap: number;
  postgres: number;
  redis: number;
}

export async function resourcesOf({ nodes, postgres }: Cluster, redisUrl: string): Promise<Resources> {
  const memories = await Promise.all(nodes.map((node) => node.memory()));
  const seen = await postgres?.run(
    `select count(*)::int as count from pg_stat_activity where application_name like 'sallyport %'`,
  );
  const redis = new Redis(redisUrl);
  const clients = String(await redis.client('LIST'));
  await redis.quit();
  return {
    sockets: memories.reduce((sum, { sockets }) => sum + sockets, 0),
    heap: Math.max(...memories.map(({ heap }) => heap)),
    postgres: Number(seen?.[0]?.count),
    redis: clients.match(/name=sallyport/g)?.length ?? 0,
  };
}
