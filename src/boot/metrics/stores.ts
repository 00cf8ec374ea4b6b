import { Counter, type Registry } from 'prom-client';
import type { StoreWatch } from '../observed/stores.ts';
import { type Duration, durations } from './durations.ts';

/** Seconds. The embedded stores answer within the first of these, servers within the middle ones. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5];

export function measureStores(registers: Registry[]): StoreWatch {
  const took = durations({
    name: 'sallyport_store_seconds',
    help: 'How long the operations of the stores take, also those that fail.',
    buckets: BUCKETS,
    registers,
  });
  const failed = new Counter({
    name: 'sallyport_store_failures_total',
    help: 'Operations of the stores that failed: the store was away, or refused.',
    labelNames: ['store', 'operation'],
    registers,
  });
  return (store, operation) => {
    // There from the first call on.
    let times: Duration | undefined;
    return (begun, answer) => {
      times ??= took.of({ store, operation });
      const of = times;
      const ended = () => of.observe((performance.now() - begun) / 1000);
      answer.then(ended, () => {
        ended();
        failed.inc({ store, operation });
      });
    };
  };
}
