import type { CommandResult } from '../../core/directory.ts';
import { hasCode, SallyportError } from '../../core/errors.ts';
import { type CommandRequest, readResult } from '../commands.ts';
import type { Config } from '../config.ts';
import { callControl, controlPath } from '../control.ts';
import { type DataLock, lockOwned } from '../lock.ts';
import type { Modules } from '../modules.ts';
import type { OpenHost } from './context.ts';

/**
 * Runs a command where the data is: in the server, through its socket; or here, while no server
 * runs, holding the data lock as a server would.
 *
 * @throws SallyportError ERR_DATA_LOCKED if a process holds the data and doesn't answer
 */
export async function execute(
  config: Config,
  modules: Modules,
  request: CommandRequest,
  open: OpenHost,
): Promise<CommandResult> {
  const answered = await callControl(controlPath(config.data), request);
  if (answered !== undefined) return readResult(answered.result);
  const lock = config.ownsData ? lockOrExplain(config) : undefined;
  try {
    const host = await open(config, modules);
    try {
      return await host.run(request);
    } finally {
      await host.close();
    }
  } finally {
    lock?.release();
  }
}

function lockOrExplain(config: Config): DataLock {
  try {
    return lockOwned(config);
  } catch (cause) {
    if (!hasCode(cause, 'ERR_DATA_LOCKED')) throw cause;
    const message = `${config.data} is in use by a process that doesn't answer: it may be starting or stopping, so try again`;
    throw new SallyportError('ERR_DATA_LOCKED', message, { cause });
  }
}
