import { dirname, resolve } from 'node:path';
import { ConfigError } from '../../core/errors.ts';
import type { Modules } from '../modules.ts';
import { type Environment, readEnvironment } from './environment.ts';
import { faultsOf, wording } from './faults.ts';
import { readSource } from './read.ts';
import { jsonSchemaOf, type Parsed, sectionsOf } from './schema.ts';
import { dotted, withValue } from './tree.ts';

/** As if nothing were installed: enough for what concerns no plug-in. */
const NO_MODULES: Modules = {
  factors: new Map(),
  doors: new Map(),
  directories: new Map(),
  senders: new Map(),
  stores: { durable: new Map(), ephemeral: new Map() },
};

/**
 * The `management` section alone, without loading a plug-in, for a health check.
 * Faults elsewhere are for those who start the server.
 *
 * @throws ConfigError
 */
export function managementOf(file: string, env: Environment): Parsed['management'] {
  const path = resolve(file);
  const { tree, faults } = readSource(path, file);
  if (faults.length > 0) throw new ConfigError(faults);
  const schema = jsonSchemaOf(NO_MODULES);
  const { settings } = readEnvironment(env, schema, dirname(path));
  const merged = settings
    .filter(({ path: [section] }) => section === 'management')
    .reduce<unknown>((value, setting) => withValue(value, setting.path.slice(1), setting.value), tree.management);
  const result = sectionsOf(NO_MODULES).management.safeParse(merged, { error: wording });
  if (result.success) return result.data;
  const found = faultsOf(result.error.issues, 'management', schema);
  throw new ConfigError(found.map((fault) => ({ file, path: dotted(fault.path), message: fault.message })));
}
