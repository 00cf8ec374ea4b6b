import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { type Cluster, openCluster } from '../test/support/cluster/open.ts';
import { type Flow, peopleOf } from './soak/people.ts';

const PEOPLE = 60;
/** A code counts once, so that each person signs in once while it is measured. */
const TIMES: Readonly<Record<Flow, number>> = { visit: 300, refresh: 300, saml: 300, 'sign-in': PEOPLE };
const WARM_UP = 100;
/** Milliseconds. */
const IDLE = 10_000;

type Row = Record<string, string | number>;

interface Meter {
  /** Milliseconds. */
  at: number;
  /** Processor seconds of the nodes. */
  cpu: number;
  /** Operations of the stores, as the nodes count them. */
  durable: number;
  /** Commands that Redis carried out, and its processor seconds. */
  commands: number;
  redis: number;
  /** Bytes of Redis in use. */
  memory: number;
  /** Transactions that changed something, and bytes of PostgreSQL's log. */
  wal: number;
  rows: number;
}

/** What one of each flow takes of a processor, of Redis and of PostgreSQL, on two nodes that take turns. */
export async function costs(): Promise<Row[]> {
  const cluster = await openCluster({
    serviceProvider: true,
    config: { lockout: { perAddress: { failures: 100_000 } }, strangers: { perAddress: 65_536 } },
  });
  const redis = new Redis(cluster.redis?.url ?? '');
  const { url = '' } = (cluster.stores as { durable: { url?: string } }).durable;
  const postgres = new Client({ connectionString: url });
  await postgres.connect();
  async function readings(during: () => Promise<void>): Promise<[Meter, Meter]> {
    const before = await read(cluster, redis, postgres);
    await during();
    return [before, await read(cluster, redis, postgres)];
  }
  try {
    const flows = await peopleOf(cluster, PEOPLE);
    // What nodes and servers do by themselves is taken off: a busy machine would count more of it for each flow.
    const [resting, rested] = await readings(() => pause(IDLE));
    const rows: Row[] = [];
    for (const [flow, times] of Object.entries(TIMES) as [Flow, number][]) {
      if (flow !== 'sign-in') for (let left = WARM_UP; left > 0; left -= 1) await flows[flow]();
      const [before, after] = await readings(async () => {
        for (let left = times; left > 0; left -= 1) await flows[flow]();
      });
      const each = (of: Exclude<keyof Meter, 'at'>, scale = 1, digits = 1) => {
        const idle = ((rested[of] - resting[of]) * (after.at - before.at)) / (rested.at - resting.at);
        return Number((((after[of] - before[of] - idle) * scale) / times).toFixed(digits));
      };
      rows.push({
        flow,
        'nodes, CPU ms': each('cpu', 1_000),
        'durable operations': each('durable'),
        'Redis commands': each('commands'),
        'Redis, CPU ms': each('redis', 1_000, 2),
        'Redis, bytes kept': each('memory', 1, 0),
        'rows written': each('rows'),
        'WAL, bytes': each('wal', 1, 0),
      });
    }
    return rows;
  } finally {
    redis.disconnect();
    await postgres.end();
    await cluster.close();
  }
}

async function read({ nodes }: Cluster, redis: Redis, postgres: Client): Promise<Meter> {
  const all = await Promise.all(nodes.map((node) => node.metrics()));
  const sum = (fits: (name: string) => boolean) =>
    all.reduce(
      (total, samples) => total + [...samples].reduce((n, [name, value]) => n + (fits(name) ? value : 0), 0),
      0,
    );
  const info = await redis.info();
  const told = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1] ?? Number.NaN);
  const query = `SELECT pg_current_wal_lsn() - '0/0'::pg_lsn AS wal,
    (SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables) AS rows`;
  await postgres.query('SELECT pg_stat_clear_snapshot()');
  const [counted = {}] = (await postgres.query<Record<string, string>>(query)).rows;
  return {
    at: performance.now(),
    cpu: sum((name) => name.startsWith('process_cpu_seconds_total')),
    durable: sum((name) => /^sallyport_store_seconds_count\{.*store="durable"/.test(name)),
    commands: told('total_commands_processed'),
    redis: told('used_cpu_user') + told('used_cpu_sys'),
    memory: told('used_memory'),
    wal: Number(counted.wal),
    rows: Number(counted.rows),
  };
}
