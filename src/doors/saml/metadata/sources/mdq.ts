import type { ServiceProvider } from '../../model.ts';
import { compileApart } from '../apart.ts';
import type { Compiled } from '../compile.ts';
import { originOf } from '../copies.ts';
import { ask, piecesOf } from '../download.ts';
import { createEntityCopies } from '../entity-copies.ts';
import { MetadataFault } from '../fault.ts';
import { Holding } from '../holding.ts';
import type { MetadataPorts, Source } from '../ports.ts';
import { createStatus } from '../status.ts';

/** One entity is some ten kilobytes. */
const LARGEST = 256 * 1024;
const MOST = 1_000;
/** How long an entity that isn't there, or couldn't be had, isn't asked for again. */
const ABSENT = 60_000;
/** Anybody can name an entity: the server must not be asked for more at a time. */
const MOST_AT_ONCE = 32;
const SHORTEST = 60_000;

export interface MdqSettings {
  /** Base address. */
  mdq: string;
  /** PEM. */
  certificate: string;
  /** Milliseconds. */
  refresh: number;
}

/** An entity as last had; a failure leaves it until it expires. */
interface Entry {
  holding: Holding;
  askAgain: number;
}

/** Entities one at a time, from a metadata query server (draft-young-md-query, draft-young-md-query-saml). */
export function createMdqSource(application: string, settings: MdqSettings, ports: MetadataPorts): Source {
  const status = createStatus({ application, kind: 'mdq', location: settings.mdq }, ports);
  const entries = new Map<string, Entry>();
  /** Until when an entity isn't asked for: apart from those that are there, which a flood of others mustn't drive out. */
  const absent = new Map<string, number>();
  const asking = new Map<string, Promise<void>>();
  const stop = new AbortController();
  const copies = createEntityCopies(ports, application, originOf(settings.mdq, settings.certificate));

  async function fetchEntity(entityId: string): Promise<(Entry & { compiled: Compiled }) | undefined> {
    const url = `${settings.mdq.replace(/\/+$/, '')}/entities/${encodeURIComponent(entityId)}`;
    const { response } = await ask(ports.fetch, url, {}, stop.signal);
    if (response.status !== 200) {
      await response.body?.cancel();
      if (response.status !== 404) throw new MetadataFault(`${url} answered ${response.status}`);
      return undefined;
    }
    const document = Buffer.concat(await Array.fromAsync(piecesOf(response, LARGEST)));
    const now = ports.now();
    const compiled = await compileApart({ document, certificate: settings.certificate, now });
    const holding = new Holding(compiled, ports.now);
    // Any document of the federation bears the same good signature: it must be the one that was asked for.
    if (compiled.count !== 1 || holding.find(entityId) === undefined) {
      const [refusal] = compiled.refused;
      throw new MetadataFault(refusal?.reason ?? `the answer describes another entity than ${entityId}`);
    }
    const keep = Math.max(SHORTEST, Math.min(settings.refresh, compiled.cacheDuration ?? Number.POSITIVE_INFINITY));
    return { compiled, holding, askAgain: now + keep };
  }

  /** What was good before, of this process or an earlier one. */
  async function earlier(entityId: string): Promise<Entry | undefined> {
    const held = entries.get(entityId);
    if (held !== undefined) return held;
    const copy = await copies.read(entityId).catch(() => undefined);
    return copy && { holding: new Holding(copy, ports.now), askAgain: 0 };
  }

  async function renew(entityId: string): Promise<void> {
    const held = await earlier(entityId);
    try {
      const fresh = await fetchEntity(entityId);
      if (fresh === undefined) await withdraw(entityId);
      else await take(entityId, held, fresh);
      status.succeeded();
    } catch (error) {
      if (stop.signal.aborted) return;
      status.failed(error, entityId);
      put(absent, entityId, ports.now() + ABSENT);
      if (held !== undefined) put(entries, entityId, held);
    }
  }

  async function withdraw(entityId: string): Promise<void> {
    entries.delete(entityId);
    put(absent, entityId, ports.now() + ABSENT);
    await copies.remove(entityId);
  }

  async function take(entityId: string, held: Entry | undefined, fresh: Entry & { compiled: Compiled }): Promise<void> {
    const { compiled, ...entry } = fresh;
    refuseOlder(entry.holding, held?.holding, ports.now());
    const same = held?.holding.digest === entry.holding.digest;
    // The held one stays where it is the same: what was parsed of it is kept with it.
    put(entries, entityId, same ? { ...held, askAgain: entry.askAgain } : entry);
    if (!same) await copies.write(entityId, compiled);
  }

  /** One question at a time for each entity, however many wait for the answer. */
  function ensure(entityId: string): Promise<void> {
    const under = asking.get(entityId);
    if (under !== undefined) return under;
    if ((absent.get(entityId) ?? 0) > ports.now() || asking.size >= MOST_AT_ONCE) return Promise.resolve();
    const work = renew(entityId).finally(() => asking.delete(entityId));
    asking.set(entityId, work);
    return work;
  }

  async function find(entityId: string): Promise<ServiceProvider | undefined> {
    const entry = entries.get(entityId);
    const found = entry?.holding.find(entityId);
    if (entry !== undefined && found !== undefined) {
      // What is still valid serves while it is renewed.
      if (entry.askAgain <= ports.now()) void ensure(entityId);
      return found;
    }
    await ensure(entityId);
    return entries.get(entityId)?.holding.find(entityId);
  }

  return {
    start: async () => {},
    find,
    sole: async () => undefined,
    soleId: () => undefined,
    revision: () => 0,
    async refresh() {
      await Promise.all([...entries.keys()].map((entityId) => ensure(entityId)));
    },
    health: () => status.health({}),
    async close() {
      stop.abort();
      await Promise.all(asking.values());
    },
  };
}

/** As for a whole document: an earlier answer bears a good signature too. */
function refuseOlder(fresh: Holding, held: Holding | undefined, now: number): void {
  if (held?.validUntil === undefined || held.validUntil <= now) return;
  if ((fresh.validUntil ?? 0) < held.validUntil) throw new MetadataFault('the answer is older than what is held');
}

/** Sets as the newest, and lets the oldest go where there are too many. */
function put<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MOST && oldest !== undefined) map.delete(oldest);
}
