import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { merge, shortTree, type Tree } from '../../test/support/configuration.ts';
import { HASHED } from '../../test/support/newcomer.ts';
import { freePort } from '../../test/support/ports.ts';
import type { PostgresServer } from '../../test/support/postgres.ts';
import { startFlags } from '../../test/support/start-flags.ts';
import type { Told } from './preload.ts';
import { samlApplications, samlFiles, samlSites } from './saml.ts';

/** The server and its stores on one core, the load on another. */
const CORES = { server: '1', load: '0' };
const TICKS = 100;
const PRELOAD = fileURLToPath(new URL('preload.ts', import.meta.url));
const BARE = fileURLToPath(new URL('bare.ts', import.meta.url));
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const COMMAND = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));

/** People besides, who sign in at once: of one only a few may. */
export const CROWD = 64;
/** People with an authenticator app: each code of theirs counts once. */
export const CODERS = 200;
/** The secret of all of them, 20 bytes in hexadecimal. */
export const CODE_SECRET = '3132333435363738393031323334353637383930';

export interface Server {
  name: string;
  url: string;
  pid: number;
  /** Milliseconds from its start until it was ready. */
  ready: number;
  tell(what?: 'tell' | 'sign' | 'count' | 'rest'): Promise<Told>;
  /** Processor seconds of its stores so far. */
  stores(): Promise<StoresUsed>;
  stop(): void;
}

export interface Stores {
  redis: { url: string; port: number };
  postgres: PostgresServer;
}

export interface StoresUsed {
  redis: number;
  postgres: number;
}

/** `cores`: as taskset has them, `0,1`. */
export const pin = (cores: string, pid: number): Buffer =>
  execFileSync('taskset', ['-acp', cores, String(pid)], { stdio: 'ignore' });

export const pinLoad = (): void => void pin(CORES.load, process.pid);

/** Processes whose parent is this one, and itself. */
export function family(pid: number): number[] {
  const all = readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name));
  return [pid, ...all.map(Number).filter((it) => statOf(it)[1] === String(pid))];
}

/** Fields of proc_pid_stat(5) from the third on. */
function statOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  } catch {
    return [];
  }
}

/** Processor seconds of processes, their ended children included. */
export const usedBy = (pids: readonly number[]): number =>
  pids.reduce(
    (sum, pid) =>
      sum +
      statOf(pid)
        .slice(11, 15)
        .reduce((n, ticks) => n + Number(ticks), 0),
    0,
  ) / TICKS;

/** Their processes: `postmaster` has children, one for each connection. */
export async function pidsOf({ redis, postgres }: Stores): Promise<{ redisPid: number; postmaster: number }> {
  const asked = new Redis(redis.url);
  const redisPid = Number(/process_id:(\d+)/.exec(await asked.info('server'))?.[1]);
  asked.disconnect();
  const [row] = await postgres.run('show data_directory');
  const postmaster = Number.parseInt(readFileSync(join(String(row?.data_directory), 'postmaster.pid'), 'utf8'), 10);
  return { redisPid, postmaster };
}

/** Puts the stores on the server's core; answers what they have used so far. */
export async function pinStores(stores: Stores): Promise<() => StoresUsed> {
  const { redisPid, postmaster } = await pidsOf(stores);
  for (const pid of [redisPid, ...family(postmaster)]) pin(CORES.server, pid);
  return () => ({ redis: usedBy([redisPid]), postgres: usedBy(family(postmaster)) });
}

async function begin(
  name: string,
  url: string,
  words: readonly string[],
  { redis, postgres }: Stores,
  isReady: () => Promise<unknown>,
  stores: () => StoresUsed,
  cores: string = CORES.server,
): Promise<Server> {
  const began = performance.now();
  const flags = startFlags();
  const child: ChildProcess = spawn(
    'taskset',
    ['-c', cores, process.execPath, ...flags, '--import', PRELOAD, ...words],
    {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...process.env, BENCH_REDIS: String(redis.port), BENCH_POSTGRES: String(postgres.port) },
    },
  );
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`${name} ended with ${code}`)));
  ended.catch(() => {});
  const answers = async () => {
    for (;;) {
      if ((await isReady().catch(() => undefined)) !== undefined) return;
      await pause(20);
    }
  };
  await Promise.race([answers(), ended]);
  return {
    name,
    url,
    pid: child.pid ?? 0,
    ready: performance.now() - began,
    async tell(what = 'tell') {
      child.send(what);
      for (;;) {
        const [told] = (await Promise.race([once(child, 'message'), ended])) as [Told | string];
        if (typeof told === 'object') return told;
      }
    },
    stores: async () => stores(),
    stop: () => void child.kill('SIGKILL'),
  };
}

const asks = (url: string) => async () => (await fetch(url)).status;

export async function startBare(site: string, stores: Stores, used: () => StoresUsed): Promise<Server> {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const words = [BARE, String(port), stores.redis.url, `${site}/library/callback`];
  return begin('bare', url, words, stores, asks(`${url}/.well-known/openid-configuration`), used);
}

interface Place {
  folder: string;
  site: string;
  port: number;
  more?: Tree;
  /** Where it runs, and by how many workers. */
  cores?: string;
  workers?: number;
}

/** As it is installed, with its log and its audit. */
export async function startSallyport(
  kind: 'redis' | 'embedded',
  { folder, site, port, more = {}, cores, workers }: Place,
  stores: Stores,
  used: () => StoresUsed,
): Promise<Server> {
  const url = `http://localhost:${port}`;
  const redis = { type: 'redis', url: stores.redis.url, prefix: `${port}:` };
  for (const [name, text] of Object.entries(samlFiles)) writeFileSync(join(folder, name), text);
  const short = shortTree(url, site);
  const { rules } = short.policy as { rules: unknown[] };
  const own: Tree = {
    doors: { saml: {} },
    applications: samlApplications,
    policy: { rules: [...rules, { name: 'signed', applications: samlSites, level: 'sfa' }] },
    listen: { port },
    data: 'data',
    stores:
      kind === 'redis'
        ? { durable: { type: 'postgres', url: await stores.postgres.database() }, ephemeral: redis }
        : { durable: { type: 'sqlite' }, ephemeral: { type: 'embedded' } },
    secrets: { sealingKey: randomBytes(32).toString('base64url') },
    lockout: { perAddress: { failures: 100_000 } },
    strangers: { perAddress: 1_048_576, total: 1_048_576 },
    management: { port: 0 },
  };
  const name = workers === undefined ? kind : `${kind}-${workers}`;
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, JSON.stringify(merge(merge(short, { ...own, data: name }), more)));
  const words = [MAIN, '--config', file, ...(workers === undefined ? [] : ['--workers', String(workers)])];
  const server = await begin(`sallyport-${name}`, url, words, stores, asks(`${url}/`), used, cores);
  const several = (length: number, name: string) => Array.from({ length }, (_, at) => `${name}${at}`);
  const coders = several(CODERS, 'coder');
  const people = ['alice', ...several(CROWD, 'person'), ...coders];
  const rows = ['username,name,passwordHash', ...people.map((name) => `${name},${name},"${HASHED}"`)];
  const command = (words: readonly string[], lines: readonly string[]) =>
    execFileSync(process.execPath, [COMMAND, ...words, '--config', file], { input: `${lines.join('\n')}\n` });
  command(['user', 'import'], rows);
  const tokens = coders.map((name, at) => `${name}, T${at}, ${CODE_SECRET}, totp, 6`);
  command(['migrate', 'privacyidea'], tokens);
  return server;
}
