/**
 * The server's process: from the command line to listening ports, and from a signal to the end. It needs a
 * configuration and the gateway that is made from it; `main.ts` calls nothing else.
 */
import { defaultConfigFile } from '../config/default-file.ts';
import { giveUp } from './failing.ts';
import { optionsOf } from './options.ts';
import { onHangUp } from './signals.ts';
import { serveAlone } from './single.ts';
import { stopOnSignal } from './stopping.ts';

/** Serves until a signal ends it. Whatever keeps it from starting is said on standard error, and the exit code is 1. */
export async function serve(args: readonly string[]): Promise<void> {
  try {
    const { config } = optionsOf(args);
    const serving = await serveAlone(config ?? defaultConfigFile(process.env));
    const stop = stopOnSignal(serving.stop);
    onHangUp({ reload: () => void serving.reload(), stop });
  } catch (error) {
    giveUp(error);
  }
}
