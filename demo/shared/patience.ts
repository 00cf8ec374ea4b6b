const PATIENCE = 10_000;
const PAUSE = 250;

/**
 * Reads what somebody publishes who may not be up yet: asks again for ten seconds, or until `stop`. `read` gets a
 * signal that ends a call of that length. Throws `failed` of the last error.
 */
export async function patiently<T>(
  read: (signal: AbortSignal) => Promise<T>,
  stop: AbortSignal,
  failed: (cause: unknown) => Error,
): Promise<T> {
  const end = Date.now() + PATIENCE;
  for (;;) {
    try {
      return await read(AbortSignal.any([stop, AbortSignal.timeout(PATIENCE)]));
    } catch (cause) {
      if (stop.aborted || Date.now() > end) throw failed(cause);
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
}
