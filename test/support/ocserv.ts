import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Certified } from './radsec.ts';

const PATH = `${process.env.PATH}:/usr/sbin`;
const READY_WITHIN = 20_000;

export interface Vpn {
  /** Somebody at OpenConnect types these, one a field; what they were shown, and whether they are in. */
  enter(username: string, ...typed: readonly string[]): Promise<{ in: boolean; shown: string }>;
  said(): string;
  stop(): Promise<void>;
}

interface Options {
  port: number;
  /** Of the VPN itself. */
  own: Certified & { ca: string };
  radius: { port: number; secret: string; from: string } | { port: number; tls: Certified & { ca: string } };
}

/** ocserv with radcli, from Debian's packages: a VPN that asks by RADIUS. Nobody gets as far as a tunnel. */
export async function startOcserv({ port, own, radius }: Options): Promise<Vpn> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-ocserv-'));
  const keep = (name: string, ...lines: readonly string[]): string => {
    writeFileSync(join(folder, name), `${lines.join('\n')}\n`, { mode: 0o600 });
    return join(folder, name);
  };
  const ca = keep('ca.pem', own.ca);
  const overTls = 'tls' in radius;
  const client = keep(
    'radiusclient.conf',
    ...[`authserver 127.0.0.1:${radius.port}`, `acctserver 127.0.0.1:${radius.port}`],
    ...['dictionary /etc/radcli/dictionary', 'default_realm', 'radius_timeout 10', 'radius_retries 1'],
    ...(overTls
      ? [
          'serv-type tls',
          `tls-ca-file ${keep('radsec-ca.pem', radius.tls.ca)}`,
          `tls-cert-file ${keep('radsec.pem', radius.tls.cert)}`,
          `tls-key-file ${keep('radsec.key', radius.tls.key)}`,
          'tls-verify-hostname false',
          `servers ${keep('servers', '127.0.0.1 radsec')}`,
          'bindaddr *',
        ]
      : [`servers ${keep('servers', `127.0.0.1 ${radius.secret}`)}`, `bindaddr ${radius.from}`]),
  );
  const conf = keep(
    'ocserv.conf',
    `auth = "radius[config=${client},nas-identifier=ocserv]"`,
    ...[`tcp-port = ${port}`, 'listen-host = 127.0.0.1', `socket-file = ${join(folder, 'socket')}`],
    ...[`server-cert = ${keep('own.pem', own.cert)}`, `server-key = ${keep('own.key', own.key)}`],
    ...['isolate-workers = false', 'max-clients = 16', 'max-same-clients = 4', 'device = vpns', 'keepalive = 60'],
    ...['ipv4-network = 192.168.99.0', 'ipv4-netmask = 255.255.255.0', 'auth-timeout = 60', 'cookie-timeout = 60'],
    ...[
      'run-as-user = root',
      'run-as-group = root',
      'log-level = 3',
      'cisco-client-compat = true',
      'use-occtl = false',
    ],
  );
  const child = spawn('ocserv', ['-f', '-d', '3', '-c', conf], { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH } });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => {
      said = `${said}${part}`.slice(-100_000);
    });
  await listening(child, port, () => said);

  return {
    said: () => said,
    enter: (username, ...typed) =>
      new Promise((resolve) => {
        const words = ['--authenticate', `--cafile=${ca}`, `--user=${username}`, '--passwd-on-stdin', '--no-proxy'];
        const url = `https://vpn.example.org:${port}`;
        const openconnect = execFile(
          'openconnect',
          [...words, `--resolve=vpn.example.org:127.0.0.1`, url],
          { timeout: 30_000, env: { PATH } },
          (error, output, shown) => resolve({ in: error === null && /^COOKIE=/m.test(output), shown }),
        );
        openconnect.stdin?.end(typed.map((line) => `${line}\n`).join(''));
      }),
    async stop() {
      if (child.exitCode === null) {
        const gone = once(child, 'exit');
        child.kill('SIGTERM');
        await gone;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function listening(child: ChildProcess, port: number, said: () => string): Promise<void> {
  for (const deadline = Date.now() + READY_WITHIN; ; await pause(100)) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`ocserv doesn’t listen: ${said()}`);
    const socket = connect(port, '127.0.0.1');
    const there = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(
        () => false,
        () => false,
      ),
    ]).catch(() => false);
    socket.destroy();
    if (there) return;
  }
}
