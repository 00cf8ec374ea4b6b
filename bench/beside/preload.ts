import { generateKeyPairSync, sign } from 'node:crypto';
import { countTrips, redisCommands, statements } from '../../test/support/trips.ts';

/** Loaded into a server before it starts: it tells its parent what it has used so far, and asked of its stores. */
export interface Told {
  /** Processor seconds. */
  cpu: number;
  /** Trips, and statements, while it was told to count. */
  redis: number;
  postgres: number;
  statements: number;
  /** RSA-2048 signatures a second of its processor, now. */
  signatures: number;
  /** Bytes. */
  rss: number;
}

const SIGNATURES = 60;
const sums = { redis: 0, postgres: 0, statements: 0 };
let counting: Record<'redis' | 'postgres', ReturnType<typeof countTrips>> | undefined;

function count(): void {
  counting ??= {
    postgres: countTrips(Number(process.env.BENCH_POSTGRES ?? 0), statements),
    redis: countTrips(Number(process.env.BENCH_REDIS ?? 0), redisCommands),
  };
}

function taken(): void {
  if (counting === undefined) return;
  sums.redis += counting.redis.taken().length;
  const trips = counting.postgres.taken();
  sums.postgres += trips.length;
  sums.statements += trips.reduce((sum, trip) => sum + trip.length, 0);
}

/** In the order in which they were put there. */
function rest(): void {
  counting?.redis.stop();
  counting?.postgres.stop();
  counting = undefined;
}

const ASKED: ReadonlySet<unknown> = new Set(['tell', 'sign', 'count', 'rest']);
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const data = Buffer.alloc(256);

function processor(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

process.on('message', (what) => {
  if (!ASKED.has(what)) return;
  taken();
  if (what === 'count') count();
  if (what === 'rest') rest();
  const cpu = processor();
  if (what === 'sign') for (let left = SIGNATURES; left > 0; left -= 1) sign('sha256', data, privateKey);
  const signatures = what === 'sign' ? SIGNATURES / (processor() - cpu) : 0;
  process.send?.({ ...sums, cpu, signatures, rss: process.memoryUsage.rss() } satisfies Told);
});
process.on('disconnect', () => process.exit(0));
