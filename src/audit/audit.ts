import { randomUUID } from 'node:crypto';
import type { AuditEvent, AuditPort, LogPort } from '../core/door.ts';
import { hasCode, SallyportError } from '../core/errors.ts';
import type { AuditEntry, DurableStore } from '../core/store.ts';
import { BEGINNING, type Head, hashOf, SIGNED, signedData } from './chain.ts';
import { type Facts, factsOf } from './facts.ts';

/** How long a note may wait for others, to be written together; milliseconds. */
const GATHER = 200;
/** Between two tries while the durable store is away, milliseconds. */
const RETRY = 1_000;
const SIGN_EVERY = 3_600_000;
const BATCH = 500;
/** Notes kept while the store is away; a sign-in is refused then, so what overflows is mostly refusals. */
const MOST_WAITING = 10_000;
/** Tries in a row when another writer of the same chain was first. */
const TRIES = 5;

export interface AuditDeps {
  durable: Pick<DurableStore, 'audit'>;
  /** Name of this node's chain; no two processes that run at once may share it. */
  node: string;
  now(): number;
  log: LogPort;
  /** Signs the head: Ed25519 (RFC 8032), base64url. Without it heads aren't signed. */
  sign?: { kid: string; sign(data: string): string };
}

export interface Audit extends AuditPort {
  /** Signs the last entry, by an entry of its own; does nothing if that one is a signature already. */
  signHead(): Promise<void>;
  /** Writes what waits, signs the head, and takes nothing more. Never rejects: the log says what got lost. */
  close(): Promise<void>;
}

interface Waiting {
  id: string;
  at: number;
  /** Undefined where nothing is to be written after all. */
  facts(previous: Last): Facts | undefined;
  /** Present for a commit. */
  settle?: { resolve(): void; reject(reason: unknown): void };
}

type Last = Head & { event?: string };
type Link = { item: Waiting; entry: AuditEntry };

/**
 * One node's audit: a hash chain, in the order in which events were told. A commit is durable before it returns,
 * and rejects with ERR_STORE_UNAVAILABLE if it can't be; a note is written soon after, with others, and waits
 * while the store is away.
 */
export async function createAudit({ durable, node, now, log, sign }: AuditDeps): Promise<Audit> {
  let queue: Waiting[] = [];
  let lost = 0;
  let closed = false;
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  /** Undefined where the last write's fate is unknown. */
  let head: Last | undefined = (await durable.audit.head(node)) ?? BEGINNING;
  let away = false;
  /** Last try that failed: it may have been written all the same, if only the answer got lost. */
  let doubtful: readonly Link[] = [];

  /** Where the chain stands in the store; what was in doubt and did get there isn't written twice. */
  async function findHead(): Promise<Last> {
    if (head) return head;
    const tried = doubtful.at(-1)?.entry;
    const [there] = tried ? await durable.audit.ofNode(node, { after: tried.sequence - 1, limit: 1 }) : [];
    const found = (await durable.audit.head(node)) ?? BEGINNING;
    // One write is all or nothing: if its last entry is there, all of it is.
    const done = new Set(there && there.hash === tried?.hash ? doubtful.map(({ item }) => item) : []);
    for (const item of done) item.settle?.resolve();
    queue = queue.filter((item) => !done.has(item));
    doubtful = [];
    head = found;
    return found;
  }

  function chain(from: Last, items: readonly Waiting[]): Link[] {
    let previous = from;
    return items.flatMap((item) => {
      const facts = item.facts(previous);
      if (facts === undefined) return [];
      const rest = { id: item.id, node, sequence: previous.sequence + 1, at: item.at, ...facts };
      const entry: AuditEntry = { ...rest, hash: hashOf(previous.hash, rest) };
      previous = entry;
      return [{ item, entry }];
    });
  }

  /** Writes the oldest that wait; they leave the queue once they are durable. */
  async function write(): Promise<void> {
    const from = await findHead();
    const items = queue.slice(0, BATCH);
    const links = chain(from, items);
    if (links.length > 0) {
      doubtful = links;
      head = undefined;
      await durable.audit.append(links.map(({ entry }) => entry));
    }
    doubtful = [];
    head = links.at(-1)?.entry ?? from;
    queue = queue.slice(items.length);
    for (const { settle } of items) settle?.resolve();
  }

  async function writeAgain(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await write();
      } catch (error) {
        if (tries === TRIES || !hasCode(error, 'ERR_VERSION_CONFLICT')) throw error;
      }
    }
  }

  async function drain(): Promise<void> {
    try {
      while (queue.length > 0) await writeAgain();
      if (away || lost > 0) log.warn({ lost }, 'the audit is being written again');
      away = false;
      lost = 0;
    } catch (error) {
      if (!away) log.error({ err: error, waiting: queue.length }, 'the audit can not be written');
      away = true;
      fail(error);
    }
  }

  /** Those who wait for an answer get it; notes stay. */
  function fail(cause: unknown): void {
    const refusal = new SallyportError('ERR_STORE_UNAVAILABLE', 'the audit could not be written', { cause });
    for (const { settle } of queue) settle?.reject(refusal);
    queue = queue.filter(({ settle }) => settle === undefined);
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    running ??= drain().finally(() => {
      running = undefined;
      // One who came while this ended mustn't wait for the next try.
      if (queue.some(({ settle }) => settle)) void flush();
      else if (queue.length > 0) later(RETRY);
    });
    return running;
  }

  function later(delay: number): void {
    if (timer || running || closed) return;
    timer = setTimeout(() => void flush(), delay).unref();
  }

  function waiting(event: AuditEvent): Waiting {
    const dropped = (key: string) => log.warn({ event: event.event, key }, 'left a secret out of the audit');
    const facts = factsOf(event, dropped);
    return { id: randomUUID(), at: now(), facts: () => facts };
  }

  function settled(item: Waiting): Promise<void> {
    if (closed) return Promise.reject(new SallyportError('ERR_STORE_UNAVAILABLE', 'the audit is closed'));
    return new Promise((resolve, reject) => {
      queue.push({ ...item, settle: { resolve, reject } });
      void flush();
    });
  }

  async function signHead(): Promise<void> {
    if (sign === undefined) return;
    const facts = (last: Last): Facts | undefined => {
      if (last.sequence === 0 || last.event === SIGNED) return undefined;
      const { sequence, hash } = last;
      const signature = sign.sign(signedData(node, last));
      return { event: SIGNED, detail: { sequence, hash, kid: sign.kid, signature } };
    };
    await settled({ id: randomUUID(), at: now(), facts });
  }

  const trySigning = () =>
    signHead().catch((error: unknown) => log.warn({ err: error }, 'the head of the audit could not be signed'));
  const hourly = setInterval(() => void trySigning(), SIGN_EVERY).unref();

  return {
    commit: async (event) => settled(waiting(event)),
    note(event) {
      if (closed || queue.length >= MOST_WAITING) {
        if (lost === 0) log.error({ event: event.event }, 'the audit takes no more notes: they are being lost');
        lost += 1;
        return;
      }
      queue.push(waiting(event));
      later(GATHER);
    },
    signHead,
    async close() {
      if (closed) return;
      clearInterval(hourly);
      const signed = trySigning();
      closed = true;
      await signed;
      await flush();
      clearTimeout(timer);
      if (queue.length > 0) log.error({ lost: queue.length }, 'audit notes were lost: the durable store is away');
    },
  };
}
