import { Counter, type Registry } from 'prom-client';
import type { ArrivalMeter } from '../../core/listening.ts';
import { askedGauge } from './gauges.ts';
import type { Labels } from './labels.ts';

/** What arrived at ports of doors' own, and what became of it: the words are the door's. */
export function countArrivals(registers: Registry[], labels: Labels): (door: string) => ArrivalMeter {
  const arrivals = new Counter({
    name: 'sallyport_arrivals_total',
    help: 'What arrived at the ports of doors of their own: by door, application, and what became of it.',
    labelNames: ['door', 'application', 'outcome'],
    registers,
  });
  const watched = new Map<string, Parameters<ArrivalMeter['watch']>[0]>();
  const about = {
    name: 'sallyport_arrivals_last_timestamp_seconds',
    help: 'When the last of a kind arrived from an application, at any process: 0 where none ever did.',
    labelNames: ['door', 'application', 'outcome'],
    aggregator: 'max' as const,
  };
  askedGauge(registers, about, async () => {
    const all = await Promise.all(
      [...watched].map(async ([door, last]) =>
        (await last()).map(({ application, outcome, at }) => ({
          labels: { door, application: labels.application(application), outcome },
          value: at / 1_000,
        })),
      ),
    );
    return all.flat();
  });
  return (door) => ({
    watch: (last) => void watched.set(door, last),
    count: (outcome, application) =>
      arrivals.inc({ door, outcome, application: application === undefined ? '' : labels.application(application) }),
  });
}
