import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { merge, shortTree } from '../test/support/configuration.ts';
import { freePort } from '../test/support/ports.ts';
import { startRedis } from '../test/support/redis.ts';

/** Starts of each, in turns: whatever else runs on the machine makes one longer, and the shortest is told. */
const STARTS = Number(process.env.BENCH_STARTS ?? 5);
/** Before what is resident is looked at, milliseconds: what the start left behind has been given back by then. */
const IDLE = 8_000;
const MIB = 1024;
const SECONDS_A_TICK = 0.01;

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

interface Started {
  ready: number;
  cpu: number;
  rss: number;
}

async function started(command: string, words: readonly string[], url: string): Promise<Started> {
  const began = performance.now();
  const env = { ...process.env, NODE_ENV: 'production' };
  const child: ChildProcess = spawn(command, [...words], { stdio: ['ignore', 'ignore', 'inherit'], env });
  const answers = () =>
    fetch(url)
      .then(({ status }) => status === 200)
      .catch(() => false);
  while (child.exitCode === null && !(await answers())) await pause(10);
  if (child.exitCode !== null) throw new Error(`${command} ended with ${child.exitCode}`);
  const ready = performance.now() - began;
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  await pause(IDLE);
  const [, kibibytes = ''] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
  child.kill('SIGKILL');
  await once(child, 'exit');
  return { ready, cpu: (Number(fields[11]) + Number(fields[12])) * SECONDS_A_TICK, rss: Number(kibibytes) / MIB };
}

/** By OpenID Connect alone, with a password and an authenticator app, its stores in its own process. */
function configuration(folder: string, port: number): string {
  const own = { listen: { port }, management: { port: 0 }, data: 'data' };
  const stores = { durable: { type: 'sqlite' }, ephemeral: { type: 'embedded' } };
  const file = join(folder, 'start.yaml');
  const tree = merge(shortTree(`http://localhost:${port}`, 'http://localhost:9'), { ...own, stores });
  writeFileSync(file, JSON.stringify(tree));
  return file;
}

/** From the start until discovery is answered, and what is resident when nothing happens, beside bare oidc-provider. */
export async function start(): Promise<Record<string, string | number>[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  const redis = await startRedis();
  const [port, other] = [await freePort(), await freePort()];
  const file = configuration(folder, port);
  const bare = [path('beside/bare.ts'), String(other), redis.url, 'http://localhost:9/callback'];
  const servers = {
    'bare oidc-provider': { command: process.execPath, words: bare, port: other },
    'Sallyport, as it is installed': { command: 'sh', words: [path('../scripts/start.sh'), '--config', file], port },
    'Sallyport, nothing compiled before': {
      command: 'env',
      words: ['NODE_COMPILE_CACHE=/nonexistent', 'sh', path('../scripts/start.sh'), '--config', file],
      port,
    },
  };
  const all = new Map<string, Started[]>();
  try {
    for (let turn = 0; turn < STARTS; turn += 1) {
      for (const [name, { command, words, port: at }] of Object.entries(servers)) {
        const one = await started(command, words, `http://localhost:${at}/.well-known/openid-configuration`);
        all.set(name, [...(all.get(name) ?? []), one]);
      }
    }
  } finally {
    await redis.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return [...all].map(([name, runs]) => ({
    server: name,
    'ready, ms': Math.round(Math.min(...runs.map(({ ready }) => ready))),
    'CPU until then, s': Math.min(...runs.map(({ cpu }) => cpu)).toFixed(2),
    'resident idle, MiB': Math.round(Math.max(...runs.map(({ rss }) => rss))),
  }));
}
