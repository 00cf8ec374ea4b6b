import type { Parsed } from '../config/schema.ts';

const PATIENCE = 3000;

/** Asks the management port whether the server is ready; the line to print, and the exit code. */
export async function healthcheck({ host, port }: Parsed['management']): Promise<{ line: string; exitCode: number }> {
  const url = `http://${reachable(host)}:${port}/health/ready`;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE), redirect: 'error' });
    await response.body?.cancel();
    return response.ok
      ? { line: 'ready', exitCode: 0 }
      : { line: `not ready: ${url} answered ${response.status}`, exitCode: 1 };
  } catch (error) {
    const { cause, message } = error as Error;
    return {
      line: `not ready: ${url}: ${cause instanceof Error ? cause.message || cause.name : message}`,
      exitCode: 1,
    };
  }
}

/** An address to call for an address to listen on. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
