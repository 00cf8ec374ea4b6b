import { createHmac } from 'node:crypto';
import type { AuditEvent, AuditPort, LogPort } from '../core/door.ts';
import type { DurableStore } from '../core/store.ts';

const DAY = 86_400_000;
/** Somebody who hasn't been there for so long is told again, milliseconds. */
const LASTS = 180 * DAY;
/** Countries and networks kept of an account: of more, those that were seen longest ago go. */
const MOST = 64;
/** Rounds of compare-and-set before giving up. */
const ROUNDS = 10;

/** What a place is compared by: names of a country and of a network. Absent: nobody can tell, or it is the house's own. */
export type PlacesOf = (ip: string) => readonly string[] | undefined;

export interface PlacesDeps {
  now(): number;
  random(bytes: number): Uint8Array;
  durable: Pick<DurableStore, 'records' | 'state'>;
  audit: Pick<AuditPort, 'commit'>;
  log: LogPort;
  placesOf: PlacesOf;
}

/** By the hash of a place: the day on which it was seen last, in days since 1970. */
type Seen = Record<string, number>;

/**
 * Notices a sign-in from where the account hasn't signed in lately. Of where people were nothing is kept but hashes
 * under a secret of the installation.
 */
export function createPlaces({ now, random, durable, audit, log, placesOf }: PlacesDeps) {
  const records = durable.records('places');
  const looking = new Set<Promise<void>>();
  let keyed: Promise<string> | undefined;

  /** Made once, and the same for all nodes. */
  async function readKey(): Promise<string> {
    const state = durable.state('notices');
    const kept = await state.get('places');
    if (kept) return kept.value;
    await state.set('places', Buffer.from(random(32)).toString('base64url'), 0);
    return readKey();
  }

  async function hashOf(account: string, place: string): Promise<string> {
    keyed ??= readKey();
    keyed.catch(() => {
      keyed = undefined;
    });
    const mac = createHmac('sha256', await keyed).update(JSON.stringify([account, place]));
    return mac.digest().subarray(0, 9).toString('base64url');
  }

  /** Whether any of them is new; of any number of nodes that see it first, one is told so. */
  async function see(account: string, places: readonly string[]): Promise<boolean> {
    const hashes = await Promise.all(places.map((place) => hashOf(account, place)));
    const today = Math.floor(now() / DAY);
    for (let round = 0; round < ROUNDS; round += 1) {
      const record = await records.get(account);
      const seen = record === undefined ? {} : stillSeen(JSON.parse(record.data) as Seen, today);
      const isNew = hashes.some((hash) => seen[hash] === undefined);
      if (!isNew && hashes.every((hash) => seen[hash] === today)) return false;
      const next = JSON.stringify(newest({ ...seen, ...Object.fromEntries(hashes.map((hash) => [hash, today])) }));
      const kept =
        record === undefined
          ? await records.insert({ id: account, data: next })
          : await records.update(account, record.version, next);
      // Nothing was kept of the account yet: there is nothing that this one could be compared with.
      if (kept) return isNew && record !== undefined;
    }
    return false;
  }

  async function look({ account, ip, userAgent, application, reference }: AuditEvent): Promise<void> {
    const places = ip === undefined ? undefined : placesOf(ip);
    if (account === undefined || places === undefined) return;
    try {
      if (!(await see(account, places))) return;
      await audit.commit({ event: 'sign-in.new-place', account, ip, userAgent, application, reference });
    } catch (error) {
      log.error({ err: error, account }, 'where a sign-in came from could not be compared');
    }
  }

  return {
    /** Hears the audit. */
    hear(event: AuditEvent): void {
      if (event.event !== 'sign-in.completed') return;
      const looked = look(event).finally(() => looking.delete(looked));
      looking.add(looked);
    },
    /** Waits for what it is looking at. */
    async close(): Promise<void> {
      await Promise.all(looking);
    },
  };
}

export type Places = ReturnType<typeof createPlaces>;

const stillSeen = (seen: Seen, today: number): Seen =>
  Object.fromEntries(Object.entries(seen).filter(([, day]) => today - day < LASTS / DAY));

const newest = (seen: Seen): Seen =>
  Object.fromEntries(
    Object.entries(seen)
      .sort(([, one], [, other]) => other - one)
      .slice(0, MOST),
  );
