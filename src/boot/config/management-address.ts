import { resolve } from 'node:path';
import type { Environment } from './environment.ts';
import { readSource } from './read.ts';
import { isTree } from './tree.ts';

/** Where health and metrics are served unless the configuration says otherwise. */
export const MANAGEMENT = { host: '127.0.0.1', port: 3003 };

/**
 * The management address, where the file gives it plainly: a health check runs every few seconds, and needs no
 * schema then. Undefined for whatever is out of the ordinary, which `managementOf` reads, and whose faults it tells.
 */
export function plainAddress(file: string, env: Environment): { host: string; port: number } | undefined {
  if (Object.keys(env).some((name) => name.startsWith('SALLYPORT_MANAGEMENT'))) return undefined;
  const { tree, faults } = readSource(resolve(file), file);
  const { management = {} } = tree;
  if (faults.length > 0 || !isTree(management)) return undefined;
  const { host = MANAGEMENT.host, port = MANAGEMENT.port, dangerouslyPublic = false, ...unknown } = management;
  if (typeof host !== 'string' || host === '' || typeof dangerouslyPublic !== 'boolean') return undefined;
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) return undefined;
  return Object.keys(unknown).length === 0 ? { host, port } : undefined;
}
