import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from './ports.ts';
import { EndedError, startedAtLast } from './started.ts';

/** A real redis-server of a test's own, on the loopback address. */
export interface RedisServer {
  url: string;
  port: number;
  /** Ends it for good and removes its folder. */
  stop(): Promise<void>;
  /** As a crash does: at once, without a word to clients; its folder stays. */
  kill(): Promise<void>;
  /** Kills it if it runs and starts it again, at the same port and over the same folder. */
  restart(): Promise<void>;
  /** Halts the process, so that its connections stay open and nothing answers; `resume` lets it go on. */
  pause(): void;
  resume(): void;
}

export interface RedisOptions {
  /** Every write is on disk before its answer (an append-only file). */
  persist?: boolean;
  /** Port of the primary to copy. */
  replicaOf?: number;
  /** A Sentinel in the place of a server: its file, to which it writes what it learns. */
  sentinel?: string;
  /** Further settings of the server. */
  more?: Readonly<Record<string, string | number>>;
}

const INSTALL = "redis-server isn't installed; run: apt-get install -y redis-server";
const READY_WITHIN = 30_000;

/** What ends those that are still running when this process does. */
const cleanUps = new Set<() => void>();
process.once('exit', () => {
  for (const cleanUp of cleanUps) cleanUp();
});

/** Starts a server and answers once it takes commands. */
export function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  return startedAtLast(() => start(options));
}

async function start(options: RedisOptions): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-redis-'));
  const port = await freePort();
  let child = launch(folder, port, options);
  const cleanUp = () => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  cleanUps.add(cleanUp);
  const kill = () => end(child);
  async function stop(): Promise<void> {
    cleanUps.delete(cleanUp);
    await kill();
    rmSync(folder, { recursive: true, force: true });
  }
  async function restart(): Promise<void> {
    await kill();
    child = launch(folder, port, options);
    await ready(child, port);
  }
  try {
    await ready(child, port);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    stop,
    kill,
    restart,
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
  };
}

function launch(folder: string, port: number, options: RedisOptions): ChildProcess {
  const settings: Record<string, string | number> = { port, bind: '127.0.0.1', dir: folder };
  if (options.sentinel !== undefined) return sentinel(folder, settings, options.sentinel);
  const { persist = false, replicaOf, more = {} } = options;
  Object.assign(settings, {
    save: '',
    appendonly: persist ? 'yes' : 'no',
    appendfsync: 'always',
    'repl-diskless-sync-delay': 0,
    ...more,
  });
  const args = words(settings).flatMap(([name = '', ...values]) => [`--${name}`, ...values]);
  if (replicaOf !== undefined) args.push('--replicaof', '127.0.0.1', String(replicaOf));
  return spawn('redis-server', args, { stdio: 'ignore' });
}

function words(settings: Record<string, string | number>): string[][] {
  return Object.entries(settings).map(([name, value]) => [name, String(value)]);
}

function sentinel(folder: string, settings: Record<string, string | number>, lines: string): ChildProcess {
  const file = join(folder, 'sentinel.conf');
  writeFileSync(
    file,
    `${words(settings)
      .map((line) => line.join(' '))
      .join('\n')}\n${lines}\n`,
  );
  return spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** Waits until the server answers; fails at once if it ends before. */
async function ready(child: ChildProcess, port: number): Promise<void> {
  const ended = new Promise<never>((_, reject) => {
    child.once('error', (cause: NodeJS.ErrnoException) => {
      reject(cause.code === 'ENOENT' ? new Error(INSTALL) : cause);
    });
    child.once('exit', (code, signal) => reject(new EndedError(`redis-server ended (${code ?? signal})`)));
  });
  ended.catch(() => undefined);
  await Promise.race([ended, answering(port, child.pid)]);
}

async function answering(port: number, pid: number | undefined): Promise<void> {
  const deadline = Date.now() + READY_WITHIN;
  while (!(await answers(port, pid))) {
    if (Date.now() > deadline) throw new Error(`redis-server doesn't answer on port ${port}`);
    await pause(20);
  }
}

/** Whether the server at the port is this process, and not another that took the port. */
function answers(port: number, pid: number | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('INFO server\r\n'));
    socket.setTimeout(1_000, () => socket.destroy());
    let reply = '';
    socket.on('data', (data) => {
      reply += data;
      if (!reply.includes(`process_id:${pid}\r\n`)) return;
      resolve(true);
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}
