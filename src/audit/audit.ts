import { randomUUID } from 'node:crypto';
import type { AuditEvent, AuditPort, LogPort } from '../core/door.ts';
import type { DurableStore } from '../core/store.ts';
import { SIGNED, signedData } from './chain.ts';
import { type Facts, factsOf } from './facts.ts';
import { createQueue } from './queue.ts';
import { createWriter, type Draft, type Held, type Last } from './writer.ts';

const SIGN_EVERY = 3_600_000;

export interface AuditDeps {
  durable: Pick<DurableStore, 'audit'>;
  /** Name of this node's chain; no two processes that run at once may share it. */
  node: string;
  now(): number;
  log: LogPort;
  /** Asked before each write; without it the chain is this process's whatever happens. */
  held?: Held;
  /** Signs the head: Ed25519 (RFC 8032), base64url. Without it heads aren't signed. */
  sign?: { kid: string; sign(data: string): string };
}

export interface Audit extends AuditPort {
  /** How many entries wait to be written. */
  waiting(): number;
  /** Signs the last entry, by an entry of its own; does nothing if that one is a signature already. */
  signHead(): Promise<void>;
  /** Writes what waits, signs the head, and takes nothing more. Never rejects: the log says what got lost. */
  close(): Promise<void>;
}

/**
 * One node's audit: a hash chain, in the order in which events were told. A commit is durable before it returns,
 * and rejects with ERR_STORE_UNAVAILABLE if it can't be; a note is written soon after, with others, and waits
 * while the store is away.
 */
export async function createAudit({ durable, node, now, log, held, sign }: AuditDeps): Promise<Audit> {
  const queue = createQueue(await createWriter(durable, node, held ?? (async () => {})), log);
  let closed = false;

  function draftOf(event: AuditEvent): Draft {
    const dropped = (key: string) => log.warn({ event: event.event, key }, 'left a secret out of the audit');
    const facts = factsOf(event, dropped);
    return { id: randomUUID(), at: now(), facts: () => facts };
  }

  async function signHead(): Promise<void> {
    if (sign === undefined) return;
    const facts = (last: Last): Facts | undefined => {
      if (last.sequence === 0 || last.event === SIGNED) return undefined;
      const { sequence, hash } = last;
      const signature = sign.sign(signedData(node, last));
      return { event: SIGNED, detail: { sequence, hash, kid: sign.kid, signature } };
    };
    await queue.commit({ id: randomUUID(), at: now(), facts });
  }

  const trySigning = () =>
    signHead().catch((error: unknown) => log.warn({ err: error }, 'the head of the audit could not be signed'));
  const hourly = setInterval(() => void trySigning(), SIGN_EVERY).unref();

  return {
    commit: async (event) => queue.commit(draftOf(event)),
    note: (event) => queue.note(event.event, () => draftOf(event)),
    waiting: queue.waiting,
    signHead,
    async close() {
      if (closed) return;
      clearInterval(hourly);
      const signed = trySigning();
      closed = true;
      await queue.close(signed);
    },
  };
}
