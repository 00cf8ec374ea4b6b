import { SallyportError } from '../../core/errors.ts';
import { readResult } from '../commands.ts';
import { decidingOf } from '../compare.ts';
import { loadConfig } from '../config.ts';
import { callControl, controlPath } from '../control.ts';
import type { Context } from './context.ts';

/** Asks the running server which decisions would be others by the configuration that is meant. */
export async function compareRules({ io, file, modules, show }: Context): Promise<void> {
  const config = loadConfig(file(), await modules(), io.env);
  const input = { args: [], options: {}, stdin: JSON.stringify(decidingOf(config)) };
  const answered = await callControl(controlPath(config.data), { name: 'policy compare', input });
  if (answered === undefined) {
    const message = `no server runs on ${config.data}, the data folder that ${file()} names: nothing to compare with`;
    throw new SallyportError('ERR_INPUT', message);
  }
  show(readResult(answered.result));
}
