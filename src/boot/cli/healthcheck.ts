import { get } from 'node:http';
import type { CommandResult } from '../../core/directory.ts';
import type { Environment } from '../config/environment.ts';
import { plainAddress } from '../config/management-address.ts';

const PATIENCE = 3000;

/**
 * Asks the management port whether the server is ready.
 *
 * @throws ConfigError if the configuration doesn't say where that is
 */
export async function healthcheck(file: string, env: Environment): Promise<CommandResult> {
  const { host, port } = plainAddress(file, env) ?? (await import('../config/management.ts')).managementOf(file, env);
  const url = `http://${reachable(host)}:${port}/health/ready`;
  try {
    const status = await statusOf(url);
    // A redirect isn't followed, and isn't an answer.
    const ready = status >= 200 && status < 300;
    return ready ? { lines: ['ready'], exitCode: 0 } : notReady(`${url} answered ${status}`);
  } catch (error) {
    const { message, name } = error as Error;
    return notReady(`${url}: ${message || name}`);
  }
}

function notReady(why: string): CommandResult {
  return { lines: [`not ready: ${why}`], exitCode: 1 };
}

/** By `node:http`, which is there at once: `fetch` is a library of its own to load. */
function statusOf(url: string): Promise<number> {
  return new Promise((done, fail) => {
    const request = get(url, { signal: AbortSignal.timeout(PATIENCE), agent: false }, (response) => {
      done(response.statusCode ?? 0);
      response.destroy();
    });
    request.once('error', fail);
  });
}

/** An address to call for an address to listen on. */
export function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
