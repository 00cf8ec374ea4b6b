import { setImmediate, setTimeout } from 'node:timers/promises';
import { createDurableStore } from '../../src/durable/index.ts';
import { createUrlSource } from '../../src/saml/metadata/sources/url.ts';
import { aggregateId } from '../../src/saml/metadata/testing/aggregate.ts';
import { anything, metadataPorts } from '../../src/saml/metadata/testing/ports.ts';
import sqlite from '../../src/stores/sqlite/index.ts';

/** What a process that loads an aggregate looks like meanwhile and afterwards. Bytes and milliseconds. */
export interface Measured {
  providers: number | undefined;
  found: boolean;
  failure: string | undefined;
  /** Growth of the memory that the process keeps. */
  kept: number;
  /** Growth of what JavaScript and its buffers keep of it. */
  held: number;
  /** The most that this thread worked between two turns of its event loop: so long nobody else was served. */
  stall: number;
  /** The same for a start from the kept copy. */
  restart: number;
}

export interface Order {
  url: string;
  certificate: string;
  count: number;
  database: string;
}

/** A process of its own: memory is measured, and a test runner's would be in the way. */
process.once('message', async (order: Order) => {
  const measured = await measure(order);
  process.send?.(measured, () => process.exit());
});

async function measure({ url, certificate, count, database }: Order): Promise<Measured> {
  const durable = await createDurableStore(await sqlite.open(sqlite.settings.parse({ file: database })));
  const { ports } = metadataPorts(durable);
  const settings = { url, certificate, refresh: 6 * 3_600_000, maxValidity: 30 * 86_400_000 };
  // What moving so many bytes makes V8's young generation grow by stays in any case.
  for await (const _piece of (await fetch(url)).body ?? []) await setImmediate();
  await durable.ping();
  const before = await memory();
  const first = createUrlSource('fed', settings, ports, anything);
  const stall = await watch(async () => {
    await first.start();
    await first.refresh();
  });
  const after = await memory();
  const { providers, lastFailure } = first.health();
  await first.close();
  const second = createUrlSource('fed', settings, ports, anything);
  const restart = await watch(() => second.start());
  const found = (await second.find(aggregateId(count - 1))) !== undefined;
  await second.close();
  await durable.close();
  const growth = { kept: after.rss - before.rss, held: after.held - before.held };
  return { providers, found, failure: lastFailure?.reason, ...growth, stall, restart };
}

async function memory(): Promise<{ rss: number; held: number }> {
  for (let times = 0; times < 5; times++) {
    globalThis.gc?.();
    await setImmediate();
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, held: heapUsed + external };
}

/** The longest turn of the event loop while something runs, by this thread's own CPU: others' load doesn't count. */
async function watch(work: () => Promise<void>): Promise<number> {
  let longest = 0;
  let done = false;
  const turns = (async () => {
    let last = process.threadCpuUsage();
    while (!done) {
      await setTimeout(1);
      const now = process.threadCpuUsage();
      longest = Math.max(longest, (now.user + now.system - last.user - last.system) / 1000);
      last = now;
    }
  })();
  await work();
  done = true;
  await turns;
  return longest;
}
