import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../test/support/ports.ts';
import { startPostgres } from '../test/support/postgres.ts';
import { startRedis } from '../test/support/redis.ts';
import { type Flow, flowsOf } from './beside/flows.ts';
import { pinLoad, pinStores, type Server, startBare, startSallyport } from './beside/servers.ts';
import { percentile } from './soak/figures.ts';
import { table } from './table.ts';

type Row = Record<string, string | number>;

/** Each flow runs in so many blocks, in turns with the other servers'. */
const BLOCKS = Number(process.env.BENCH_BLOCKS ?? 5);
/** Milliseconds. */
const BLOCK = Number(process.env.BENCH_BLOCK ?? 1_500);
const AT_ONCE = 8;
/** Sign-ins at once in a storm. */
const CROWD = 32;
const STORM = Number(process.env.BENCH_STORM ?? 10_000);
/** Where the same signatures take so much more of a processor at one time than at another, the machine was too busy. */
const NOISY = 0.15;

/** Milliseconds of a processor for each flow; the stores' apart. */
interface Block {
  server: number;
  stores: number;
  redis: number;
  sql: number;
  perSecond: number;
  times: number[];
  signatures: number;
}

async function load(flow: Flow, duration: number, atOnce = AT_ONCE): Promise<number[]> {
  const until = performance.now() + duration;
  const times: number[] = [];
  const worker = async () => {
    while (performance.now() < until) {
      const began = performance.now();
      await flow();
      times.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return times;
}

async function block(server: Server, flow: Flow): Promise<Block> {
  const { signatures } = await server.tell('sign');
  const [before, stores, began] = [await server.tell(), await server.stores(), performance.now()];
  const times = await load(flow, BLOCK);
  const seconds = (performance.now() - began) / 1_000;
  const [after, used] = [await server.tell(), await server.stores()];
  const each = (sum: number) => sum / times.length;
  return {
    server: each((after.cpu - before.cpu) * 1_000),
    stores: each((used - stores) * 1_000),
    redis: each(after.redis - before.redis),
    sql: each(after.sql - before.sql),
    perSecond: times.length / seconds,
    times,
    signatures,
  };
}

const median = (values: number[]): number => percentile([...values], 0.5);
const rounded = (value: number, digits = 2): number => Number(value.toFixed(digits));

function rowOf(
  flow: string,
  server: string,
  blocks: readonly Block[],
  bare: number | undefined,
): Row & { cpu: number } {
  const of = (name: Exclude<keyof Block, 'times'>) => median(blocks.map((it) => it[name]));
  const times = blocks.flatMap((it) => it.times);
  const cpu = of('server') + of('stores');
  return {
    flow,
    at: server,
    'server, CPU ms': rounded(of('server')),
    'stores, CPU ms': rounded(of('stores')),
    cpu: rounded(cpu),
    ratio: bare === undefined ? '' : rounded(cpu / bare),
    'trips to Redis': rounded(of('redis'), 1),
    statements: rounded(of('sql'), 1),
    'a second': Math.round(of('perSecond')),
    p50: rounded(percentile(times, 0.5), 1),
    p99: rounded(percentile(times, 0.99), 1),
  };
}

/** What a crowd that signs in does to those who have: visits at a fixed pace, alone and beside it. */
async function storm(server: Server, flows: Record<string, Flow>): Promise<Row> {
  const [visit, signIn] = [flows['SSO return visit'], flows['full sign-in, password']];
  if (!visit || !signIn) throw new Error('no flows for a storm');
  const alone = await load(visit, STORM, 1);
  let [over, done] = [false, 0];
  const refused = new Map<string, number>();
  const crowd = Array.from({ length: CROWD }, async () => {
    while (!over) {
      try {
        await signIn();
        done += 1;
      } catch (error) {
        refused.set(String(error), (refused.get(String(error)) ?? 0) + 1);
      }
    }
  });
  const beside = await load(visit, STORM, 1);
  over = true;
  await Promise.all(crowd);
  for (const [error, count] of refused) process.stderr.write(`${server.name}, storm: ${count} × ${error}\n`);
  const of = (times: number[], share: number) => rounded(percentile(times, share), 1);
  return {
    at: server.name,
    'p50 alone': of(alone, 0.5),
    'p50 beside': of(beside, 0.5),
    'p99 alone': of(alone, 0.99),
    'p99 beside': of(beside, 0.99),
    'sign-ins': done,
  };
}

/**
 * Sallyport beside a bare oidc-provider with a plain Redis adapter, in alternating blocks of one run: the load on one
 * core, the server with its stores on the other.
 */
export async function beside(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  const [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
  const stores = { redis, postgres };
  const used = await pinStores(stores);
  pinLoad();
  const site = `http://127.0.0.1:${await freePort()}`;
  const servers: Server[] = [await startBare(site, stores, used)];
  try {
    for (const kind of ['redis', 'embedded'] as const) {
      servers.push(await startSallyport(kind, { folder, site, port: await freePort() }, stores, used));
    }
    const flows = await Promise.all(servers.map((server) => flowsOf(server, site)));
    const measured = new Map<string, Block[]>();
    const names = [...new Set(flows.flatMap((of) => Object.keys(of)))];
    for (let turn = 0; turn <= BLOCKS; turn += 1) {
      for (const name of names) {
        for (const [at, server] of servers.entries()) {
          const flow = flows[at]?.[name];
          if (flow === undefined) continue;
          const one = await block(server, flow);
          // The first is for warming up.
          if (turn > 0) measured.set(`${name} ${at}`, [...(measured.get(`${name} ${at}`) ?? []), one]);
        }
      }
    }
    const rows = names.flatMap((name) => {
      const of = (at: number) => measured.get(`${name} ${at}`);
      const bare = of(0) && rowOf(name, 'bare', of(0) ?? [], undefined);
      const rest = servers.flatMap((server, at) =>
        at > 0 && of(at) ? [rowOf(name, server.name, of(at) ?? [], bare?.cpu)] : [],
      );
      return [...(bare ? [bare] : []), ...rest];
    });
    const storms = [];
    for (const [at, server] of servers.entries()) storms.push(await storm(server, flows[at] ?? {}));
    const memory = [];
    for (const server of servers) {
      const { rss } = await server.tell();
      memory.push({ at: server.name, 'ready, ms': Math.round(server.ready), 'RSS, MiB': Math.round(rss / 2 ** 20) });
    }
    const noise = noiseOf([...measured.values()].flat().map(({ signatures }) => signatures));
    const beside = `single sign-on beside ${CROWD} people who sign in at once, milliseconds`;
    process.stdout.write(`${JSON.stringify({ noise, flows: rows, storms, memory })}\n${noise}\n`);
    process.stdout.write(`\n${beside}\n${table(storms)}\n\n${table(memory)}\n\n`);
    return rows;
  } finally {
    for (const server of servers) server.stop();
    await redis.stop();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** How far the same work differed over the run: the middle half of it. */
function noiseOf(signatures: number[]): string {
  const [low, high, middle] = [0.25, 0.75, 0.5].map((share) => percentile(signatures, share)) as [
    number,
    number,
    number,
  ];
  const spread = (high - low) / middle;
  const told = `RSA-2048 signatures a second of the server's core: ${Math.round(middle)}, middle half ${Math.round(low)} to ${Math.round(high)}`;
  return spread > NOISY ? `${told}. THE MACHINE WAS TOO NOISY: take none of this for a measurement` : told;
}
