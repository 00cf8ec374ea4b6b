import { SallyportError } from '../../../core/errors.ts';
import type { Asker } from '../../../core/strangers.ts';
import type { Entity } from '../../model.ts';
import { compileApart } from '../apart.ts';
import type { Compiled } from '../compile.ts';
import { originOf } from '../copies.ts';
import { ask, piecesOf } from '../download.ts';
import { createEntityCopies } from '../entity-copies.ts';
import { MetadataFault } from '../fault.ts';
import { Holding } from '../holding.ts';
import { refuseEndless, refuseOlder } from '../order.ts';
import type { MetadataPorts, Source } from '../ports.ts';
import type { MetadataSource } from '../settings.ts';
import { Slots } from '../slots.ts';
import { createStatus } from '../status.ts';

/** Bytes of an answer; one entity is some ten kilobytes. */
export const LARGEST = 256 * 1024;
const MOST = 1_000;
/** How long an entity that isn't there, or couldn't be had, isn't asked for again. */
const ABSENT = 60_000;
const SHORTEST = 60_000;

/** Questions about entities of which there is a copy: service providers at which people sign in. */
const KNOWN = { atOnce: 32 };
/** Anybody can name an entity that nobody has heard of: these must neither crowd out the others nor the server. */
export const UNKNOWN = { atOnce: 8, most: 120, window: 60_000 };

export type MdqSettings = Extract<MetadataSource, { mdq: string }>;

/** An entity as last had; a failure leaves it until it expires. */
interface Entry<E extends Entity> {
  holding: Holding<E>;
  askAgain: number;
}

/** Entities one at a time, from a metadata query server (draft-young-md-query, draft-young-md-query-saml). */
export function createMdqSource<E extends Entity>(
  owner: string,
  settings: MdqSettings,
  ports: MetadataPorts,
): Source<E> {
  return new MdqSource<E>(owner, settings, ports);
}

class MdqSource<E extends Entity> implements Source<E> {
  readonly #owner: string;
  readonly #settings: MdqSettings;
  readonly #ports: MetadataPorts;
  readonly #status: ReturnType<typeof createStatus>;
  readonly #copies: ReturnType<typeof createEntityCopies>;
  readonly #entries = new Map<string, Entry<E>>();
  /** Until when an entity isn't asked for: apart from those that are there, which a flood of others mustn't drive out. */
  readonly #absent = new Map<string, number>();
  readonly #asking = new Map<string, Promise<void>>();
  readonly #known: Slots;
  readonly #unknown: Slots;
  readonly #stop = new AbortController();

  constructor(owner: string, settings: MdqSettings, ports: MetadataPorts) {
    this.#owner = owner;
    this.#settings = settings;
    this.#ports = ports;
    this.#status = createStatus({ owner, kind: 'mdq', location: settings.mdq }, ports);
    this.#copies = createEntityCopies(ports, owner, originOf(settings));
    this.#known = new Slots(KNOWN, ports.now);
    this.#unknown = new Slots(UNKNOWN, ports.now);
  }

  async start(): Promise<void> {}

  /** @throws TooManyError, SallyportError ERR_STORE_UNAVAILABLE where too many unknown entities are being asked for */
  async find(entityId: string, by?: Asker): Promise<E | undefined> {
    const entry = await this.#earlier(entityId);
    const found = entry?.holding.find(entityId);
    if (entry !== undefined && found !== undefined) {
      // What is still valid serves while it is renewed.
      if (entry.askAgain <= this.#ports.now()) void this.#ensure(entityId, this.#known);
      return found;
    }
    if (entry === undefined && by && !this.#isSettled(entityId)) await this.#ports.strangers.ask(by);
    const asked = this.#ensure(entityId, entry ? this.#known : this.#unknown);
    if (asked === undefined) throw busy(entityId);
    await asked;
    return this.#entries.get(entityId)?.holding.find(entityId);
  }

  held(entityId: string): E | undefined {
    return this.#entries.get(entityId)?.holding.find(entityId);
  }

  whole() {
    return undefined;
  }

  endedAt(entityId: string): number | undefined {
    return this.#entries.get(entityId)?.holding.endedAt(entityId);
  }

  async refresh(): Promise<void> {
    await Promise.all([...this.#entries.keys()].map((entityId) => this.#ensure(entityId, this.#known)));
  }

  health() {
    return this.#status.health({});
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#asking.values());
  }

  /** Whether the answer is under way, or was that it isn't there: nobody is asked once more. */
  #isSettled(entityId: string): boolean {
    return this.#asking.has(entityId) || (this.#absent.get(entityId) ?? 0) > this.#ports.now();
  }

  /** One question at a time for each entity, however many wait for the answer; undefined where there is no room for it. */
  #ensure(entityId: string, slots: Slots): Promise<void> | undefined {
    const under = this.#asking.get(entityId);
    if (under !== undefined) return under;
    if ((this.#absent.get(entityId) ?? 0) > this.#ports.now()) return Promise.resolve();
    const work = slots.take(() => this.#renew(entityId))?.finally(() => this.#asking.delete(entityId));
    if (work !== undefined) this.#asking.set(entityId, work);
    return work;
  }

  async #renew(entityId: string): Promise<void> {
    const held = this.#entries.get(entityId);
    try {
      const fresh = await this.#fetch(entityId);
      if (fresh === undefined) await this.#withdraw(entityId, held);
      else await this.#take(entityId, held, fresh);
      this.#status.succeeded();
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.#status.failed(error, entityId);
      put(this.#absent, entityId, this.#ports.now() + ABSENT);
    }
  }

  async #fetch(entityId: string): Promise<(Entry<E> & { compiled: Compiled }) | undefined> {
    const { mdq, certificate, refresh, maxValidity } = this.#settings;
    const url = `${mdq.replace(/\/+$/, '')}/entities/${encodeURIComponent(entityId)}`;
    const { response } = await ask(this.#ports.fetch, url, {}, this.#stop.signal);
    if (response.status !== 200) {
      await response.body?.cancel();
      if (response.status !== 404) throw new MetadataFault(`${url} answered ${response.status}`);
      return undefined;
    }
    const document = Buffer.concat(await Array.fromAsync(piecesOf(response, LARGEST)));
    const { role } = this.#ports;
    const now = this.#ports.now();
    const compiled = await compileApart({ document, certificate, now, ...(role && { role }) });
    refuseEndless(compiled, maxValidity, now);
    const holding = new Holding<E>(compiled, this.#ports.now);
    // Any document of the federation bears the same good signature: it must be the one that was asked for.
    if (compiled.count !== 1 || holding.find(entityId) === undefined) {
      const [refusal] = compiled.refused;
      throw new MetadataFault(refusal?.reason ?? `the answer describes another entity than ${entityId}`);
    }
    const keep = Math.max(SHORTEST, Math.min(refresh, compiled.cacheDuration ?? Number.POSITIVE_INFINITY));
    return { compiled, holding, askAgain: now + keep };
  }

  /** What was good before, of this process or an earlier one. */
  async #earlier(entityId: string): Promise<Entry<E> | undefined> {
    const held = this.#entries.get(entityId);
    if (held !== undefined) return held;
    if ((this.#absent.get(entityId) ?? 0) > this.#ports.now()) return undefined;
    const copy = await this.#copies.read(entityId).catch(() => undefined);
    if (copy?.validUntil === undefined) return undefined;
    const entry = { holding: new Holding<E>(copy, this.#ports.now), askAgain: 0 };
    put(this.#entries, entityId, entry);
    return entry;
  }

  /** Nobody signed that it isn't there: a signed copy that is in force outlives that, and ends by itself. */
  async #withdraw(entityId: string, held: Entry<E> | undefined): Promise<void> {
    put(this.#absent, entityId, this.#ports.now() + ABSENT);
    if (held?.holding.find(entityId) !== undefined) {
      this.#ports.log.warn(
        { ...this.#ports.about(this.#owner), entityId },
        'the query server no longer has it; its copy holds until it ends',
      );
      return;
    }
    this.#entries.delete(entityId);
    await this.#copies.remove(entityId);
  }

  async #take(entityId: string, held: Entry<E> | undefined, fresh: Entry<E> & { compiled: Compiled }): Promise<void> {
    const { compiled, ...entry } = fresh;
    refuseOlder(dated(entry.holding), held && dated(held.holding), this.#ports.now());
    const same = held?.holding.digest === entry.holding.digest;
    // The held one stays where it is the same: what was parsed of it is kept with it.
    put(this.#entries, entityId, same ? { ...held, askAgain: entry.askAgain } : entry);
    if (!same) await this.#copies.write(entityId, compiled);
  }
}

function dated({ validUntil, publishedAt }: Pick<Holding, 'validUntil' | 'publishedAt'>) {
  return { ...(validUntil !== undefined && { validUntil }), ...(publishedAt !== undefined && { publishedAt }) };
}

function busy(entityId: string): SallyportError {
  const message = `the query server is being asked for too many unknown entities: ${entityId.slice(0, 200)} must wait`;
  return new SallyportError('ERR_STORE_UNAVAILABLE', message);
}

/** Sets as the newest, and lets the oldest go where there are too many. */
function put<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MOST && oldest !== undefined) map.delete(oldest);
}
