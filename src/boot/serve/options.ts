import { parseArgs } from 'node:util';

/** What the server is started with. */
export interface Options {
  /** File of the configuration. */
  config?: string | undefined;
}

/** Throws a TypeError of Node's, which says what is wrong, for what isn't known. */
export function optionsOf(args: readonly string[]): Options {
  const { values } = parseArgs({ args: [...args], options: { config: { type: 'string', short: 'c' } } });
  return values;
}
