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
}

const MOST_WORKERS = 64;

/** Throws a TypeError of Node's, which says what is wrong, for what isn't known. */
export function optionsOf(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      config: { type: 'string', short: 'c' },
      workers: { type: 'string' },
      worker: { type: 'string' },
    },
  });
  const { config } = values;
  return { config, workers: countOf('--workers', values.workers), worker: countOf('--worker', values.worker) };
}

function countOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = /^[1-9][0-9]?$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= MOST_WORKERS + 1) return count;
  throw new SallyportError('ERR_INPUT', `${name} ${text}: give a number from 1 to ${MOST_WORKERS}`);
}
