import { ConfigError } from '../../core/errors.ts';

/** Says why the server can't start, and ends the process. */
export function giveUp(error: unknown): never {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(
    error instanceof ConfigError ? `The configuration has faults:\n${message}\n` : `sallyport: ${message}\n`,
  );
  // At once: a port may be open already, and what is half started must not go on, nor hold the data.
  process.exit(1);
}
