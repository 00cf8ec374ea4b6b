import type { DoorPorts } from '../../core/door.ts';
import type { RecordStore } from '../../core/store.ts';

/**
 * What of a client's was seen last: requests with a right Message-Authenticator and without one, one that is wrong,
 * protocols without the password, somebody accepted, accounting.
 */
export const SIGHTS = ['protected', 'unprotected', 'unauthentic', 'unreadable', 'accepted', 'accounted'] as const;
export type Sight = (typeof SIGHTS)[number];

/** Times are epoch milliseconds. */
export type Seen = { readonly [S in Sight]?: { at: number; from?: string | undefined } } & {
  /** Since when every request had a Message-Authenticator. */
  readonly since?: number;
};

/** Where it is kept in the durable store, by application. */
export const SEEN = 'radius-seen';
/** More than any installation has clients. */
const MOST = 10_000;
/** How far what is kept may be behind, milliseconds, where nothing new was seen. */
const BEHIND = 600_000;
/** How soon what is new is written, and how long what was read is good, milliseconds. */
const SOON = 2_000;

const isAfter = (one: { at: number } | undefined, other: { at: number } | undefined): boolean =>
  one !== undefined && one.at > (other?.at ?? Number.NEGATIVE_INFINITY);

/** Both, as far as they go: what each process saw is part of the same. */
export function joined(a: Seen, b: Seen): Seen {
  const both = SIGHTS.flatMap((sight) => {
    const latest = isAfter(a[sight], b[sight]) ? a[sight] : b[sight];
    return latest === undefined ? [] : [[sight, latest] as const];
  });
  const seen: Seen = Object.fromEntries(both);
  const bare = seen.unprotected?.at ?? Number.NEGATIVE_INFINITY;
  const starts = [a.since, b.since].filter((at) => at !== undefined && at > bare) as number[];
  if (!isAfter(seen.protected, seen.unprotected)) return seen;
  return { ...seen, since: Math.min(...starts, seen.protected?.at ?? Number.POSITIVE_INFINITY) };
}

/** All that is kept, by application. */
export async function readSeen(records: Pick<RecordStore, 'list'>): Promise<Map<string, Seen>> {
  const rows = await records.list({ limit: MOST });
  return new Map(rows.map(({ id, data }) => [id, JSON.parse(data) as Seen]));
}

/**
 * What was seen of each client, for good and by all nodes: whether a setting can be turned on is asked weeks later. One
 * record for each application, written when something new is seen and every ten minutes, off the packets' path.
 */
export function createSeen({ durable, now, log }: Pick<DoorPorts, 'durable' | 'now' | 'log'>) {
  const records = durable.records(SEEN);
  const mine = new Map<string, Seen>();
  const kept = new Map<string, Seen>();
  let waiting: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  async function write(client: string, seen: Seen): Promise<void> {
    for (;;) {
      const record = await records.get(client);
      const next = joined(record ? (JSON.parse(record.data) as Seen) : {}, seen);
      const data = JSON.stringify(next);
      const written = record
        ? record.data === data || (await records.update(client, record.version, data))
        : await records.insert({ id: client, data });
      if (!written) continue;
      kept.set(client, next);
      return;
    }
  }

  async function flush(): Promise<void> {
    try {
      for (const [client, seen] of mine) if (isNews(client, seen, 0)) await write(client, seen);
    } catch (err) {
      log.warn({ err }, 'what was seen of clients could not be kept');
    }
  }

  /** One after the other. */
  function soon(): void {
    waiting ??= setTimeout(() => {
      waiting = undefined;
      writing = writing.then(flush);
    }, SOON).unref();
  }

  function isNews(client: string, seen: Seen, behind = BEHIND): boolean {
    const before = kept.get(client);
    const turned = (it: Seen | undefined) => isAfter(it?.protected, it?.unprotected);
    return (
      before === undefined ||
      turned(before) !== turned(seen) ||
      SIGHTS.some((sight) => (seen[sight]?.at ?? 0) > (before[sight]?.at ?? 0) + behind)
    );
  }

  return {
    saw(client: string, sight: Sight, from?: string): void {
      const next = joined(mine.get(client) ?? {}, { [sight]: { at: now(), ...(from === undefined ? {} : { from }) } });
      mine.set(client, next);
      if (isNews(client, next)) soon();
    },

    /** What all nodes have seen, and this one a moment ago; while the store is away what this one has. */
    async all(): Promise<ReadonlyMap<string, Seen>> {
      const all = await readSeen(records).catch(() => new Map<string, Seen>());
      for (const [client, seen] of mine) all.set(client, joined(all.get(client) ?? {}, seen));
      return all;
    },

    /** What waits is written. */
    async close(): Promise<void> {
      clearTimeout(waiting);
      await writing;
      await flush();
    },
  };
}

export type SeenClients = ReturnType<typeof createSeen>;
