import type { Account } from '../../core/account.ts';
import type { CountBatch, CountRow } from '../../core/counts.ts';
import type { AuditEvent, LogPort } from '../../core/door.ts';
import type { DurableStore } from '../../core/store.ts';
import { countedIn, type Known, OTHER } from './counted.ts';
import { createGathered, type Entry } from './gathered.ts';
import { createKeeping } from './keeping.ts';

const EVERY = 60_000;
/** Accounts that are asked for at once. */
const PAGE = 500;

export interface CounterDeps {
  durable: Pick<DurableStore, 'accounts' | 'counts' | 'state'>;
  known: Known;
  now(): number;
  random(bytes: number): Uint8Array;
  log: LogPort;
}

export interface Counter {
  /** Hears the audit. */
  hear(event: AuditEvent): void;
  /** From now on these are told apart: another configuration is in use. */
  know(known: Known): void;
  /** Adds what was counted since to what all nodes have; never rejects: it is tried again. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Counts sign-ins and messages as they happen, and adds them to the durable store each minute. A batch that may have
 * been added already is given again under the same number, so that it is counted once. A process that is killed takes
 * its last minute with it, and what waited while the store was away: the audit remains the truth.
 */
export function createCounter({ durable, now, random, log, ...deps }: CounterDeps): Counter {
  const gathered = createGathered();
  const keep = createKeeping({ durable, now });
  const source = Buffer.from(random(16)).toString('base64url');
  let known = deps.known;
  let sequence = 0;
  let taken: Entry[] | undefined;
  let batch: CountBatch | undefined;
  let away = false;
  let running: Promise<void> | undefined;

  function hear(event: AuditEvent): void {
    const { account } = event;
    const [directory, another] = known.directories;
    for (const counted of countedIn(event, now(), known)) {
      if (counted.kind !== 'sign-in' || account === undefined) gathered.add(counted);
      else if (another === undefined && known.groups.size === 0)
        gathered.add({ ...counted, provider: directory ?? OTHER });
      else gathered.add(counted, account);
    }
  }

  async function nextBatch(): Promise<CountBatch | undefined> {
    taken ??= gathered.take();
    if (taken === undefined) return undefined;
    const rows = await withPeople(durable, taken, known.groups);
    taken = undefined;
    sequence += 1;
    return { source, sequence, at: now(), rows };
  }

  /** The one under way first, until it is known to be there: by its number it is counted once. */
  async function add(): Promise<void> {
    for (;;) {
      batch ??= await nextBatch();
      if (batch === undefined) return;
      await durable.counts.add(batch);
      batch = undefined;
    }
  }

  async function addAndKeep(): Promise<void> {
    try {
      await add();
      await keep();
      if (away) log.info({}, 'statistics are being kept again');
      away = false;
    } catch (error) {
      if (!away) log.warn({ err: error }, 'statistics can not be kept: they are tried again each minute');
      away = true;
    }
  }

  function flush(): Promise<void> {
    running ??= addAndKeep().finally(() => {
      running = undefined;
    });
    return running;
  }

  const timer = setInterval(() => void flush(), EVERY).unref();
  return {
    hear,
    know(next) {
      known = next;
    },
    flush,
    async close() {
      clearInterval(timer);
      await running;
      await flush();
      const left = [...(batch?.rows ?? []), ...(taken ?? []).map(({ row }) => row)];
      const lost = left.reduce((sum, { count }) => sum + count, gathered.total());
      if (lost > 0) log.error({ lost }, 'statistics were lost: the durable store is away. The audit has them');
    },
  };
}

/** Each with the directory of whoever it is about, and once more for each of these groups that they are in. */
async function withPeople(
  { accounts }: Pick<DurableStore, 'accounts'>,
  entries: readonly Entry[],
  groups: ReadonlySet<string>,
): Promise<CountRow[]> {
  const ids = [...new Set(entries.flatMap(({ account }) => account ?? []))];
  const found = new Map<string, Account>();
  for (let from = 0; from < ids.length; from += PAGE) {
    for (const account of await accounts.byIds(ids.slice(from, from + PAGE))) found.set(account.id, account);
  }
  const rows = new Map<string, CountRow>();
  const add = ({ count, ...by }: CountRow) => {
    const key = Object.values(by).join('\0');
    rows.set(key, { ...by, count: count + (rows.get(key)?.count ?? 0) });
  };
  for (const { row, account } of entries) {
    const person = account === undefined ? undefined : found.get(account);
    add({ ...row, provider: account === undefined ? row.provider : (person?.directory ?? OTHER) });
    for (const provider of new Set(person?.groups)) if (groups.has(provider)) add({ ...row, kind: 'group', provider });
  }
  return [...rows.values()];
}
