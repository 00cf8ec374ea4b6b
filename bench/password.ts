import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { createQueue } from '../src/core/queue.ts';
import { createHasher } from '../src/directories/local/hasher.ts';
import { settings } from '../src/directories/local/settings.ts';

const STORM = 120;

/**
 * A storm of sign-ins, by how many passwords are hashed at once: hashes a second, and what someone else
 * waits meanwhile for a file, which takes a thread of the same pool (50th and 99th percentile).
 */
export async function passwords(): Promise<Record<string, string | number>[]> {
  const rows: Record<string, string | number>[] = [];
  for (const atOnce of [1, 2, 3, 4]) rows.push(await storm(atOnce));
  return rows;
}

async function storm(atOnce: number): Promise<Record<string, string | number>> {
  const hasher = createHasher(settings.parse({}).hash, createQueue(atOnce, STORM));
  const password = randomBytes(12).toString('base64url');
  const hash = await hasher.hash(password);
  let under = true;
  const waits = bystander(() => under);
  const begun = performance.now();
  await Promise.all(Array.from({ length: STORM }, () => hasher.verify(hash, password)));
  const seconds = (performance.now() - begun) / 1000;
  under = false;
  const sorted = (await waits).sort((a, b) => a - b);
  const percentile = (share: number) => `${(sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1)} ms`;
  return {
    'at once': atOnce,
    'hashes/s': Math.round(STORM / seconds),
    'p50 wait': percentile(0.5),
    'p99 wait': percentile(0.99),
  };
}

async function bystander(go: () => boolean): Promise<number[]> {
  const waits: number[] = [];
  while (go()) {
    const begun = performance.now();
    await stat(import.meta.filename);
    waits.push(performance.now() - begun);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return waits;
}
