import { parseArgs } from 'node:util';
import { SallyportError } from '../../core/errors.ts';

/** What the server is started with. */
export interface Options {
  /** File of the configuration. */
  config?: string | undefined;
  /** How many processes share the port; without it this one serves alone. */
  workers?: number | undefined;
  /** Which of them this process is; given by the primary. */
  worker?: number | undefined;
  /** A worker that takes another's place: it takes no request before all that it needs is there. */
  whenReady: boolean;
}

const MOST_WORKERS = 64;
/** With those that stand in while workers are replaced. */
const MOST_NUMBER = 99;

/** Throws a TypeError of Node's, which says what is wrong, for what isn't known. */
export function optionsOf(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      config: { type: 'string', short: 'c' },
      workers: { type: 'string' },
      worker: { type: 'string' },
      'when-ready': { type: 'boolean', default: false },
    },
  });
  const { config, 'when-ready': whenReady } = values;
  const workers = countOf('--workers', values.workers, MOST_WORKERS);
  return { config, workers, worker: countOf('--worker', values.worker, MOST_NUMBER), whenReady };
}

function countOf(name: string, text: string | undefined, most: number): number | undefined {
  if (text === undefined) return undefined;
  const count = /^[1-9][0-9]?$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= most) return count;
  throw new SallyportError('ERR_INPUT', `${name} ${text}: give a number from 1 to ${most}`);
}
