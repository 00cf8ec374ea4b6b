import { Counter, Histogram, type Registry } from 'prom-client';
import type { WorkMeter } from '../../core/load.ts';
import { askedGauge } from './gauges.ts';

/** Seconds: of one hash, and of the wait for its turn. */
const TOOK = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];
const WAITED = [0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The queue of passwords to be hashed, of each directory that keeps some itself. */
export function measureHashing(registers: Registry[]): (directory: string) => WorkMeter {
  const queues = new Map<string, Parameters<WorkMeter['watch']>[0]>();
  const labelNames = ['directory'];
  const sizes = { labelNames, aggregator: 'sum' } as const;
  const each = (size: 'waiting' | 'running') =>
    [...queues].map(([directory, queue]) => ({ labels: { directory }, value: queue[size]() }));
  askedGauge(
    registers,
    { ...sizes, labelNames, name: 'sallyport_hashing_waiting', help: 'Passwords that wait to be hashed.' },
    () => each('waiting'),
  );
  askedGauge(
    registers,
    { ...sizes, labelNames, name: 'sallyport_hashing_running', help: 'Passwords that are being hashed.' },
    () => each('running'),
  );
  const waited = new Histogram({
    name: 'sallyport_hashing_wait_seconds',
    help: 'How long passwords waited for their turn.',
    ...{ labelNames, buckets: WAITED, registers },
  });
  const took = new Histogram({
    name: 'sallyport_hashing_seconds',
    help: 'How long hashing a password took, once it began.',
    ...{ labelNames, buckets: TOOK, registers },
  });
  const refused = new Counter({
    name: 'sallyport_hashing_refused_total',
    help: 'Passwords that were not looked at: as many waited as may, or they had waited as long as they may.',
    labelNames: ['directory', 'reason'],
    registers,
  });
  return (directory) => ({
    watch: (queue) => void queues.set(directory, queue),
    ended(wait, time) {
      waited.observe({ directory }, wait / 1000);
      took.observe({ directory }, time / 1000);
    },
    refused: (reason) => refused.inc({ directory, reason }),
  });
}
