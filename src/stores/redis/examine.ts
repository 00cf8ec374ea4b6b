import type { Redis } from 'ioredis';
import type { Examine, ExaminePorts, Finding } from '../../core/finding.ts';
import { createCluster } from './cluster.ts';
import { attempt, connect, disconnect } from './connection.ts';
import { askSentinels, clusterFindings, sentinelFindings } from './examine-groups.ts';
import { leastReplicas, type Settings } from './settings.ts';

/** How Redis is set up, and how much of it is there. */
export const examine: Examine<Settings> = async (settings, ports) => {
  if (settings.cluster !== undefined) return examineCluster(settings);
  if (settings.sentinels === undefined) return examinePrimary(settings, ports);
  const sentinels = sentinelFindings(await askSentinels(settings));
  // Where no Sentinel names it there is no primary to be asked.
  const primary = await examinePrimary(settings, ports).catch((error: Error): Finding[] => [
    { level: 'fault', text: `the primary doesn't answer: ${error.message}` },
  ]);
  return [...sentinels, ...primary];
};

async function examinePrimary(settings: Settings, ports: ExaminePorts): Promise<Finding[]> {
  const redis = connect(settings, { retryStrategy: () => null });
  redis.on('error', () => {});
  try {
    await attempt(redis);
    const asked = ports.now();
    const [seconds = 0, micro = 0] = (await redis.time()).map(Number);
    return [
      { level: 'good', text: 'reachable' },
      clock(seconds * 1000 + micro / 1000, asked, ports.now()),
      ...(await setUp(redis)),
      ...replicas(await replicasOf(redis), leastReplicas(settings)),
      ...(await certificate(settings, ports)),
    ];
  } finally {
    await disconnect(redis);
  }
}

async function examineCluster(settings: Settings): Promise<Finding[]> {
  const client = createCluster(settings, undefined);
  try {
    await client.open();
    await client.commands.get(`${settings.prefix}doctor`);
    const servers = client.servers();
    const [first] = servers;
    if (first === undefined) return [{ level: 'fault', text: 'no primary of the cluster answers' }];
    const primaries = servers.map(async (server) => ({
      address: `${server.options.host}:${server.options.port}`,
      replicas: await replicasOf(server),
    }));
    const info = String(await first.cluster('INFO'));
    const whole = clusterFindings(info, await Promise.all(primaries), leastReplicas(settings));
    const each = await Promise.all(servers.map((server) => setUp(server)));
    return [{ level: 'good', text: 'the cluster is reachable' }, ...whole, ...once(each.flat())];
  } finally {
    await client.close();
  }
}

/** What is so at several servers is told once. */
const once = (all: readonly Finding[]): Finding[] => [...new Map(all.map((one) => [one.text, one])).values()];

async function setUp(redis: Redis): Promise<Finding[]> {
  const text = await redis.info();
  const value = (name: string) => new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(text)?.[1];
  return [
    ...eviction(value('maxmemory_policy')),
    ...memory(Number(value('used_memory')), Number(value('maxmemory'))),
    ...persistence(value('aof_enabled') === '1', value('rdb_last_bgsave_status'), value('aof_last_write_status')),
  ];
}

/** Those that are in step: one that is being copied to has nothing yet. */
async function replicasOf(redis: Redis): Promise<number> {
  return (await redis.info('replication')).match(/^slave[0-9]+:.*state=online/gm)?.length ?? 0;
}

export function eviction(policy: string | undefined): Finding[] {
  if (policy === undefined || policy === 'noeviction') return [];
  const text = `Redis evicts keys where memory is short (${policy}): sessions would go, and marks of what was used`;
  return [{ level: 'fault', text, todo: 'Set maxmemory-policy noeviction.' }];
}

/** Bytes; a bound of 0 is none. */
export function memory(used: number, most: number): Finding[] {
  if (!(most > 0) || used < most * 0.8) return [];
  const text = `${Math.round((used / most) * 100)} % of the memory that Redis may use is used; at 100 % nobody can sign in`;
  return [{ level: used > most * 0.95 ? 'fault' : 'notice', text, todo: 'Give it more (maxmemory).' }];
}

export function persistence(appends: boolean, saved: string | undefined, written: string | undefined): Finding[] {
  const failed = [saved, written].some((status) => status !== undefined && status !== 'ok');
  if (failed)
    return [
      {
        level: 'fault',
        text: 'Redis can’t write to its disk',
        todo: 'See its log: sessions would be lost at a restart.',
      },
    ];
  if (appends) return [{ level: 'good', text: 'Redis keeps what it has (appendonly)' }];
  const todo = 'Set appendonly yes: without it a restart signs everybody out, and what was ended may come back.';
  return [{ level: 'notice', text: 'Redis keeps nothing, or the snapshot of some minutes ago (appendonly no)', todo }];
}

export function replicas(connected: number, least: number): Finding[] {
  if (connected >= least && connected > 0) return [{ level: 'good', text: `replicas: ${connected}` }];
  if (least === 0)
    return [
      {
        level: 'notice',
        text: 'Redis has no replica: with it, everybody’s sessions are gone',
        todo: 'Run a primary with replicas under Sentinel.',
      },
    ];
  const text = `Redis has ${connected} replicas; ${least} must have what is ended`;
  return [{ level: 'fault', text, todo: 'Start the replicas, or see why they aren’t connected.' }];
}

function clock(there: number, asked: number, answered: number): Finding {
  const apart = Math.max(0, Math.abs(there - (asked + answered) / 2) - (answered - asked) / 2);
  const text = `its clock is ${Math.round(apart / 100) / 10} s from this machine's`;
  if (apart <= 2_000) return { level: 'good', text };
  return { level: apart > 30_000 ? 'fault' : 'notice', text, todo: 'Keep the time of every machine by NTP.' };
}

async function certificate({ url, tls }: Settings, { certificate: look }: ExaminePorts): Promise<Finding[]> {
  if (!url?.startsWith('rediss:')) return [];
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  return [await look({ host, port: Number(port || 6379), serverName: tls?.serverName, ca: tls?.ca })];
}
