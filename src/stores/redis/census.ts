import type { Redis } from 'ioredis';

/** Keys that are drawn from each server, and up to how many all are looked at instead. */
const DRAWN = 500;
const ALL = 2_000;
/** Keys that one SCAN looks at. */
const AT_ONCE = 1_000;

/** About how many keys begin so, for each beginning, on all servers that take writes. */
export async function census(servers: readonly Redis[], beginnings: readonly string[]): Promise<number[]> {
  const each = await Promise.all(servers.map((server) => ofOne(server, beginnings)));
  return beginnings.map((_, at) => Math.round(each.reduce((sum, counts) => sum + (counts[at] ?? 0), 0)));
}

/** A server answers for all of its keys, which others may share: each drawn key stands for its part of them. */
async function ofOne(server: Redis, beginnings: readonly string[]): Promise<number[]> {
  const total = await server.dbsize();
  if (total <= ALL) {
    const keys = await everyKey(server);
    return beginnings.map((beginning) => keys.filter((key) => key.startsWith(beginning)).length);
  }
  const drawn = await Promise.all(Array.from({ length: DRAWN }, () => server.randomkey()));
  return beginnings.map(
    (beginning) => (total * drawn.filter((key) => key?.startsWith(beginning)).length) / drawn.length,
  );
}

async function everyKey(server: Redis): Promise<string[]> {
  const keys = new Set<string>();
  let cursor = '0';
  do {
    const [next, found] = await server.scan(cursor, 'COUNT', AT_ONCE);
    for (const key of found) keys.add(key);
    cursor = next;
  } while (cursor !== '0');
  return [...keys];
}
