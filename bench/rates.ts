import { generateKeyPairSync, sign } from 'node:crypto';

/** RSA-2048 signatures per second on this machine, now: what everything here is measured beside. */
export function signatures(): number {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const data = Buffer.alloc(256);
  const until = performance.now() + 1_000;
  let count = 0;
  for (; performance.now() < until; count += 1) sign('sha256', data, privateKey);
  return count;
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
