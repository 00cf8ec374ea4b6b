import { expect, vi } from 'vitest';
import type { Cluster } from '../cluster.ts';
import { checkLedger } from './check.ts';
import { type Fault, goThrough, print, signIns } from './fault.ts';
import { startLoad } from './load.ts';
import { people } from './people.ts';
import { type Resources, resourcesOf } from './resources.ts';

/** One after the other, each under load, with what it is called. */
export type Faults = readonly (readonly [what: string, fault: Fault])[];

/** For a whole run on a busy machine, milliseconds. */
export const LONG = 900_000;
/** Connections that may be open later and weren't before: of pools that had no need of them, and kept by the proxy. */
const MORE_SOCKETS = 40;
/** Bytes of the script's heap that may come and go. */
const MORE_HEAP = 40 << 20;
/** People there are, for each fault. */
const PEOPLE = 150;

/**
 * Puts people on two nodes, lets one fault after the other happen, and holds what was acknowledged against what there
 * is; prints what it took. `redis`: where to ask who is connected.
 */
export async function endure(cluster: Cluster, faults: Faults, redis: string): Promise<void> {
  const load = startLoad(cluster, { people: await people(cluster, PEOPLE * (faults.length + 1)) });
  await signIns(load, 4);
  const before = await resourcesOf(cluster, redis);
  for (const [what, fault] of faults) print(what, await goThrough(cluster, load, fault));
  const { ledger } = load;
  await load.stop();
  await checkLedger(cluster, load);
  const restored = await vi.waitFor(
    async () => {
      const now = await resourcesOf(cluster, redis);
      expectRestored(now, before);
      return now;
    },
    { timeout: 60_000, interval: 500 },
  );
  print('before', before);
  print('after', restored);
  const { 0: unanswered = 0, 503: refused = 0 } = Object.fromEntries(ledger.answers);
  print('sign-ins', { whole: ledger.signIns.length, begunAnew: ledger.givenUp.length, refused, unanswered });
  print('slowest answer', { ms: ledger.slowest });
}

function expectRestored(now: Resources, before: Resources): void {
  expect(now.redis).toBe(before.redis);
  expect(now.sockets).toBeLessThan(before.sockets + MORE_SOCKETS);
  expect(now.postgres).toBeLessThan(before.postgres + MORE_SOCKETS);
  expect(now.heap).toBeLessThan(before.heap + MORE_HEAP);
}
