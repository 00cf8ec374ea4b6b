import type { Registry } from 'prom-client';
import { DEVICE, SESSION } from '../../core/keys.ts';
import type { EphemeralStore } from '../../core/store.ts';
import { askedGauge } from './gauges.ts';

/** So long what was counted is told again, milliseconds: whoever reads metrics every second counts no oftener. */
const KEPT = 60_000;

/** Sessions and remembered devices, of which the store knows about how many there are. */
export function measureKept(
  registers: Registry[],
  sources: { ephemeral?: Pick<EphemeralStore, 'census'> },
  now: () => number,
): void {
  let counted: { at: number; counts: Promise<number[]> } | undefined;
  const counts = async (): Promise<number[] | undefined> => {
    const { ephemeral } = sources;
    if (ephemeral === undefined) return undefined;
    if (counted === undefined || now() - counted.at >= KEPT) {
      counted = { at: now(), counts: ephemeral.census([SESSION, DEVICE].map((kind) => `${kind}:`)) };
      counted.counts.catch(() => {
        counted = undefined;
      });
    }
    return counted.counts;
  };
  const gauge = (name: string, help: string, at: number) =>
    askedGauge(registers, { name, help, aggregator: 'max' }, async () => {
      const value = (await counts())?.[at];
      return value === undefined ? [] : [{ value }];
    });
  gauge('sallyport_sessions', 'Browsers that somebody is signed in at, in all: counted, or reckoned from a sample.', 0);
  gauge('sallyport_remembered_devices', 'Remembered devices, in all: counted, or reckoned from a sample.', 1);
}
