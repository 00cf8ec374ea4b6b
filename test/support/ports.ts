import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ListenOptions } from 'node:net';

/** Below what the system gives to connections and to whoever asks for any port (Linux: from 32768 on). */
const FIRST = 20_000;
const COUNT = 12_000;

/**
 * A TCP port on the loopback address that is free, and that no other process of the tests is given while this one
 * lives: a server that a test kills and starts again finds it free. Of those that the system hands out by itself, it
 * could be a connection's by then.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + randomInt(COUNT);
    if ((await claim(port)) && (await isFree(port))) return port;
  }
}

/** By a name that one process holds at a time, and that the system frees with the process (unix(7), abstract sockets). */
async function claim(port: number): Promise<boolean> {
  // Where there are no such names, what was free a moment ago has to do.
  if (process.platform !== 'linux') return true;
  return (await listening({ path: `\0sallyport-tests-${port}` })) !== undefined;
}

async function isFree(port: number): Promise<boolean> {
  const server = await listening({ port, host: '127.0.0.1' });
  server?.close();
  if (server) await once(server, 'close');
  return server !== undefined;
}

async function listening(where: ListenOptions) {
  const server = createServer().unref();
  server.listen(where);
  try {
    await once(server, 'listening');
    return server;
  } catch {
    return undefined;
  }
}
