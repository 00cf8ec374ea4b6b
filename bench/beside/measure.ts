import { verifySync } from '@node-rs/argon2';
import { PASSWORD } from '../../test/support/gateway.ts';
import { HASHED } from '../../test/support/newcomer.ts';
import { percentile } from '../soak/figures.ts';
import type { Flow } from './flows.ts';
import type { Server } from './servers.ts';

export type Row = Record<string, string | number>;

/** Milliseconds. */
const BLOCK = Number(process.env.BENCH_BLOCK ?? 1_500);
const AT_ONCE = 8;
/** Where the same signatures take so much more of a processor at one time than at another, the machine was too busy. */
const NOISY = 0.15;

/** Milliseconds of a processor for each flow; those of the stores apart. */
export interface Block {
  server: number;
  redis: number;
  postgres: number;
  perSecond: number;
  times: number[];
  /** RSA-2048 signatures a second of the same processor, just before. */
  signatures: number;
}

/** What one flow asks of its stores: counted in a block that isn't measured, for counting costs time. */
export interface Counted {
  redis: number;
  postgres: number;
  statements: number;
}

/** Runs a flow over and over for a while (milliseconds), some at a time; answers how long each took. */
export async function load(flow: Flow, duration: number, atOnce = AT_ONCE): Promise<number[]> {
  const until = performance.now() + duration;
  const times: number[] = [];
  const worker = async () => {
    while (performance.now() < until) {
      const began = performance.now();
      if ((await flow()) === 'no more') return;
      times.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  if (times.length === 0) throw new Error('a block in which nothing was done');
  return times;
}

export async function block(server: Server, flow: Flow): Promise<Block> {
  const { signatures } = await server.tell('sign');
  const [before, stores, began] = [await server.tell(), await server.stores(), performance.now()];
  const times = await load(flow, BLOCK);
  const seconds = (performance.now() - began) / 1_000;
  const [after, used] = [await server.tell(), await server.stores()];
  const each = (sum: number) => (sum * 1_000) / times.length;
  return {
    server: each(after.cpu - before.cpu),
    redis: each(used.redis - stores.redis),
    postgres: each(used.postgres - stores.postgres),
    perSecond: times.length / seconds,
    times,
    signatures,
  };
}

/** The first block, which warms up, is the one in which is counted. */
export async function counted(server: Server, flow: Flow): Promise<Counted> {
  const before = await server.tell('count');
  const { length } = await load(flow, BLOCK);
  const after = await server.tell('rest');
  return {
    redis: (after.redis - before.redis) / length,
    postgres: (after.postgres - before.postgres) / length,
    statements: (after.statements - before.statements) / length,
  };
}

export const median = (values: number[]): number => percentile([...values], 0.5);
export const rounded = (value: number, digits = 2): number => Number(value.toFixed(digits));

type Figure = Exclude<keyof Block, 'times'>;
const of = (blocks: readonly Block[], name: Figure) => median(blocks.map((it) => it[name]));

/** Of server and Redis; `all`: of PostgreSQL as well. */
export const cpuOf = (blocks: readonly Block[], all = false): number =>
  of(blocks, 'server') + of(blocks, 'redis') + (all ? of(blocks, 'postgres') : 0);

export function rowOf(
  [flow, server]: readonly [flow: string, server: string],
  blocks: readonly Block[],
  counts: Counted | undefined,
  bare: readonly Block[] | undefined,
): Row {
  const times = blocks.flatMap((it) => it.times);
  const ratio = (all: boolean) => (bare === undefined ? '' : rounded(cpuOf(blocks, all) / cpuOf(bare)));
  return {
    flow,
    at: server,
    'server, CPU ms': rounded(of(blocks, 'server')),
    Redis: rounded(of(blocks, 'redis')),
    PostgreSQL: rounded(of(blocks, 'postgres')),
    ratio: ratio(false),
    'with PostgreSQL': ratio(true),
    'trips to Redis': rounded(counts?.redis ?? 0, 1),
    'to PostgreSQL': rounded(counts?.postgres ?? 0, 1),
    statements: rounded(counts?.statements ?? 0, 1),
    'a second': Math.round(of(blocks, 'perSecond')),
    p50: rounded(percentile(times, 0.5), 1),
    p99: rounded(percentile(times, 0.99), 1),
  };
}

/** Beside bare RSA: how many for each signature that the same processor could make in that time. */
export function besideRsa(blocks: readonly Block[]): number {
  return rounded(1_000 / cpuOf(blocks) / of(blocks, 'signatures'));
}

const HASHES = 40;

/** Milliseconds of a processor for the hash of a password, which is the same in every server. */
export function hashCost(): number {
  verifySync(HASHED, PASSWORD);
  const before = process.cpuUsage();
  for (let left = HASHES; left > 0; left -= 1) verifySync(HASHED, PASSWORD);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / HASHES;
}

/** A sign-in without its hash, beside the bare one without. */
export function withoutHash(hash: number, blocks: readonly Block[], bare: readonly Block[]) {
  const [own, other] = [cpuOf(blocks) - hash, cpuOf(bare) - hash];
  return { 'CPU ms': rounded(own), bare: rounded(other), ratio: rounded(own / other) };
}

/** How far the same work differed over the run: the middle half of it. */
export function noiseOf(signatures: number[]): string {
  const [low, high, middle] = [0.25, 0.75, 0.5].map((share) => percentile(signatures, share)) as [
    number,
    number,
    number,
  ];
  const spread = (high - low) / middle;
  const told = `RSA-2048 signatures a second of the server's core: ${Math.round(middle)}, middle half ${Math.round(low)} to ${Math.round(high)}`;
  return spread > NOISY ? `${told}. THE MACHINE WAS TOO NOISY: take none of this for a measurement` : told;
}
