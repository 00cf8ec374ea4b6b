import { Redis } from 'ioredis';
import { vi } from 'vitest';
import { freePort } from './ports.ts';
import { type RedisOptions, type RedisServer, startRedis } from './redis.ts';

/** Several servers that fail over. */
export interface RedisGroup {
  servers: RedisServer[];
  /** Those that take writes at this moment. */
  primaries(): Promise<RedisServer[]>;
  replicasOf(primary: RedisServer): Promise<RedisServer[]>;
  /** Waits until each primary has all of its replicas that run, and everybody agrees. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

export interface SentinelGroup extends RedisGroup {
  name: string;
  /** `host:port` of each. */
  sentinels: string[];
}

export interface ClusterGroup extends RedisGroup {
  nodes: string[];
}

interface GroupOptions {
  /** Milliseconds of silence until somebody counts as gone; long, where nobody is to fail. */
  patience?: number;
  more?: RedisOptions['more'];
}

const SETTLED = { timeout: 60_000, interval: 100 };
/** Longer than a busy machine lets anybody wait. */
const PATIENT = 15_000;
const NAME = 'main';
const at = ({ port }: RedisServer) => `127.0.0.1:${port}`;

/** A primary with two replicas, and three Sentinels of which two must agree. */
export async function startSentinels({ patience = PATIENT, more = {} }: GroupOptions = {}): Promise<SentinelGroup> {
  const primary = await startRedis({ more });
  const replicas = await Promise.all([1, 2].map(() => startRedis({ replicaOf: primary.port, more })));
  const sentinel = [
    `sentinel monitor ${NAME} 127.0.0.1 ${primary.port} 2`,
    `sentinel down-after-milliseconds ${NAME} ${patience}`,
    `sentinel failover-timeout ${NAME} 5000`,
  ].join('\n');
  const sentinels = await Promise.all([1, 2, 3].map(() => startRedis({ sentinel })));
  const servers = [primary, ...replicas];
  const group: SentinelGroup = {
    name: NAME,
    servers,
    sentinels: sentinels.map(at),
    async primaries() {
      const ports = await Promise.all(sentinels.map((it) => ask(it, (to) => to.call('SENTINEL', 'MASTER', NAME))));
      const [port, ...others] = ports.map((answer) => Number(field(answer, 'port')));
      return others.every((other) => other === port) ? servers.filter((server) => server.port === port) : [];
    },
    replicasOf: (primary) => replicasOf(servers, primary),
    settled: () =>
      vi.waitFor(async () => {
        const [leader] = await group.primaries();
        if (leader === undefined) throw new Error('the Sentinels disagree');
        const others = (await alive(servers)).length - 1;
        const replication = await ask(leader, (to) => to.info('replication'));
        if (!replication.startsWith('# Replication\r\nrole:master')) throw new Error('the primary is none yet');
        if (online(replication) < others) throw new Error('a replica is missing');
        for (const it of sentinels) {
          const known = await ask(it, (to) => to.call('SENTINEL', 'MASTER', NAME));
          if (Number(field(known, 'num-other-sentinels')) < 2) throw new Error('a Sentinel is missing');
          if (Number(field(known, 'num-slaves')) < others) throw new Error('a Sentinel knows too few replicas');
        }
      }, SETTLED),
    stop: async () => void (await Promise.all([...sentinels, ...servers].map((it) => it.stop()))),
  };
  await group.settled();
  return group;
}

const SLOTS = 16_384;
const PRIMARIES = 3;

/** Three primaries with a replica each. */
export async function startCluster({ patience = PATIENT, more = {} }: GroupOptions = {}): Promise<ClusterGroup> {
  const servers = await Promise.all(Array.from({ length: 2 * PRIMARIES }, () => clusterNode(patience, more)));
  const group: ClusterGroup = {
    servers: servers.map(({ server }) => server),
    nodes: servers.map(({ server }) => at(server)),
    async primaries() {
      const running = await alive(group.servers);
      const roles = await Promise.all(running.map((it) => ask(it, (to) => to.info('replication'))));
      return running.filter((_, index) => roles[index]?.includes('role:master'));
    },
    replicasOf: (primary) => replicasOf(group.servers, primary),
    settled: () =>
      vi.waitFor(async () => {
        const running = await alive(group.servers);
        for (const it of running) {
          const info = String(await ask(it, (to) => to.cluster('INFO')));
          if (!info.includes('cluster_state:ok')) throw new Error('the cluster is not whole');
          if (!info.includes(`cluster_known_nodes:${servers.length}\r`)) throw new Error('a node is missing');
        }
        const primaries = await group.primaries();
        const replications = await Promise.all(primaries.map((it) => ask(it, (to) => to.info('replication'))));
        const copies = replications.reduce((sum, replication) => sum + online(replication), 0);
        if (primaries.length !== PRIMARIES || copies < running.length - PRIMARIES) throw new Error('a copy is missing');
      }, SETTLED),
    stop: async () => void (await Promise.all(group.servers.map((it) => it.stop()))),
  };
  await assemble(servers);
  await group.settled();
  return group;
}

interface ClusterNode {
  server: RedisServer;
  bus: number;
}

async function clusterNode(patience: number, more: RedisOptions['more']): Promise<ClusterNode> {
  const bus = await freePort();
  const cluster = { 'cluster-enabled': 'yes', 'cluster-port': bus, 'cluster-node-timeout': patience };
  return { server: await startRedis({ more: { ...cluster, ...more } }), bus };
}

/** What `redis-cli --cluster create` does, with ports of the bus that are as they come. */
async function assemble(nodes: ClusterNode[]): Promise<void> {
  const [first] = nodes;
  for (const [index, { server }] of nodes.entries()) {
    await ask(server, async (to) => {
      await to.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
      const from = Math.floor((SLOTS * index) / PRIMARIES);
      const until = Math.floor((SLOTS * (index + 1)) / PRIMARIES) - 1;
      if (index < PRIMARIES) await to.call('CLUSTER', 'ADDSLOTSRANGE', from, until);
      if (first && index > 0) await to.call('CLUSTER', 'MEET', '127.0.0.1', first.server.port, first.bus);
    });
  }
  for (const [index, { server }] of nodes.slice(PRIMARIES).entries()) {
    const primary = nodes[index]?.server;
    if (!primary) continue;
    const id = await ask(primary, (to) => to.call('CLUSTER', 'MYID'));
    // Only once it has heard of it.
    await vi.waitFor(() => ask(server, (to) => to.call('CLUSTER', 'REPLICATE', String(id))), SETTLED);
  }
}

async function alive(servers: RedisServer[]): Promise<RedisServer[]> {
  const answers = await Promise.allSettled(servers.map((server) => ask(server, (to) => to.ping())));
  return servers.filter((_, index) => answers[index]?.status === 'fulfilled');
}

async function replicasOf(servers: RedisServer[], { port }: RedisServer): Promise<RedisServer[]> {
  const running = await alive(servers);
  const roles = await Promise.all(running.map((it) => ask(it, (to) => to.info('replication'))));
  return running.filter((_, index) => roles[index]?.includes(`master_port:${port}\r`));
}

async function ask<T>(server: RedisServer, question: (to: Redis) => Promise<T>): Promise<T> {
  const to = new Redis(server.url, { lazyConnect: true, retryStrategy: null, commandTimeout: 5_000 });
  to.on('error', () => {});
  try {
    await to.connect();
    return await question(to);
  } finally {
    to.disconnect();
  }
}

const online = (replication: string) => replication.match(/^slave[0-9]+:.*\bstate=online\b/gm)?.length ?? 0;

/** Of an answer that is names and values in turn. */
function field(answer: unknown, name: string): string {
  const list = answer as string[];
  return list[list.indexOf(name) + 1] ?? '';
}
