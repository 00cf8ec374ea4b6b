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

const pin = (core: string, pid: number) => execFileSync('taskset', ['-acp', core, String(pid)], { stdio: 'ignore' });

export const pinLoad = (): void => void pin(CORES.load, process.pid);

/** Processes whose parent is this one, and itself. */
function family(pid: number): number[] {
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
const usedBy = (pids: readonly number[]): number =>
  pids.reduce(
    (sum, pid) =>
      sum +
      statOf(pid)
        .slice(11, 15)
        .reduce((n, ticks) => n + Number(ticks), 0),
    0,
  ) / TICKS;

/** Puts the stores on the server's core; answers what they have used so far. */
export async function pinStores({ redis, postgres }: Stores): Promise<() => StoresUsed> {
  const asked = new Redis(redis.url);
  const redisPid = Number(/process_id:(\d+)/.exec(await asked.info('server'))?.[1]);
  asked.disconnect();
  const [row] = await postgres.run('show data_directory');
  const postmaster = Number.parseInt(readFileSync(join(String(row?.data_directory), 'postmaster.pid'), 'utf8'), 10);
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
): Promise<Server> {
  const began = performance.now();
  const flags = startFlags();
  const child: ChildProcess = spawn(
    'taskset',
    ['-c', CORES.server, process.execPath, ...flags, '--import', PRELOAD, ...words],
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

/** As it is installed, with its log and its audit. */
export async function startSallyport(
  kind: 'redis' | 'embedded',
  { folder, site, port, more = {} }: { folder: string; site: string; port: number; more?: Tree },
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
  const file = join(folder, `${kind}.yaml`);
  writeFileSync(file, JSON.stringify(merge(merge(short, { ...own, data: kind }), more)));
  const server = await begin(`sallyport-${kind}`, url, [MAIN, '--config', file], stores, asks(`${url}/`), used);
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
