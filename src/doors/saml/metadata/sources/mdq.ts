import type { ServiceProvider } from '../../model.ts';
import { compile } from '../compile.ts';
import { ask, piecesOf } from '../download.ts';
import { MetadataFault } from '../fault.ts';
import { Holding } from '../holding.ts';
import type { MetadataPorts, Source } from '../ports.ts';
import { createStatus } from '../status.ts';

/** One entity is some ten kilobytes. */
const LARGEST = 1024 * 1024;
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

  async function fetchEntity(entityId: string): Promise<Entry | undefined> {
    const url = `${settings.mdq.replace(/\/+$/, '')}/entities/${encodeURIComponent(entityId)}`;
    const { response } = await ask(ports.fetch, url, {}, stop.signal);
    if (response.status !== 200) {
      await response.body?.cancel();
      if (response.status !== 404) throw new MetadataFault(`${url} answered ${response.status}`);
      return undefined;
    }
    const document = Buffer.concat(await Array.fromAsync(piecesOf(response, LARGEST)));
    const now = ports.now();
    const compiled = compile(document, settings.certificate, now);
    const holding = new Holding(compiled, ports.now);
    // Any document of the federation bears the same good signature: it must be the one that was asked for.
    if (compiled.count !== 1 || holding.find(entityId) === undefined) {
      const [refusal] = compiled.refused;
      throw new MetadataFault(refusal?.reason ?? `the answer describes another entity than ${entityId}`);
    }
    const keep = Math.max(SHORTEST, Math.min(settings.refresh, compiled.cacheDuration ?? Number.POSITIVE_INFINITY));
    return { holding, askAgain: now + keep };
  }

  async function renew(entityId: string): Promise<void> {
    const held = entries.get(entityId);
    try {
      const fresh = await fetchEntity(entityId);
      entries.delete(entityId);
      if (fresh === undefined) {
        put(absent, entityId, ports.now() + ABSENT);
      } else {
        refuseOlder(fresh.holding, held?.holding, ports.now());
        put(entries, entityId, unchanged(held, fresh) ? { ...held, askAgain: fresh.askAgain } : fresh);
      }
      status.succeeded();
    } catch (error) {
      if (stop.signal.aborted) return;
      status.failed(error, entityId);
      put(absent, entityId, ports.now() + ABSENT);
      if (held !== undefined) put(entries, entityId, held);
    }
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

/** Then the held one stays: what was parsed of it is kept with it. */
function unchanged(held: Entry | undefined, fresh: Entry): held is Entry {
  return held?.holding.digest === fresh.holding.digest;
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
