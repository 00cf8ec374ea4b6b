import { Counter, type Registry } from 'prom-client';
import type { ArrivalMeter } from '../../core/listening.ts';
import type { Labels } from './labels.ts';

/** What arrived at ports of doors' own, and what became of it: the words are the door's. */
export function countArrivals(registers: Registry[], labels: Labels): (door: string) => ArrivalMeter {
  const arrivals = new Counter({
    name: 'sallyport_arrivals_total',
    help: 'What arrived at the ports of doors of their own: by door, application, and what became of it.',
    labelNames: ['door', 'application', 'outcome'],
    registers,
  });
  return (door) => ({
    count: (outcome, application) =>
      arrivals.inc({ door, outcome, application: application === undefined ? '' : labels.application(application) }),
  });
}
