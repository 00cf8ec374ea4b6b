import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { z } from 'zod';
import type { DataRecord, DurableStore } from '../../core/store.ts';

/** Names read at a time. */
const PAGE = 100;
/** Tries in a row when another process was first. */
const TRIES = 5;

const held = z.looseObject({ holder: z.string(), host: z.string(), pid: z.number(), until: z.number() });

/** Who has a name, and until when by the database's clock. */
export type Holder = z.output<typeof held>;

export interface Leases {
  /** Milliseconds that one lasts, unless it is renewed. */
  lasts: number;
  /** Takes the name, or renews what this process has of it; else answers who has it. */
  take(name: string): Promise<Holder | undefined>;
  /** Whether it is this process's in the store. */
  mine(name: string): Promise<boolean>;
  /** Names of servers whose lease isn't over. */
  present(): Promise<string[]>;
  /** Whose lease is over, so that their process is gone or cut off. */
  over(): Promise<DataRecord[]>;
  /** Takes one of those: of any number of processes one gets true. */
  seize(over: DataRecord): Promise<boolean>;
  release(name: string): Promise<void>;
}

/**
 * Names that processes have for a time, by records with compare-and-set. A version that hasn't moved on is a lease that
 * hasn't been renewed, and the database's clock, read after the record, says whether it is over.
 */
export function createLeases(durable: Pick<DurableStore, 'now' | 'records'>, lasts: number): Leases {
  const records = durable.records('nodes');
  const holder = randomUUID();
  const dataAt = (now: number) => JSON.stringify({ holder, host: hostname(), pid: process.pid, until: now + lasts });
  const isMine = (record: DataRecord | undefined) => record !== undefined && read(record).holder === holder;

  async function all(): Promise<DataRecord[]> {
    const found: DataRecord[] = [];
    for (;;) {
      const last = found.at(-1)?.id;
      const page = await records.list({ limit: PAGE, ...(last !== undefined && { after: last }) });
      found.push(...page);
      if (page.length < PAGE) return found;
    }
  }

  return {
    lasts,
    async take(name) {
      for (let tries = 1; ; tries += 1) {
        const present = await records.get(name);
        const now = await durable.now();
        const other = present && read(present);
        if (other && other.holder !== holder && other.until > now) return other;
        const taken = present
          ? await records.update(name, present.version, dataAt(now))
          : await records.insert({ id: name, data: dataAt(now) });
        if (taken) return undefined;
        if (tries === TRIES) throw new Error(`the lease of ${name} changes faster than it can be read`);
      }
    },
    mine: async (name) => isMine(await records.get(name)),
    async present() {
      const found = await all();
      const now = await durable.now();
      // A command's has a dot in it.
      return found.filter((record) => read(record).until > now && !record.id.includes('.')).map(({ id }) => id);
    },
    async over() {
      const found = await all();
      if (found.length === 0) return [];
      const now = await durable.now();
      return found.filter((record) => !isMine(record) && read(record).until <= now);
    },
    seize: async ({ id, version }) => records.update(id, version, dataAt(await durable.now())),
    async release(name) {
      const present = await records.get(name);
      if (present && isMine(present)) await records.remove(name, present.version);
    },
  };
}

export const read = ({ data }: DataRecord): Holder => held.parse(JSON.parse(data));
