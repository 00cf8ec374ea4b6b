/**
 * The server's process: from the command line to listening ports, and from a signal to the end. It needs a
 * configuration and the gateway that is made from it; `main.ts` calls nothing else.
 */
import { defaultConfigFile } from '../config/default-file.ts';
import { giveUp } from './failing.ts';
import { optionsOf } from './options.ts';
import { serveByWorkers } from './primary.ts';
import { onHangUp } from './signals.ts';
import { serveAlone } from './single.ts';
import { STOPPED_WITHIN, stopOnce, stopOnSignal } from './stopping.ts';
import { serveAsWorker } from './worker.ts';

/** Serves until a signal ends it. Whatever keeps it from starting is said on standard error, and the exit code is 1. */
export async function serve(args: readonly string[]): Promise<void> {
  try {
    const { config, workers, worker, whenReady } = optionsOf(args);
    const file = config ?? defaultConfigFile(process.env);
    if (worker !== undefined) return await serveAsWorker(file, worker, whenReady);
    const serving = workers === undefined ? await serveAlone(file) : await serveByWorkers(file, workers);
    // Workers have their own bound, and are killed after it.
    const stop = stopOnce(serving.stop, workers === undefined ? STOPPED_WITHIN : STOPPED_WITHIN + 5_000);
    stopOnSignal(stop);
    onHangUp({ reload: () => void serving.reload(), stop });
  } catch (error) {
    giveUp(error);
  }
}
