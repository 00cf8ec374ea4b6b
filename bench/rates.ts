import { generateKeyPairSync, sign } from 'node:crypto';

/** Processor seconds of this process so far. */
function processor(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** How often `once` runs in a second of one processor, whatever else the machine is doing. Milliseconds of wall time. */
export async function perCore(once: () => unknown, duration = 2_000): Promise<number> {
  const [until, began] = [performance.now() + duration, processor()];
  let count = 0;
  for (; performance.now() < until; count += 1) await once();
  return count / (processor() - began);
}

/** RSA-2048 signatures per second of one processor, now: what everything here is measured beside. */
export async function signatures(): Promise<number> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const data = Buffer.alloc(256);
  const batch = () => {
    for (let left = 50; left > 0; left -= 1) sign('sha256', data, privateKey);
  };
  return Math.round(50 * (await perCore(batch, 1_000)));
}

/** Runs `once` over and over, some at a time, for a while (milliseconds); answers how many a second. */
export async function rate(once: () => unknown, { atOnce = 8, duration = 5_000 } = {}): Promise<number> {
  const until = performance.now() + duration;
  let count = 0;
  const worker = async () => {
    for (; performance.now() < until; count += 1) await once();
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return (count * 1_000) / duration;
}
