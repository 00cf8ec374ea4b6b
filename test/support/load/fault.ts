import { expect, vi } from 'vitest';
import type { Cluster } from '../cluster.ts';
import type { Load } from './load.ts';

/** How long anything may take on a busy machine, milliseconds; what it took is printed. */
const BUSY = { timeout: 180_000, interval: 25 };

export interface Measured {
  /** Milliseconds until no node said any more that it is ready. */
  unready: number;
  /** Milliseconds until all were again, and until each had a whole sign-in that was begun after it. */
  ready: number;
  works: number;
}

export interface Fault {
  away(): unknown;
  back(): unknown;
  /** False where nodes stay ready, for it is a moment. */
  isFelt?: boolean;
}

/** So many sign-ins that were begun from now on. */
export async function signIns(load: Load, count: number): Promise<number> {
  const began = Date.now();
  await vi.waitFor(() => expect(load.since(began)).toBeGreaterThanOrEqual(count), BUSY);
  return Date.now() - began;
}

const allReady = async (cluster: Cluster, ready: boolean) =>
  vi.waitFor(async () => {
    const all = await Promise.all(cluster.nodes.map((node) => node.ready()));
    expect(all).toEqual(cluster.nodes.map(() => ready));
  }, BUSY);

/** Takes something away under load, sees that the nodes say so and people are refused, and brings it back. */
export async function goThrough(cluster: Cluster, load: Load, { away, back, isFelt = true }: Fault): Promise<Measured> {
  await signIns(load, 2);
  const refused = () => load.ledger.answers.get(503) ?? 0;
  const before = refused();
  const gone = Date.now();
  await away();
  if (isFelt) {
    await allReady(cluster, false);
  }
  const unready = Date.now() - gone;
  if (isFelt) await vi.waitFor(() => expect(refused()).toBeGreaterThan(before + 3), BUSY);
  await back();
  const returned = Date.now();
  await allReady(cluster, true);
  const ready = Date.now() - returned;
  const works = await signIns(load, cluster.nodes.length).then(() => Date.now() - returned);
  await signIns(load, 2);
  return { unready, ready, works };
}

/** For whoever reads what the tests say. */
export function print(what: string, measured: object): void {
  const facts = Object.entries(measured).map(([name, value]) => `${name} ${Math.round(value)}`);
  process.stdout.write(`${what}: ${facts.join(', ')}\n`);
}
