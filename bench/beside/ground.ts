import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../test/support/ports.ts';
import { startPostgres } from '../../test/support/postgres.ts';
import { startRedis } from '../../test/support/redis.ts';
import type { Server, Stores } from './servers.ts';

/** What all servers of a run stand on. */
export interface Ground {
  folder: string;
  stores: Stores;
  /** Of their applications. */
  site: string;
  /** Those that were started are stopped with it. */
  servers: Server[];
}

/** Starts stores for a measurement, and ends them and all servers after it. */
export async function onGround<T>(measure: (ground: Ground) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  const [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
  const servers: Server[] = [];
  try {
    return await measure({
      ...{ folder, servers, stores: { redis, postgres } },
      site: `http://127.0.0.1:${await freePort()}`,
    });
  } finally {
    for (const server of servers) server.stop();
    await redis.stop();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
