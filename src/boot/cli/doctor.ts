import { ConfigError } from '../../core/errors.ts';
import { type Config, loadConfig } from '../config.ts';
import { examine, linesOf, type Told } from '../doctor/index.ts';
import type { Context } from './context.ts';

/** Looks at all that surrounds an installation: exit code 1 where something is wrong. */
export async function doctor(context: Context, { json = false }: { json?: boolean }): Promise<void> {
  const found = await look(context);
  const lines = json ? JSON.stringify(found, undefined, 2).split('\n') : linesOf(found);
  context.show({ lines, exitCode: found.some(({ level }) => level === 'fault') ? 1 : 0 });
}

async function look({ io, file, modules: find }: Context): Promise<Told[]> {
  const modules = await find();
  let config: Config;
  try {
    config = loadConfig(file(), modules, io.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const todo = 'Without it nothing else can be looked at.';
    return error.message.split('\n').map((text) => ({ about: 'configuration', level: 'fault', text, todo }));
  }
  return await examine(config, modules);
}
