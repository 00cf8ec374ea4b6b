import { dirname, resolve } from 'node:path';
import type { CommandResult } from '../../core/directory.ts';
import { ConfigError, SallyportError } from '../../core/errors.ts';
import { readResult } from '../commands.ts';
import { readSource } from '../config/read.ts';
import { callControl, controlPath } from '../control.ts';
import type { Context } from './context.ts';

/** Has the server that runs here read its configuration again. What is wrong with that is for the server to say. */
export async function reload({ io, file, show }: Context): Promise<void> {
  const answered = await callControl(controlPath(dataOf(file(), io.env)), RELOAD);
  show(answered === undefined ? NO_SERVER : readResult(answered.result));
}

const RELOAD = { name: 'config reload', input: { args: [], options: {} } };
const NO_SERVER: CommandResult = {
  lines: ['no server runs on the data folder of this configuration: it is read at the next start'],
  exitCode: 1,
};

/** Whatever else the file says: a fault in it is no reason not to find the server. */
function dataOf(file: string, env: Context['io']['env']): string {
  const path = resolve(file);
  const { tree, faults } = readSource(path, file);
  const data = env.SALLYPORT_DATA ?? tree.data;
  if (typeof data === 'string' && data !== '') return resolve(dirname(path), data);
  if (faults.length > 0) throw new ConfigError(faults);
  throw new SallyportError('ERR_CONFIG', `${file}: data: is missing: give the folder of the running server`);
}
