import { ConfigError } from '../../core/errors.ts';

/** Says why the server can't start, and ends the process. */
export function giveUp(error: unknown): never {
  process.stderr.write(error instanceof ConfigError ? `${wordsOf(error)}\n` : `sallyport: ${wordsOf(error)}\n`);
  // At once: a port may be open already, and what is half started must not go on, nor hold the data.
  process.exit(1);
}

export function wordsOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof ConfigError ? `The configuration has faults:\n${message}` : message;
}
