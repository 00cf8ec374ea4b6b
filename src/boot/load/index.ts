import { OverloadedError } from '../../core/errors.ts';
import type { Load } from '../../core/load.ts';
import type { Config } from '../config.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Lag } from './lag.ts';

/** When whoever is refused is to come again, milliseconds. */
const AGAIN = 5_000;

interface Watched {
  lag: Pick<Lag, 'now'>;
  metrics: Pick<Metrics, 'shed'>;
}

/** No sign-in begins while the process is further behind than `overload.lag`. */
export function loadOf({ overload }: Pick<Config, 'overload'>, { lag, metrics }: Watched): Load {
  return {
    begin() {
      const behind = lag.now();
      if (behind <= overload.lag) return;
      metrics.shed('begin');
      throw new OverloadedError(`the process is ${Math.round(behind)} ms behind`, AGAIN);
    },
  };
}
