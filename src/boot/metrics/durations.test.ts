import { AggregatorRegistry, Histogram, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { durations } from './durations.ts';

const ABOUT = { name: 'took', help: 'How long.', buckets: [0.001, 0.01, 0.1] };
const LABELS = [
  { store: 'a', operation: 'get' },
  { store: 'a', operation: 'set "x"' },
];
const SECONDS = [0, 0.001, 0.0010001, 0.05, 0.1, 7];

it('tells what prom-client’s own histogram tells, also of two that ask for the same, and of several workers', async () => {
  const [ours, theirs] = [new Registry(), new Registry()];
  const own = durations({ ...ABOUT, registers: [ours] });
  const other = new Histogram({ ...ABOUT, labelNames: ['store', 'operation'], registers: [theirs] });
  for (const labels of LABELS) {
    for (const seconds of SECONDS) {
      // Asked for anew each time: it is one series all the same.
      own.of({ ...labels }).observe(seconds);
      other.observe(labels, seconds);
    }
  }
  expect(await ours.metrics()).toBe(await theirs.metrics());
  expect(await ours.metrics()).toContain('took_bucket{le="0.01",store="a",operation="get"} 3');
  const workers = async (registry: Registry) => {
    const told = await registry.getMetricsAsJSON();
    return AggregatorRegistry.aggregate(JSON.parse(JSON.stringify([told, told]))).metrics();
  };
  expect(await workers(ours)).toBe(await workers(theirs));
});
