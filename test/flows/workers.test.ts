import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import { type Cluster, openCluster } from '../support/cluster/open.ts';
import { type Running, run, startWords } from '../support/cluster/process.ts';
import { configFile } from '../support/commands.ts';
import { temporaryFolder } from '../support/folders.ts';

/** Longer than a lease lasts, on a machine that has other things to do. */
const PATIENCE = { timeout: 60_000 };

let cluster: Cluster;
let primary: Running;
const logs: { line?: string }[] = [];

const node = () => cluster.node('w');

interface Health {
  status: string;
  workers: Record<string, { status: string }>;
}

async function health(): Promise<Health> {
  return (await (await fetch(`${node().management}/health/ready`)).json()) as Health;
}

const all = {
  'w-1': expect.objectContaining({ status: 'ready' }),
  'w-2': expect.objectContaining({ status: 'ready' }),
};
const whole = () => vi.waitFor(async () => expect(await health()).toEqual({ status: 'ready', workers: all }), PATIENCE);

/** One request, to the name that the gateway goes by; a connection that was kept and has ended since is no failure. */
function ask(path: string, agent?: Agent): Promise<{ status: number; body: string }> {
  const { port } = new URL(node().url);
  const options = {
    host: '127.0.0.1',
    port,
    path,
    headers: { host: new URL(cluster.url).host },
    agent: agent ?? false,
  };
  return new Promise((done, fail) => {
    const request = get(options, async (answer) => done({ status: answer.statusCode ?? 0, body: await text(answer) }));
    request.once('error', (error) => (request.reusedSocket ? ask(path, agent).then(done, fail) : fail(error)));
  });
}

const nameShown = async () => /University of \w+/.exec((await ask('/')).body)?.[0] ?? '';

/** Asks again and again until it is stopped; what was answered, by how often. */
function load() {
  let going = true;
  const agent = new Agent({ keepAlive: true, maxSockets: 6 });
  const statuses = new Map<number | string, number>();
  const asking = Array.from({ length: 6 }, async () => {
    while (going) {
      const status = await ask('/.well-known/openid-configuration', agent).then(
        (answer) => answer.status,
        (error: Error) => String(error),
      );
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      // Processes that start beside them need the processors; and what all of them write is kept.
      await pause(50);
    }
  });
  return {
    statuses,
    async stop() {
      going = false;
      await Promise.all(asking);
      agent.destroy();
    },
  };
}

type Sections = Record<'listen' | 'management' | 'secrets', object> & {
  stores: Record<'durable' | 'ephemeral', object>;
};

const written = () => JSON.parse(readFileSync(node().config, 'utf8')) as Sections;

function write(sections: object): void {
  writeFileSync(node().config, JSON.stringify({ ...written(), ...sections }, undefined, 1));
}

async function audited(event: string): Promise<{ node: string; detail: string }[]> {
  const { durable } = cluster.stores as { durable: { url: string } };
  const rows = await cluster.postgres?.run(
    `select node, detail from audit where event = '${event}' order by at, node, sequence`,
    durable.url,
  );
  return rows as { node: string; detail: string }[];
}

beforeAll(async () => {
  cluster = await openCluster({ nodes: [{ name: 'w' }], stopped: true, redis: inject('redisUrl') });
  primary = run([...startWords(), '--config', node().config, '--workers', '2'], {}, logs as never);
  await whole();
}, 120_000);
afterAll(async () => {
  primary?.send('SIGKILL');
  await cluster?.close();
});

it('shares one port among processes, which are nodes of their own, and takes commands', async () => {
  expect((await node().command('user add', ['ada'], { name: 'Ada' }, 'correct horse battery')).join()).toContain('ada');
  expect((await node().command('user list')).join('\n')).toContain('ada');
});

it('joins the metrics of all', async () => {
  const { stop } = load();
  await pause(200);
  await stop();
  const metrics = await (await fetch(`${node().management}/metrics`)).text();
  expect(metrics).toMatch(/^sallyport_store_up\{store="durable"\} 1$/m);
  expect(metrics).toMatch(/^process_cpu_user_seconds_total /m);
});

it('reads the configuration again in all of them', async () => {
  write({ name: 'University of Workers' });
  expect((await node().command('config reload'))[0]).toBe('reloaded on w-1, w-2');
  for (let at = 0; at < 6; at += 1) expect(await nameShown()).toBe('University of Workers');
  write({ name: 'University of Signals' });
  primary.send('SIGHUP');
  await vi.waitFor(async () => {
    for (let at = 0; at < 6; at += 1) expect(await nameShown()).toBe('University of Signals');
  }, PATIENCE);
});

it('replaces one after the other for what takes new processes, and no request fails meanwhile', async () => {
  const { stop, statuses } = load();
  const { secrets, stores } = written();
  const { durable } = stores;
  write({
    name: 'University of Rolls',
    secrets: { ...secrets, previousSealingKeys: ['q83vEjRWeJASNFZ4kBI0VniQEjRWeJC63P4BI0Vnify'] },
    stores: { ...stores, durable: { ...durable, pool: { max: 4 }, timeouts: { statement: '7s' } } },
  });
  const changes = [
    'name: University of Signals → University of Rolls',
    expect.stringMatching(/^stores\.durable\.pool\.max: /),
    expect.stringMatching(/^stores\.durable\.timeouts\.statement: /),
    'secrets.previousSealingKeys: changed',
  ];
  const [first, ...lines] = await node().command('config reload');
  expect(first).toBe('every worker of this machine was replaced, one after the other');
  expect(lines.sort()).toEqual(expect.arrayContaining(changes));
  expect(lines).toHaveLength(changes.length);
  await stop();
  expect([...statuses.keys()]).toEqual([200]);
  await whole();
  for (let at = 0; at < 6; at += 1) expect(await nameShown()).toBe('University of Rolls');
  const told = await audited('config.reloaded');
  for (const worker of ['w-1', 'w-2', 'w-3']) {
    const last = told.findLast((row) => row.node === worker);
    expect(JSON.parse(last?.detail ?? '{}')).toMatchObject({ by: 'cli', changes: expect.arrayContaining(changes) });
  }
}, 150_000);

it('replaces none where the new ones couldn’t answer, and no request finds one of them', async () => {
  const before = readFileSync(node().config, 'utf8');
  const { pids } = await processes();
  const { stop, statuses } = load();
  const { stores } = written();
  const ephemeral = { ...stores.ephemeral, user: 'nobody', password: 'wrong' };
  write({ stores: { ...stores, ephemeral }, name: 'University of Nobody' });
  await expect(node().command('config reload')).rejects.toThrow(/^nothing was reloaded\nworker 3: .*WRONGPASS/);
  await stop();
  expect([...statuses.keys()]).toEqual([200]);
  expect((await processes()).pids).toEqual(pids);
  await whole();
  expect(await nameShown()).toBe('University of Rolls');
  expect((await audited('config.refused')).at(-1)?.detail).toContain('worker 3: ');
  writeFileSync(node().config, before);
}, 150_000);

it('says what can’t be changed so, why and what it takes, and changes nothing', async () => {
  const before = readFileSync(node().config, 'utf8');
  const { pids } = await processes();
  const { listen, management, stores, secrets } = written();
  const sealingKey = 'q83vEjRWeJASNFZ4kBI0VniQEjRWeJC63P4BI0Vnig8';
  write({
    ...{ node: 'v', clock: 'database', data: 'elsewhere', management: { ...management, port: 1 } },
    ...{ listen: { ...listen, port: 2 }, secrets: { ...secrets, sealingKey } },
    stores: { ...stores, ephemeral: { ...stores.ephemeral, prefix: 'other:' } },
  });
  const refused = String(
    await node()
      .command('config reload')
      .catch((error: Error) => error.message),
  );
  for (const why of [
    /^w-1: node: w → v: takes a restart: another process may have the new name/m,
    /^w-1: clock: changed: takes a restart of all nodes: /m,
    /^w-2: data: .* → .*: takes a restart: the lock/m,
    /^w-1: listen\.port: \d+ → 2: takes a restart: connections/m,
    /^w-2: management\.port: \d+ → 1: takes a restart: the port is held/m,
    /^w-1: secrets\.sealingKey: changed: takes a restart of all nodes: what is sealed/m,
    /^w-1: stores\.ephemeral\.prefix: .*: takes a restart of all nodes: what one process ends/m,
  ])
    expect(refused).toMatch(why);
  expect((await processes()).pids).toEqual(pids);
  writeFileSync(node().config, before);
});

it('starts one again that was killed, while the other serves', async () => {
  const { pids } = await processes();
  process.kill(pids[0] as number, 'SIGKILL');
  await vi.waitFor(async () => expect(Object.keys((await health()).workers)).toHaveLength(1), PATIENCE);
  expect(await nameShown()).toBe('University of Rolls');
  await whole();
});

it('ends within its bound, with all of them', async () => {
  const { pids } = await processes();
  primary.send('SIGTERM');
  expect(await primary.ended).toBe(0);
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

it('needs stores that several processes can have', async () => {
  const file = configFile(temporaryFolder(), { type: 'sqlite' });
  const words: string[] = [];
  const child = run([...startWords(), '--config', file, '--workers', '2'], {}, words as never);
  expect(await child.ended).toBe(1);
  expect(JSON.stringify(words)).toContain('stores.durable: is a file of one process');
});

/** Of the workers, as the system knows them. */
async function processes(): Promise<{ pids: number[] }> {
  const child = execFile('ps', ['-o', 'pid=', '--ppid', String(primary.pid)]);
  const listed = child.stdout ? await text(child.stdout) : '';
  return { pids: listed.trim().split(/\s+/).map(Number) };
}
