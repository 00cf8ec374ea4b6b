import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { selfSigned } from './certificate.ts';
import { freePort } from './ports.ts';

const FILE = fileURLToPath(new URL('../../deploy/proxy/haproxy.cfg', import.meta.url));

/** Where a node listens on the loopback address: for people, and for whoever asks after its health. */
export interface Behind {
  port: number;
  management: number;
}

export interface Proxy {
  http: number;
  https: number;
  /** PEM, of the name `localhost`. */
  ca: string;
  log(): string;
  stop(): Promise<void>;
}

/**
 * A real HAProxy with the very file that `compose.yaml` gives it. Only what a machine without containers lacks is
 * replaced: ports below 1024, the nodes' names, and Docker's name server.
 */
export async function startHaproxy(folder: string, north: Behind, south: Behind): Promise<Proxy> {
  const { cert, key } = await selfSigned('localhost');
  const pem = join(folder, 'tls.pem');
  writeFileSync(pem, `${cert}\n${key}`);
  const [http, https] = [await freePort(), await freePort()];
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(file, moved(readFileSync(FILE, 'utf8'), { http, https, pem, north, south }));
  const child = spawn('/usr/sbin/haproxy', ['-db', '-f', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  const hear = (chunk: Buffer) => {
    text += chunk;
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const gone = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGKILL');
    await gone;
  };
  while (!(await answers(http))) {
    if (child.exitCode !== null) throw new Error(`haproxy ended: ${text}`);
    await pause(20);
  }
  return { http, https, ca: cert, log: () => text, stop };
}

interface Moves {
  http: number;
  https: number;
  pem: string;
  north: Behind;
  south: Behind;
}

function moved(text: string, { http, https, pem, north, south }: Moves): string {
  const node = (name: string, { port, management }: Behind) =>
    [`server ${name} ${name}:3000`, `server ${name} 127.0.0.1:${port} port ${management}`] as const;
  const changes: (readonly [string, string])[] = [
    ['bind :80\n', `bind 127.0.0.1:${http}\n`],
    ['bind :443 ', `bind 127.0.0.1:${https} `],
    ['/etc/haproxy/tls.pem', pem],
    ['check port 3003 ', 'check '],
    [' resolvers containers init-addr last,libc,none', ''],
    [text.slice(text.indexOf('\nresolvers containers')), '\n'],
    node('north', north),
    node('south', south),
  ];
  return changes.reduce((changed, [from, to]) => {
    if (!changed.includes(from)) throw new Error(`not in haproxy.cfg any more: ${from}`);
    return changed.replaceAll(from, to);
  }, text);
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
