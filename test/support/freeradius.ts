import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Certified } from './radsec.ts';

/** What its own clients share with it. */
export const PROXY_SECRET = 'between-proxy-and-its-clients-01';
const PATH = `${process.env.PATH}:/usr/sbin`;
const READY_WITHIN = 30_000;

/** Where a proxy sends on what it gets. */
export interface Home {
  /** Its realm: `over-<name>`, by the port that the request came to. */
  name: string;
  port: number;
  secret: string;
  /** Address that it speaks from. */
  from?: string;
  /** Over TLS. */
  tls?: Certified & { ca: string };
  /** Another one of the same realm, which is asked where the first is away. */
  spare?: number;
}

export interface Freeradius {
  /** UDP port for each home, by its name. */
  ports: Readonly<Record<string, number>>;
  /** UDP port at which EAP-TTLS ends; the password inside goes on to the first home. */
  eapPort: number;
  /** What it said so far. */
  said(): string;
  stop(): Promise<void>;
}

interface Options {
  homes: readonly Home[];
  /** UDP ports that are free: one for each home, and one for EAP. */
  free(): Promise<number>;
  /** What is shown to supplicants. */
  eap: Certified & { ca: string };
}

/** FreeRADIUS, from Debian's package, with a configuration of the test's own: a proxy, and the end of EAP-TTLS. */
export async function startFreeradius({ homes, free, eap }: Options): Promise<Freeradius> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-freeradius-'));
  const keep = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const ports: Record<string, number> = {};
  for (const { name } of homes) ports[name] = await free();
  const eapPort = await free();
  const [first] = homes;
  keep('dictionary', '');
  keep(
    'radiusd.conf',
    [
      ...['prefix = /usr', `logdir = ${folder}`, `raddbdir = ${folder}`, `run_dir = ${folder}`],
      ...['libdir = /usr/lib/freeradius', 'max_request_time = 60', 'proxy_requests = yes'],
      block('log', 'destination = stdout'),
      block('security', 'allow_vulnerable_openssl = yes', 'reject_delay = 0'),
      block('proxy server', 'default_fallback = no'),
      block('client local', 'ipaddr = 127.0.0.1', `secret = ${PROXY_SECRET}`),
      ...homes.flatMap((home) => homeOf(home, keep)),
      block('modules', eapOf(keep, eap)),
      ...homes.map(({ name }) => serverOf(name, ports[name] ?? 0, block('authorize', to(name)), SILENT)),
      serverOf(
        'eap',
        eapPort,
        block('authorize', block('eap', 'ok = return')),
        block('authenticate', 'eap'),
        block('post-proxy', 'eap'),
      ),
      block('server inner-tunnel', block('authorize', to(first?.name ?? ''))),
    ].join('\n'),
  );
  const child = spawn('freeradius', ['-X', '-d', folder], { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH } });
  const said = await readyOf(child, /Ready to process requests/);
  return {
    ...{ ports, eapPort, said },
    stop: () => ended(child, folder),
  };
}

const block = (name: string, ...lines: readonly string[]): string => `${name} {\n${lines.join('\n')}\n}`;
const to = (home: string) => block('update control', `Proxy-To-Realm := "over-${home}"`);
/** Where nobody answers, so that its client asks again, and it another one: by itself it would reject. */
const SILENT = block(
  'post-proxy',
  block('Post-Proxy-Type Fail-Authentication', block('update control', 'Response-Packet-Type := Do-Not-Respond')),
);
const serverOf = (name: string, port: number, ...parts: readonly string[]) =>
  block(`server ${name}`, block('listen', 'type = auth', 'ipaddr = 127.0.0.1', `port = ${port}`), ...parts);

function homeOf({ name, port, secret, from, tls, spare }: Home, keep: (name: string, text: string) => string) {
  const settings = [
    ...['type = auth', 'ipaddr = 127.0.0.1', `secret = ${secret}`, 'response_window = 4', 'zombie_period = 2'],
    ...(from === undefined ? [] : [`src_ipaddr = ${from}`]),
    ...['status_check = status-server', 'check_interval = 6', 'num_answers_to_alive = 3'],
  ];
  const secured = tls && [
    ...['proto = tcp'],
    block(
      'tls',
      `certificate_file = ${keep(`${name}.pem`, tls.cert)}`,
      `private_key_file = ${keep(`${name}.key`, tls.key)}`,
      `ca_file = ${keep(`${name}-ca.pem`, tls.ca)}`,
      ...['fragment_size = 8192', 'tls_min_version = "1.2"', 'tls_max_version = "1.3"'],
    ),
  ];
  const all = [port, ...(spare === undefined ? [] : [spare])];
  return [
    ...all.map((one, at) => block(`home_server ${name}-${at}`, `port = ${one}`, ...settings, ...(secured ?? []))),
    block(`home_server_pool ${name}`, 'type = fail-over', ...all.map((_, at) => `home_server = ${name}-${at}`)),
    block(`realm over-${name}`, `auth_pool = ${name}`, 'nostrip'),
  ];
}

function eapOf(keep: (name: string, text: string) => string, { cert, key, ca }: Certified & { ca: string }): string {
  return block(
    'eap',
    'default_eap_type = ttls',
    block(
      'tls-config own',
      `certificate_file = ${keep('eap.pem', cert)}`,
      `private_key_file = ${keep('eap.key', key)}`,
      `ca_file = ${keep('eap-ca.pem', ca)}`,
      ...['tls_min_version = "1.2"', 'tls_max_version = "1.2"', 'ecdh_curve = "prime256v1"'],
    ),
    block(
      'ttls',
      'tls = own',
      'default_eap_type = md5',
      'copy_request_to_tunnel = yes',
      'use_tunneled_reply = yes',
      'virtual_server = inner-tunnel',
    ),
  );
}

/** radsecproxy, from Debian's package: UDP in front, TLS behind. */
export async function startRadsecproxy(
  port: number,
  { port: server, tls }: { port: number; tls: Certified & { ca: string } },
): Promise<{ stop(): Promise<void>; said(): string }> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-radsecproxy-'));
  const keep = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const conf = keep(
    'radsecproxy.conf',
    [
      ...[`ListenUDP 127.0.0.1:${port}`, 'LogLevel 2', 'LogDestination x-stderr:///'],
      block(
        'tls default',
        `CACertificateFile ${keep('ca.pem', tls.ca)}`,
        `CertificateFile ${keep('own.pem', tls.cert)}`,
        `CertificateKeyFile ${keep('own.key', tls.key)}`,
      ),
      block('client local', 'host 127.0.0.1', 'type udp', `secret ${PROXY_SECRET}`),
      block(
        'server sallyport',
        ...[
          'host 127.0.0.1',
          `port ${server}`,
          'type tls',
          'secret radsec',
          'statusServer on',
          'certificateNameCheck off',
        ],
      ),
      block('realm *', 'server sallyport'),
    ].join('\n'),
  );
  const child = spawn('radsecproxy', ['-f', '-d', '4', '-c', conf], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH },
  });
  const said = await readyOf(child, /connected|TLS connection to .* up/i);
  return { said, stop: () => ended(child, folder) };
}

/** Answers what it says from then on. */
async function readyOf(child: ChildProcess, sign: RegExp): Promise<() => string> {
  let said = '';
  const ready = Promise.withResolvers<void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (part: string) => {
      said = `${said}${part}`.slice(-200_000);
      if (sign.test(said)) ready.resolve();
    });
  }
  child.once('error', ready.reject);
  child.once('exit', (code) => ready.reject(new Error(`it ended (${code}): ${said.slice(-2_000)}`)));
  const late = setTimeout(() => ready.reject(new Error(`not ready: ${said.slice(-2_000)}`)), READY_WITHIN);
  try {
    await ready.promise;
  } finally {
    clearTimeout(late);
  }
  return () => said;
}

async function ended(child: ChildProcess, folder: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
  rmSync(folder, { recursive: true, force: true });
}
