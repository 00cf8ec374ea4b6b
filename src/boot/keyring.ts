import type { AuditPort, LogPort } from '../core/door.ts';
import type { KeyAlgorithm, Keyring, KeyringOptions } from '../core/keyring.ts';
import type { Sealer } from '../core/seal.ts';
import type { DurableStore, EphemeralStore, StoredKey } from '../core/store.ts';
import { addUnlessOvertaken } from './keyring/additions.ts';
import { type Change, retireKey, rotateKeys } from './keyring/changes.ts';
import { makeKey } from './keyring/key.ts';
import { createRing, type Ring } from './keyring/ring.ts';
import type { Standing } from './keyring/standing.ts';

/** Told to all nodes when a command has changed keys. */
const TOPIC = 'keys';
/** How soon one node learns what another one's command did where that message got lost, milliseconds. */
export const POLL = 60_000;

export interface KeyringDeps {
  durable: Pick<DurableStore, 'keys' | 'state'>;
  ephemeral: Pick<EphemeralStore, 'publish' | 'subscribe'>;
  sealer: Sealer;
  now(): number;
  random(bytes: number): Uint8Array;
  log: LogPort;
  audit: AuditPort;
}

/** A key, how it stands, and its certificate, base64 DER. */
export type Listed = Standing & { certificate?: string };

/** All signing keys of the gateway, by purpose. */
export interface Keyrings {
  /**
   * A keyring of a purpose, with its first keys made. Of several of one purpose the newest is what commands see.
   * Throws ERR_SEAL where the sealing key is another.
   */
  keyring(purpose: string, options: KeyringOptions): Promise<Keyring>;
  /** Keeps those no longer up to date: whoever asked for them is gone. */
  leave(...keyrings: Keyring[]): void;
  /** Reads all keys anew. Never throws: what can't be read stays as it is known. */
  refresh(): Promise<void>;
  /** Every key of the purposes in use, as the store has them now. */
  list(): Promise<Listed[]>;
  /** Adds the next key of each algorithm, or of one; `ahead` in milliseconds, the purpose's own without it. */
  rotate(purpose: string, wish?: { algorithm?: string; ahead?: number }): Promise<Change[]>;
  /** Takes a key out at once; `id` may be its beginning. */
  retire(id: string): Promise<Change[]>;
  close(): Promise<void>;
}

/** Retired ones aren't opened: their certificate isn't told. */
function listed(ring: Ring): Listed[] {
  const certificates = new Map(ring.published().map(({ id, certificate }) => [id, certificate]));
  return ring.standings().map((standing) => {
    const certificate = certificates.get(standing.key.id);
    return { ...standing, ...(certificate ? { certificate } : {}) };
  });
}

/**
 * Keyrings over the durable store: every node reads the same times there, when a command has changed them, when one has
 * come, and every minute.
 */
export function createKeyrings(deps: KeyringDeps): Keyrings {
  const { durable, ephemeral, now, log } = deps;
  const rings = new Set<Ring>();
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  let closed = false;

  async function load(ring: Ring): Promise<void> {
    for (const algorithm of ring.options.algorithms) await first(ring, algorithm);
    ring.take(await durable.keys.list(ring.purpose));
    for (const { key, ...standing } of ring.standings()) {
      if (standing.state !== 'retired' || key.retiredAt !== undefined) continue;
      await durable.keys.retire(key.id, standing.at);
      log.info({ purpose: key.purpose, algorithm: key.algorithm, key: key.id }, 'signing key is no longer published');
    }
  }

  /** A first key signs at once: there is nobody yet who knows another. */
  async function first({ purpose, options }: Ring, algorithm: KeyAlgorithm): Promise<void> {
    const wanted = (present: readonly StoredKey[]) => present.every(({ retiredAt }) => retiredAt !== undefined);
    const known = (await durable.keys.list(purpose)).filter((key) => key.algorithm === algorithm);
    if (!wanted(known)) return;
    const { certificate } = options;
    const make = () => makeKey({ purpose, algorithm, certificate, createdAt: now(), activeFrom: now() }, deps);
    const made = await addUnlessOvertaken(durable, { purpose, algorithm, wanted, make });
    if (made) log.info({ purpose, algorithm, key: made.id }, 'signing key made');
  }

  async function refresh(): Promise<void> {
    for (const ring of rings) {
      await load(ring).catch((err: unknown) => {
        log.error({ err, purpose: ring.purpose }, 'signing keys could not be read: the known ones stay');
      });
    }
    schedule();
  }

  function schedule(): void {
    clearTimeout(timer);
    if (closed) return;
    const planned = Math.min(...[...rings].map((ring) => ring.changesAt())) - now();
    timer = setTimeout(() => void queue(refresh), Math.max(1, Math.min(POLL, planned))).unref();
  }

  /** One at a time: an old answer of the store must not come after a newer one. */
  function queue<T>(work: () => Promise<T>): Promise<T> {
    const done = running.then(work);
    running = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  /** The rings as the store has them, for a command; here its error is the command's. */
  async function current(): Promise<readonly Ring[]> {
    for (const ring of rings) await load(ring);
    return [...new Map([...rings].map((ring) => [ring.purpose, ring])).values()];
  }

  /** Until it is heard, and where it isn't, the minute is what counts. */
  const heard = ephemeral
    .subscribe(TOPIC, () => void (closed || queue(refresh)))
    .catch((err: unknown) => void log.warn({ err }, 'changes of keys by other nodes are learnt of late'));

  async function changed(change: Promise<Change[]>): Promise<Change[]> {
    const done = await change;
    await current();
    schedule();
    // They learn of it by themselves soon: the command has done its work.
    await ephemeral.publish(TOPIC).catch((err: unknown) => log.warn({ err }, 'other nodes were not told of the keys'));
    return done;
  }

  return {
    keyring: (purpose, options) =>
      queue(async () => {
        const ring = createRing(purpose, options, deps);
        await load(ring);
        rings.add(ring);
        schedule();
        return ring;
      }),
    leave(...keyrings) {
      for (const ring of rings) if (keyrings.includes(ring)) rings.delete(ring);
    },
    refresh: () => queue(refresh),
    list: () => queue(async () => (await current()).flatMap(listed)),
    rotate: (purpose, wish = {}) => queue(async () => changed(rotateKeys(deps, await current(), purpose, wish))),
    retire: (id) => queue(async () => changed(retireKey(deps, await current(), id))),
    async close() {
      closed = true;
      clearTimeout(timer);
      void heard.then((leave) => leave?.());
      await running;
    },
  };
}
