import { readFileSync } from 'node:fs';
import { freePort } from '../test/support/ports.ts';
import { flowsOf } from './beside/flows.ts';
import { onGround } from './beside/ground.ts';
import { load, median, type Row, rounded } from './beside/measure.ts';
import { family, pidsOf, pin, startSallyport, usedBy } from './beside/servers.ts';

const BLOCKS = Number(process.env.BENCH_BLOCKS ?? 5);
/** Milliseconds. */
const BLOCK = Number(process.env.BENCH_BLOCK ?? 4_000);
const WARM_UP = 2 * BLOCK;
/** Flows under way at once: enough to leave no core with nothing to do. */
const AT_ONCE = 32;
const FLOWS = ['SSO return visit', 'full sign-in, password'] as const;

/** What is compared: everything, the load too, has these cores. */
const SETTINGS = { one: { cores: '1', workers: 1 }, two: { cores: '0,1', workers: 2 } } as const;
type Setting = keyof typeof SETTINGS;

interface Block {
  /** Flows a second of wall time. */
  perSecond: number;
  /** The same, had the load's own share of the cores been there for the others. */
  carried: number;
  /** Shares of the cores' time. */
  load: number;
  idle: number;
  /** Milliseconds of a processor for each flow: gateway, Redis and PostgreSQL. */
  cpu: number;
}

/** Seconds that cores had nothing to do, by proc_stat(5). */
function idleOf(cores: string): number {
  const lines = readFileSync('/proc/stat', 'utf8').split('\n');
  return cores.split(',').reduce((sum, core) => {
    const [, , , , idle = 0, waiting = 0] = (lines.find((line) => line.startsWith(`cpu${core} `)) ?? '')
      .split(/ +/)
      .map(Number);
    return sum + (idle + waiting) / 100;
  }, 0);
}

function ownSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

async function block(cores: string, flow: () => Promise<unknown>, everything: () => number): Promise<Block> {
  const [idle, own, used, began] = [idleOf(cores), ownSeconds(), everything(), performance.now()];
  const { length } = await load(flow, BLOCK, AT_ONCE);
  const seconds = (performance.now() - began) / 1_000;
  const there = seconds * cores.split(',').length;
  const share = (ownSeconds() - own) / there;
  const perSecond = length / seconds;
  return {
    ...{ perSecond, carried: perSecond / (1 - share), load: share, idle: (idleOf(cores) - idle) / there },
    cpu: ((everything() - used) * 1_000) / length,
  };
}

function rowsOf(name: string, { one, two }: Readonly<Record<Setting, readonly Block[]>>): Row[] {
  const of = (blocks: readonly Block[], figure: keyof Block) => median(blocks.map((it) => it[figure]));
  const row = (on: string, blocks: readonly Block[], ratio: Row): Row => ({
    ...{ flow: name, on, 'a second': Math.round(of(blocks, 'perSecond')) },
    'load, %': Math.round(100 * of(blocks, 'load')),
    'idle, %': Math.round(100 * of(blocks, 'idle')),
    'CPU ms': rounded(of(blocks, 'cpu')),
    carried: Math.round(of(blocks, 'carried')),
    ...ratio,
  });
  const ratio = (figure: keyof Block) => rounded(of(two, figure) / of(one, figure));
  return [
    row('one core, one worker', one, { ratio: '', 'with the load': '' }),
    row('two cores, two workers', two, { ratio: ratio('carried'), 'with the load': ratio('perSecond') }),
  ];
}

/**
 * What a second core and a second worker are worth: gateway, Redis, PostgreSQL and the load that is put on them on one
 * core, and on two, in turns.
 */
export function cores(): Promise<Row[]> {
  return onGround(async ({ folder, stores, site, servers }) => {
    const { redisPid, postmaster } = await pidsOf(stores);
    const onto = (cores: string) => {
      for (const pid of [process.pid, redisPid, ...family(postmaster)]) pin(cores, pid);
    };
    const blocks = new Map<string, Record<Setting, Block[]>>(FLOWS.map((name) => [name, { one: [], two: [] }]));
    const used = () => ({ redis: 0, postgres: 0 });
    const started = await Promise.all(
      Object.entries(SETTINGS).map(async ([setting, { cores, workers }]) => {
        const place = { folder, site, port: await freePort(), cores, workers };
        const server = await startSallyport('redis', place, stores, used);
        servers.push(server);
        const everything = () => usedBy([...family(server.pid), redisPid, ...family(postmaster)]);
        return { setting: setting as Setting, cores, everything, flows: await flowsOf(server, site) };
      }),
    );
    for (let turn = 0; turn <= BLOCKS; turn += 1) {
      for (const name of FLOWS) {
        for (const { setting, cores, everything, flows } of started) {
          const flow = flows[name];
          if (flow === undefined) throw new Error(`no flow ${name}`);
          onto(cores);
          if (turn === 0) await load(flow, WARM_UP, AT_ONCE);
          else blocks.get(name)?.[setting].push(await block(cores, flow, everything));
        }
      }
    }
    const rows = [...blocks].flatMap(([name, of]) => rowsOf(name, of));
    process.stdout.write(`${JSON.stringify({ cores: rows })}\n`);
    return rows;
  });
}
