import { freePort } from '../test/support/ports.ts';
import { type Flow, flowsOf } from './beside/flows.ts';
import { onGround } from './beside/ground.ts';
import {
  type Block,
  besideRsa,
  block,
  type Counted,
  counted,
  hashCost,
  load,
  noiseOf,
  type Row,
  rowOf,
  withoutHash,
} from './beside/measure.ts';
import { pinLoad, pinStores, type Server, startBare, startSallyport } from './beside/servers.ts';
import { CROWD_AT_ONCE, storm, stormFlows } from './beside/storm.ts';
import { radiusRound } from './radius.ts';
import { table } from './table.ts';

/** Each flow runs in so many blocks, in turns with the other servers'. */
const BLOCKS = Number(process.env.BENCH_BLOCKS ?? 5);

/** The bare one comes first: the others are held against it. */
const KINDS = ['bare', 'redis', 'embedded'] as const;
type Kind = (typeof KINDS)[number];

/** Before a storm that stands alone, of each of its flows; milliseconds. */
const WARM = 3_000;

/** Those whose names hold one of these, separated by commas; all by default. Then there is no storm, and no RADIUS. */
const CHOSEN = (process.env.BENCH_FLOWS ?? '').split(',').filter((part) => part !== '');

const SIGN_IN = 'full sign-in, password';

type Flows = readonly Record<string, Flow>[];

/** What was measured of one flow at one server. */
interface Measured {
  blocks: Block[];
  counts?: Counted;
}

const isChosen = (name: string): boolean => CHOSEN.length === 0 || CHOSEN.some((part) => name.includes(part));
const namesOf = (flows: Flows): string[] => [...new Set(flows.flatMap((of) => Object.keys(of)))].filter(isChosen);
const keyOf = (name: string, at: number): string => `${name} ${at}`;

/** All flows at all servers, in turns: the first is for warming up and counting. */
async function measure(servers: readonly Server[], flows: Flows): Promise<Map<string, Measured>> {
  const measured = new Map<string, Measured>();
  for (let turn = 0; turn <= BLOCKS; turn += 1) {
    for (const name of namesOf(flows)) {
      for (const [at, server] of servers.entries()) {
        const flow = flows[at]?.[name];
        if (flow === undefined) continue;
        const so: Measured = measured.get(keyOf(name, at)) ?? { blocks: [] };
        measured.set(keyOf(name, at), so);
        if (turn === 0) so.counts = await counted(server, flow);
        else so.blocks.push(await block(server, flow));
      }
    }
  }
  return measured;
}

function rowsOf(servers: readonly Server[], flows: Flows, measured: ReadonlyMap<string, Measured>): Row[] {
  return namesOf(flows).flatMap((name) =>
    servers.flatMap((server, at) => {
      const so = measured.get(keyOf(name, at));
      if (so === undefined) return [];
      const bare = at === 0 ? undefined : measured.get(keyOf(name, 0))?.blocks;
      return [rowOf([name, server.name], so.blocks, so.counts, bare)];
    }),
  );
}

function signedOf(servers: readonly Server[], flows: Flows, measured: ReadonlyMap<string, Measured>): Row[] {
  return namesOf(flows)
    .filter((name) => name.startsWith('SAML'))
    .flatMap((flow) =>
      servers.flatMap(({ name: at }, index) => {
        const so = measured.get(keyOf(flow, index));
        return so ? [{ flow, at, 'of bare RSA’s rate': besideRsa(so.blocks) }] : [];
      }),
    );
}

/** Beside the hash, which is most of it and the same in all, what a sign-in with a password takes. */
function hashlessOf(servers: readonly Server[], measured: ReadonlyMap<string, Measured>): Row[] {
  const hash = hashCost();
  const of = (at: number) => measured.get(keyOf(SIGN_IN, at))?.blocks ?? [];
  return servers.flatMap(({ name: at }, index) =>
    index === 0 ? [] : [{ at, ...withoutHash(hash, of(index), of(0)) }],
  );
}

async function memoryOf(server: Server): Promise<Row> {
  const { rss } = await server.tell();
  return { at: server.name, 'ready, ms': Math.round(server.ready), 'RSS, MiB': Math.round(rss / 2 ** 20) };
}

/**
 * Sallyport beside a bare oidc-provider with a plain Redis adapter, in alternating blocks of one run: the load on one
 * core, the server with its stores on the other.
 */
export function beside(): Promise<Row[]> {
  return atServers(KINDS, async (servers, flows) => {
    const measured = await measure(servers, flows);
    const whole = CHOSEN.length === 0;
    const rows = [...rowsOf(servers, flows, measured), ...(whole ? [await radiusRound()] : [])];
    const signed = signedOf(servers, flows, measured);
    const hashless = isChosen(SIGN_IN) ? hashlessOf(servers, measured) : [];
    const storms = whole ? await stormsOf(servers, flows) : [];
    const memory = await Promise.all(servers.map(memoryOf));
    const noise = noiseOf([...measured.values()].flatMap(({ blocks }) => blocks.map(({ signatures }) => signatures)));
    const crowd = `single sign-on beside ${CROWD_AT_ONCE} people who sign in at once, milliseconds`;
    process.stdout.write(`${JSON.stringify({ noise, flows: rows, signed, hashless, storms, memory })}\n${noise}\n`);
    process.stdout.write(`\nSAML responses beside RSA-2048 signatures of the same processor\n${table(signed)}\n`);
    process.stdout.write(`\n${SIGN_IN}, without its hash: server and Redis\n${table(hashless)}\n`);
    process.stdout.write(`\n${crowd}\n${table(storms)}\n\n${table(memory)}\n\n`);
    return rows;
  });
}

/** The storm alone, at the servers of `BENCH_SERVERS` or all, after its flows have run for a while. */
export function storms(): Promise<Row[]> {
  const wanted = process.env.BENCH_SERVERS?.split(',');
  const kinds = KINDS.filter((kind) => wanted === undefined || wanted.includes(kind));
  return atServers(kinds, async (servers, flows) => {
    for (const of of flows) for (const flow of stormFlows(of)) await load(flow, WARM);
    return stormsOf(servers, flows);
  });
}

async function stormsOf(servers: readonly Server[], flows: Flows): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [at, server] of servers.entries()) rows.push(await storm(server, flows[at] ?? {}));
  return rows;
}

function atServers(
  kinds: readonly Kind[],
  work: (servers: readonly Server[], flows: Flows) => Promise<Row[]>,
): Promise<Row[]> {
  return onGround(async ({ folder, stores, site, servers }) => {
    const used = await pinStores(stores);
    pinLoad();
    for (const kind of kinds) {
      const place = { folder, site, port: await freePort() };
      servers.push(
        kind === 'bare' ? await startBare(site, stores, used) : await startSallyport(kind, place, stores, used),
      );
    }
    const flows = await Promise.all(servers.map((server) => flowsOf(server, site)));
    return work(servers, flows);
  });
}
