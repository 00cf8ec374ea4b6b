import { generateKeyPairSync, sign } from 'node:crypto';
import { countTrips, redisCommands, statements } from '../../test/support/trips.ts';

/** Loaded into a server before it starts: it tells its parent what it has used so far, and asked of its stores. */
export interface Told {
  /** Processor seconds. */
  cpu: number;
  redis: number;
  sql: number;
  /** RSA-2048 signatures a second of its processor, now. */
  signatures: number;
  /** Bytes. */
  rss: number;
}

const SIGNATURES = 60;
const redis = countTrips(Number(process.env.BENCH_REDIS ?? 0), redisCommands);
const sql = countTrips(Number(process.env.BENCH_POSTGRES ?? 0), statements);
const sums = { redis: 0, sql: 0 };
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const data = Buffer.alloc(256);

function processor(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

process.on('message', (what) => {
  if (what !== 'tell' && what !== 'sign') return;
  sums.redis += redis.taken().length;
  sums.sql += sql.taken().length;
  const cpu = processor();
  if (what === 'sign') for (let left = SIGNATURES; left > 0; left -= 1) sign('sha256', data, privateKey);
  const signatures = what === 'sign' ? SIGNATURES / (processor() - cpu) : 0;
  process.send?.({ ...sums, cpu, signatures, rss: process.memoryUsage.rss() } satisfies Told);
});
process.on('disconnect', () => process.exit(0));
