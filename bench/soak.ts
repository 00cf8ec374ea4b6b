import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openCluster } from '../test/support/cluster/open.ts';
import { type Look, lookAt, percentile, slope } from './soak/figures.ts';
import { type Flow, peopleOf } from './soak/people.ts';

/**
 * `npm run soak [-- --minutes 10] [--rate FLOWS-A-SECOND]`: two nodes over PostgreSQL and Redis, each request to the
 * other one, at half of what this machine can do unless a rate is given. Arrivals don't wait for those before them.
 * Prints a line each minute; ends with 1 where memory grows in the second half, or where anything failed.
 */
const { values } = parseArgs({ options: { minutes: { type: 'string' }, rate: { type: 'string' } } });
const MINUTES = Number(values.minutes ?? 10);
/** A code counts once in half a minute: so many carry ten arrivals in a hundred at 60 a second. */
const PEOPLE = 200;
/** Of ten arrivals. A sign-in is with password and code; the rest is by those who are signed in. */
const MIX: readonly Flow[] = ['sign-in', ...Array<Flow>(5).fill('visit'), 'refresh', 'refresh', 'saml', 'saml'];
const MINUTE = 60_000;
const CALIBRATION = 20_000;
/** Heap that is in use after a collection may vary by so much a minute: caches fill, and the collector has its ways. */
const FLAT = 0.5;
/** As many at once, to find out what the machine can do. */
const AT_ONCE = 8;

const say = (text: string) => process.stdout.write(`${text}\n`);

const cluster = await openCluster({
  serviceProvider: true,
  config: { lockout: { perAddress: { failures: 100_000 } }, strangers: { perAddress: 65_536 } },
});
const flows = await peopleOf(cluster, PEOPLE);
const times: number[] = [];
const errors = new Map<string, number>();
let done = 0;
let open = 0;

async function once(flow: Flow): Promise<void> {
  const began = performance.now();
  open += 1;
  try {
    await flows[flow]();
    times.push(performance.now() - began);
  } catch (error) {
    const what = `${flow}: ${(error as Error).message}`;
    errors.set(what, (errors.get(what) ?? 0) + 1);
  }
  open -= 1;
  done += 1;
}

/** Without sign-ins, whose codes would be spent; they cost what some five visits do. */
async function capacity(): Promise<number> {
  const until = performance.now() + CALIBRATION;
  const others = MIX.filter((flow) => flow !== 'sign-in');
  let count = 0;
  const worker = async () => {
    for (; performance.now() < until; count += 1) await once(others[count % others.length] ?? 'visit');
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return (count * 1_000) / CALIBRATION / 1.5;
}

async function soak(rate: number): Promise<Look[][]> {
  const began = performance.now();
  const looks: Look[][] = [];
  const running = new Set<Promise<void>>();
  let arrived = 0;
  for (let minute = 1; minute <= MINUTES; minute += 1) {
    const before = { done, failed: failures() };
    times.length = 0;
    while (performance.now() - began < minute * MINUTE) {
      for (; arrived < ((performance.now() - began) / 1_000) * rate; arrived += 1) {
        const flow = once(MIX[arrived % MIX.length] ?? 'visit').finally(() => running.delete(flow));
        running.add(flow);
      }
      await pause(5);
    }
    const nodes = await lookAt(cluster);
    looks.push(nodes);
    const at = (share: number) => percentile(times, share).toFixed(0);
    const told = nodes.map(
      ({ heap, rss, sockets, lag }) =>
        `heap ${heap.toFixed(1)} rss ${rss.toFixed(0)} MB, ${sockets} sockets, lag p99 ${lag.toFixed(0)} ms`,
    );
    say(
      `${minute} min: ${done - before.done} flows, p50 ${at(0.5)} p99 ${at(0.99)} ms, ${failures() - before.failed} errors, ${open} open; a: ${told[0]}; b: ${told[1]}`,
    );
  }
  await Promise.all(running);
  return looks;
}

const failures = (): number => [...errors.values()].reduce((sum, count) => sum + count, 0);

/** Megabytes a minute over the second half, of all nodes the most. */
function growth(looks: readonly Look[][], of: 'heap' | 'rss'): number {
  const half = looks.slice(Math.floor(looks.length / 2));
  return Math.max(...cluster.nodes.map((_, at) => slope(half.map((nodes) => nodes[at]?.[of] ?? 0))));
}

const rate = values.rate === undefined ? (await capacity()) / 2 : Number(values.rate);
say(`${rate.toFixed(1)} flows a second for ${MINUTES} minutes`);
const looks = await soak(rate);
const [heap, rss] = [growth(looks, 'heap'), growth(looks, 'rss')];
for (const [what, count] of errors) say(`${count} × ${what}`);
const flat = heap <= FLAT;
say(
  `second half: heap ${heap.toFixed(2)} MB a minute, rss ${rss.toFixed(2)}: ${flat ? 'flat' : 'it grows'}; ${failures()} errors`,
);
await cluster.close();
process.exit(flat && failures() === 0 ? 0 : 1);
