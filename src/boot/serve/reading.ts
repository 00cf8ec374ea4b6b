import { resolve } from 'node:path';
import { ConfigError } from '../../core/errors.ts';
import type { Environment } from '../config/environment.ts';
import { namedIn } from '../config/named.ts';
import { readSource } from '../config/read.ts';
import { type Config, loadConfig } from '../config.ts';
import { type GrowingModules, growingModules, type Modules } from '../modules.ts';

/** A configuration, and the plug-ins that it names. */
export interface Reading {
  config: Config;
  modules: Modules;
  /** Reads it again, and loads what it then names besides. Rejects with ConfigError. */
  again(): Promise<Config>;
}

/** @throws ConfigError with every fault that can be found in one pass */
export async function readNamed(file: string, env: Environment = process.env): Promise<Reading> {
  const modules = growingModules();
  const again = () => read(file, modules, env);
  return { modules, config: await again(), again };
}

async function read(file: string, modules: GrowingModules, env: Environment): Promise<Config> {
  await modules.load(namedIn(readSource(resolve(file), file).tree, env));
  try {
    return loadConfig(file, modules, env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // What is wrong is told beside all that could be meant.
    await modules.complete();
    return loadConfig(file, modules, env);
  }
}
