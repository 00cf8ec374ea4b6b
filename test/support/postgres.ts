import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { POSTGRES } from '../../scripts/prerequisites.ts';
import { freePort } from './ports.ts';
import { EndedError, startedAtLast } from './started.ts';

/** A real PostgreSQL server of a test's own, on the loopback address. */
export interface PostgresServer {
  port: number;
  /** Makes an empty database and answers its address. */
  database(options?: DatabaseOptions): Promise<string>;
  /** Runs statements as the server's owner: in a database, by its address, or in the server's own. */
  run(statements: string, url?: string): Promise<Record<string, unknown>[]>;
  /** Ends it for good and removes its folder. */
  stop(): Promise<void>;
  /** As a crash does: at once, without a word to clients; its folder stays. */
  kill(): Promise<void>;
  /**
   * Kills it if it runs and starts it again, at the same port and over the same folder; as a standby, which answers
   * reads alone, until `select pg_promote()`.
   */
  restart(as?: 'standby'): Promise<void>;
  /** Halts the server and its processes, so that connections stay open and nothing answers; `resume` lets them go on. */
  pause(): void;
  resume(): void;
}

export interface PostgresOptions {
  /** Takes TLS connections with this certificate and key, PEM, beside others. */
  tls?: { cert: string; key: string };
  /** Further lines of postgresql.conf. */
  settings?: Readonly<Record<string, string>>;
}

export interface DatabaseOptions {
  encoding?: string;
}

const OWNER = 'sallyport';
const PASSWORD = 'the password of the tests';
const READY_WITHIN = 30_000;
/** Names the folder of which data of servers that have never run are copied: to make them costs as much as the rest. */
const TEMPLATE = 'TEST_POSTGRES_DATA';

/** Lets all servers of this process, and of those that it starts from now on, be copies of the first; until the answer. */
export function copyServers(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-postgres-'));
  chmodSync(folder, 0o711);
  process.env[TEMPLATE] = folder;
  return () => {
    delete process.env[TEMPLATE];
    rmSync(folder, { recursive: true, force: true });
  };
}

/** Starts a server and answers once it takes statements. */
export function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  return startedAtLast(() => start(options));
}

/** Where Debian's package keeps its programs, or where they are found otherwise. */
function program(name: string): string {
  const places = [...(process.env.PATH ?? '').split(delimiter), ...globSync(POSTGRES).toSorted().reverse()];
  for (const folder of places) {
    const file = join(folder.replace(/\/postgres$/, ''), name);
    if (spawnSync(file, ['--version'], { stdio: 'ignore' }).status === 0) return file;
  }
  throw new Error("postgresql isn't installed; run: apt-get install -y postgresql");
}

/** PostgreSQL refuses to run as root. */
function servant(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => {
    const known = ['postgres', 'nobody'].find((user) => spawnSync('id', [user]).status === 0) ?? 'nobody';
    return Number(execFileSync('id', [flag, known], { encoding: 'utf8' }));
  };
  return { uid: id('-u'), gid: id('-g') };
}

async function start(options: PostgresOptions): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-postgres-'));
  const port = await freePort();
  const as = servant();
  const own = (path: string) => as.uid !== undefined && chownSync(path, as.uid, as.gid ?? as.uid);
  own(folder);
  prepare(folder, port, options, as, own);
  const launch = () =>
    spawn(program('postgres'), ['-D', join(folder, 'data')], { ...as, stdio: ['ignore', 'ignore', 'pipe'] });
  let child = launch();
  const cleanUp = () => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', cleanUp);
  const address = (name: string) => `postgresql://${OWNER}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/${name}`;

  async function run(statements: string, url = address('postgres')): Promise<Record<string, unknown>[]> {
    const client = new Client({ connectionString: url });
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query(statements)).rows ?? [];
    } finally {
      await client.end();
    }
  }
  async function kill(): Promise<void> {
    signal(child, 'SIGCONT');
    const all = processes(child);
    signal(child, 'SIGKILL');
    await end(child);
    for (const deadline = Date.now() + READY_WITHIN; all.some(isThere) && Date.now() < deadline; ) await pause(10);
  }
  async function stop(): Promise<void> {
    process.off('exit', cleanUp);
    await kill();
    rmSync(folder, { recursive: true, force: true });
  }
  let databases = 0;
  const server: PostgresServer = {
    ...{ port, run, kill, stop },
    async database({ encoding = 'UTF8' } = {}) {
      databases += 1;
      const name = `test${databases}`;
      // By the rules of a language: nothing of ours may go by them.
      const language = encoding === 'UTF8' ? "locale_provider icu icu_locale 'de'" : '';
      await run(`create database ${name} template template0 encoding '${encoding}' locale 'C' ${language}`);
      return address(name);
    },
    async restart(role) {
      await kill();
      if (role === 'standby') {
        writeFileSync(join(folder, 'data', 'standby.signal'), '');
        own(join(folder, 'data', 'standby.signal'));
      }
      child = launch();
      await ready(child, () => run('select'));
    },
    pause: () => signal(child, 'SIGSTOP'),
    resume: () => signal(child, 'SIGCONT'),
  };
  try {
    await ready(child, () => run('select'));
  } catch (error) {
    await stop();
    throw error;
  }
  return server;
}

function prepare(
  folder: string,
  port: number,
  { tls, settings = {} }: PostgresOptions,
  as: { uid?: number; gid?: number },
  own: (path: string) => unknown,
): void {
  const data = join(folder, 'data');
  const write = (file: string, text: string) => {
    writeFileSync(file, text, { mode: 0o600 });
    own(file);
  };
  const template = process.env[TEMPLATE];
  const whole = template && join(template, 'data');
  if (whole && existsSync(whole)) copy(whole, data);
  else {
    initialize(folder, as, own);
    if (whole) keep(data, whole);
  }
  if (tls) {
    write(join(data, 'server.crt'), tls.cert);
    write(join(data, 'server.key'), tls.key);
  }
  mkdirSync(join(folder, 'run'));
  own(join(folder, 'run'));
  const lines = {
    port: String(port),
    listen_addresses: "'127.0.0.1'",
    unix_socket_directories: `'${join(folder, 'run')}'`,
    // A process that is killed loses nothing by it; only a machine would.
    fsync: 'off',
    // In its folder, which is removed: what a killed server has in the machine's would stay there.
    dynamic_shared_memory_type: 'mmap',
    ssl: tls ? 'on' : 'off',
    ...settings,
  };
  const text = Object.entries(lines).map(([name, value]) => `${name} = ${value}\n`);
  write(join(data, 'postgresql.auto.conf'), text.join(''));
}

/** Makes the data of a server that has never run. */
function initialize(folder: string, as: { uid?: number; gid?: number }, own: (path: string) => unknown): void {
  const password = join(folder, 'password');
  writeFileSync(password, PASSWORD, { mode: 0o600 });
  own(password);
  const words = ['-D', join(folder, 'data'), '-U', OWNER, '-A', 'scram-sha-256', '--pwfile', password, '-E', 'UTF8'];
  const more = ['--no-locale', '--no-sync'];
  const { status, stderr } = spawnSync(program('initdb'), [...words, ...more], { ...as, encoding: 'utf8' });
  if (status !== 0) throw new Error(`initdb failed: ${stderr}`);
}

const copy = (from: string, to: string) => execFileSync('cp', ['-a', from, to]);

/** There as a whole or not at all; of several that come with it at the same time the first one's stays. */
function keep(data: string, whole: string): void {
  const mine = `${whole}-${process.pid}`;
  copy(data, mine);
  try {
    renameSync(mine, whole);
  } catch {
    rmSync(mine, { recursive: true });
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** The server and its processes, each in a group of its own. */
function processes({ pid }: ChildProcess): number[] {
  if (pid === undefined) return [];
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return [pid, ...children.split(' ').filter(Boolean).map(Number)];
  } catch {
    return [pid];
  }
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function signal(child: ChildProcess, name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
  for (const pid of processes(child)) {
    try {
      process.kill(pid, name);
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** Waits until the server answers; fails at once if it ends before. */
async function ready(child: ChildProcess, ask: () => Promise<unknown>): Promise<void> {
  let said = '';
  child.stderr?.on('data', (text) => {
    said = `${said}${text}`.slice(-2_000);
  });
  const ended = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code, name) => reject(new EndedError(`postgres ended (${code ?? name}): ${said}`)));
  });
  ended.catch(() => undefined);
  const answering = async () => {
    for (const deadline = Date.now() + READY_WITHIN; ; await pause(20)) {
      try {
        return await ask();
      } catch (error) {
        if (Date.now() > deadline) throw new Error(`postgres doesn't answer: ${said}`, { cause: error });
      }
    }
  };
  await Promise.race([ended, answering()]);
}
