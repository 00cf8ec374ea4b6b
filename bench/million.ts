import '../src/doors/oidc/runtime.ts';
import { type ChildProcess, fork } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { createEvidence } from '../src/assurance/evidence.ts';
import { SessionAdapter } from '../src/doors/oidc/sessions.ts';
import redisStore from '../src/stores/redis/index.ts';
import { Client } from '../test/support/client.ts';
import { forms } from '../test/support/forms.ts';
import { PASSWORD } from '../test/support/gateway.ts';
import { startRedis } from '../test/support/redis.ts';
import { startFlags } from '../test/support/start-flags.ts';
import type { Order, Template } from './million/filler.ts';
import { MARK } from './million/mark.ts';

/** How many of each there are when visits are measured. */
const STEPS = [0, 100_000, 1_000_000];
const FILLERS = 2;
const PEOPLE = 100;
const VISITS = 2_000;
/** Of those the one with the least 99th percentile counts: whatever else the machine does comes and goes. */
const ROUNDS = 3;
const PREFIX = 'sallyport:';

type Row = Record<string, string | number>;

async function child(file: string, words: string[]): Promise<{ process: ChildProcess; first: unknown }> {
  const started = fork(fileURLToPath(new URL(file, import.meta.url)), words, { execArgv: startFlags() });
  const failed = once(started, 'exit').then(([code]) => Promise.reject(new Error(`${file} ended with ${code}`)));
  failed.catch(() => {});
  const [first] = (await Promise.race([once(started, 'message'), failed])) as [unknown];
  return { process: started, first };
}

function addressOf(url: string, site: string): string {
  const query = {
    client_id: 'library',
    response_type: 'code',
    scope: 'openid',
    redirect_uri: `${site}/library/callback`,
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  };
  return `${url}/authorize?${new URLSearchParams(query)}`;
}

async function signedIn(address: string, username: string): Promise<Client> {
  const client = new Client();
  const page = await client.open(address);
  const [form] = forms(page.body);
  if (form === undefined) throw new Error(`no form: ${page.text}`);
  let reply = await client.post(new URL(form.action, page.url), { ...form.fields, username, password: PASSWORD });
  while (reply.location && !reply.location.searchParams.has('code')) reply = await client.get(reply.location);
  return client;
}

/**
 * A million sessions and a million remembered devices, written by the code that writes them in a gateway: what each
 * takes of Redis, and how long a visit of somebody who is signed in takes without them and among them.
 */
export async function million(): Promise<Row[]> {
  const redis = await startRedis({ more: { 'maxmemory-policy': 'noeviction' } });
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  const admin = new Redis(redis.url);
  const server = await child('million/server.ts', [folder, redis.url, PREFIX, String(PEOPLE)]);
  const { url, site } = server.first as { url: string; site: string };
  const address = addressOf(url, site);
  const clients: Client[] = [];
  for (let at = 0; at < PEOPLE; at += 1) clients.push(await signedIn(address, `person${at}`));
  const template = JSON.stringify(await templateOf(redis.url, admin));
  const fillers = await Promise.all(
    Array.from({ length: FILLERS }, () => child('million/filler.ts', [redis.url, PREFIX, template])),
  );

  /** Writes so many, and answers the bytes that each takes once what was only on its way has expired. */
  async function fill(what: Order['what'], count: number): Promise<number> {
    const before = await settled(admin);
    const orders = fillers.map(({ process: filler }) => {
      filler.send({ what, count: count / FILLERS } satisfies Order);
      return once(filler, 'message');
    });
    await Promise.all(orders);
    return (await settled(admin)).memory - before.memory;
  }

  const rows: Row[] = [];
  try {
    let there = 0;
    const bytes = { sessions: 0, devices: 0 };
    for (const step of STEPS) {
      if (step > there) {
        bytes.sessions = Math.round((await fill('sessions', step - there)) / (step - there));
        bytes.devices = Math.round((await fill('devices', step - there)) / (step - there));
        there = step;
      }
      const { memory } = await settled(admin);
      rows.push({
        'of each': step,
        'Redis, MB': Math.round(memory / 2 ** 20),
        'bytes a session': bytes.sessions || '',
        'bytes a device': bytes.devices || '',
        ...(await visits(address, clients, server.process, admin)),
      });
    }
    return rows;
  } finally {
    for (const { process: ended } of [server, ...fillers]) ended.disconnect();
    admin.disconnect();
    await redis.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A session of the first sign-in, read by the code that reads it. */
async function templateOf(url: string, admin: Redis): Promise<Template> {
  const key = (await admin.keys(`${PREFIX}oidc:session:*`))[0] ?? '';
  const uid = key.slice(key.lastIndexOf(':') + 1);
  const store = await redisStore.open(redisStore.settings.parse({ url, prefix: PREFIX }), { now: Date.now });
  const found = await new SessionAdapter(store, 1).findByUid(uid);
  if (found === undefined) throw new Error('nobody is signed in');
  const { current, epoch = 0, ...payload } = found;
  const proofs = await createEvidence(store).of({ session: uid, epoch }, String(payload.accountId));
  await store.close();
  if (proofs.length === 0) throw new Error('nothing was proven');
  // The value of a cookie, of which the record has the hash alone; as long as oidc-provider's.
  return { payload: { ...payload, jti: current }, proofs };
}

/** Without what has expired: Redis itself leaves up to a tenth of that where it lies. To look at a key removes it. */
async function settled(admin: Redis): Promise<{ memory: number }> {
  await pause(MARK + 1_000);
  for await (const _ of admin.scanStream({ count: 5_000, match: `${PREFIX}collected:*` }));
  const [, memory = '0'] = /used_memory:(\d+)/.exec(await admin.info('memory')) ?? [];
  return { memory: Number(memory) };
}

/** One after the other, each by somebody else. */
async function visits(address: string, clients: Client[], server: ChildProcess, admin: Redis): Promise<Row> {
  let best: Row | undefined;
  for (let round = 0; round < ROUNDS; round += 1) {
    const times: number[] = [];
    const [gateway, redis] = [await processorOf(server), await redisProcessor(admin)];
    for (let left = VISITS; left > 0; left -= 1) {
      const jar = clients[randomInt(clients.length)]?.jar.copy();
      const began = performance.now();
      const reply = await new Client({ ...(jar ? { jar } : {}) }).get(address);
      times.push(performance.now() - began);
      if (!reply.location?.searchParams.has('code')) throw new Error(`no code: ${reply.status} ${reply.text}`);
    }
    times.sort((a, b) => a - b);
    const at = (share: number) => Number((times[Math.floor(times.length * share)] ?? 0).toFixed(1));
    const each = (seconds: number) => Number(((seconds * 1_000) / VISITS).toFixed(2));
    const measured = {
      'p50, ms': at(0.5),
      'p99, ms': at(0.99),
      'gateway, CPU ms': each((await processorOf(server)) - gateway),
      'Redis, CPU ms': each((await redisProcessor(admin)) - redis),
    };
    if (best === undefined || measured['p99, ms'] < Number(best['p99, ms'])) best = measured;
  }
  return best ?? {};
}

async function processorOf(server: ChildProcess): Promise<number> {
  server.send('cpu');
  const [{ cpu }] = (await once(server, 'message')) as [{ cpu: number }];
  return cpu;
}

async function redisProcessor(admin: Redis): Promise<number> {
  const used = (await admin.info('cpu')).matchAll(/used_cpu_(?:sys|user):([\d.]+)/g);
  return [...used].reduce((sum, [, seconds]) => sum + Number(seconds), 0);
}
