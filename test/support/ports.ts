import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below what the system gives to connections and to whoever asks for any port (Linux: from 32768 on). */
const FIRST = 20_000;
const COUNT = 12_000;

/**
 * A TCP port on the loopback address that was free a moment ago. Of those that the system hands out by itself, it could
 * be another's by the time that a server listens on it: two files of tests run side by side, and all of them connect.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + randomInt(COUNT);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
