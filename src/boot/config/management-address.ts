import { resolve } from 'node:path';
import type { Environment } from './environment.ts';
import { readSource } from './read.ts';
import { isTree, type Tree } from './tree.ts';

/** Where health and metrics are served unless the configuration says otherwise. */
export const MANAGEMENT = { host: '127.0.0.1', port: 3003 };

/**
 * The management address, where the file gives it plainly: a health check runs every few seconds, and needs no
 * schema then. Undefined for whatever is out of the ordinary, which `managementOf` reads, and whose faults it tells.
 */
export function plainAddress(file: string, env: Environment): { host: string; port: number } | undefined {
  const variables = variablesOf(env);
  const { tree, faults } = readSource(resolve(file), file);
  const { management = {} } = tree;
  if (variables === undefined || faults.length > 0 || !isTree(management)) return undefined;
  const given = { ...management, ...variables };
  const { host = MANAGEMENT.host, port = MANAGEMENT.port, dangerouslyPublic = false, ...unknown } = given;
  if (typeof host !== 'string' || host === '' || typeof dangerouslyPublic !== 'boolean') return undefined;
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) return undefined;
  return Object.keys(unknown).length === 0 ? { host, port } : undefined;
}

/** What the environment says of it, as containers do; undefined where it isn't plain either. */
function variablesOf(env: Environment): Tree | undefined {
  const found: Tree = {};
  for (const [name, value = ''] of Object.entries(env)) {
    if (!name.startsWith('SALLYPORT_MANAGEMENT')) continue;
    if (name === 'SALLYPORT_MANAGEMENT_HOST' && /^[0-9.]+$/.test(value)) found.host = value;
    else if (name === 'SALLYPORT_MANAGEMENT_PORT' && /^[1-9][0-9]{0,4}$/.test(value)) found.port = Number(value);
    else if (name === 'SALLYPORT_MANAGEMENT_DANGEROUSLY_PUBLIC' && value === 'true') found.dangerouslyPublic = true;
    else return undefined;
  }
  return found;
}
