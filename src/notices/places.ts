import { createHmac } from 'node:crypto';
import type { AuditEvent, AuditPort, LogPort } from '../core/door.ts';
import type { DataRecord, DurableStore } from '../core/store.ts';

const DAY = 86_400_000;
/** Somebody who hasn't been there for so long is told again, milliseconds. */
const LASTS = 180 * DAY;
/** Countries and networks kept of an account: of more, those that were seen longest ago go. */
const MOST = 64;
/** Rounds of compare-and-set before giving up. */
const ROUNDS = 10;

/** Whoever tells of a sign-in has done so after this long, milliseconds, or is gone. */
const LEASE = 60_000;
/** Sign-ins of an account that wait to be told of. */
const MOST_UNTOLD = 8;

/** What a place is compared by: names of a country and of a network. None: nobody can tell, or it is the house's own. Absent: nothing is compared. */
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

/** A sign-in from a new place, kept until its owner has been told. `at`: epoch milliseconds. */
type Untold = Pick<AuditEvent, 'ip' | 'userAgent' | 'application' | 'reference'> & { at: number };

interface Kept {
  seen: Seen;
  untold: readonly Untold[];
}

/** As it lies: no hash of a place is called so. */
function keptOf(record: DataRecord | undefined): Kept {
  const { untold = [], ...seen } = JSON.parse(record?.data ?? '{}') as Seen & { untold?: Untold[] };
  return { seen, untold };
}

const dataOf = ({ seen, untold }: Kept): string =>
  JSON.stringify({ ...newest(seen), ...(untold.length > 0 ? { untold: untold.slice(-MOST_UNTOLD) } : {}) });

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

  /** By compare-and-set: false where there was nothing to change, or others keep changing it. */
  async function change(account: string, next: (record: DataRecord | undefined) => Kept | undefined): Promise<boolean> {
    for (let round = 0; round < ROUNDS; round += 1) {
      const record = await records.get(account);
      const kept = next(record);
      if (kept === undefined) return false;
      const data = dataOf(kept);
      const done =
        record === undefined
          ? await records.insert({ id: account, data })
          : await records.update(account, record.version, data);
      if (done) return true;
    }
    return false;
  }

  /**
   * What its owner is to be told of now: this sign-in, if any of its places is new (of any number of nodes that see it
   * first, one is answered so), and those of whoever meant to tell and is gone.
   */
  async function see(account: string, places: readonly string[], mine: Untold): Promise<readonly Untold[]> {
    const hashes = await Promise.all(places.map((place) => hashOf(account, place)));
    const today = Math.floor(now() / DAY);
    let due: readonly Untold[] = [];
    const next = (record: DataRecord | undefined): Kept | undefined => {
      const { seen: all, untold } = keptOf(record);
      const seen = stillSeen(all, today);
      const left = untold.filter(({ at }) => now() - at >= LEASE);
      // Nothing was kept of the account yet: there is nothing that this one could be compared with.
      const isNew = record !== undefined && hashes.some((hash) => seen[hash] === undefined);
      due = [...left, ...(isNew ? [mine] : [])];
      if (due.length === 0 && hashes.every((hash) => seen[hash] === today)) return undefined;
      const days = Object.fromEntries(hashes.map((hash) => [hash, today]));
      return { seen: { ...seen, ...days }, untold: isNew ? [...untold, mine] : untold };
    };
    return (await change(account, next)) ? due : [];
  }

  async function forget(account: string, told: readonly Untold[]): Promise<void> {
    const isTold = (one: Untold) => told.some(({ at, reference }) => one.at === at && one.reference === reference);
    await change(account, (record) => {
      const { seen, untold } = keptOf(record);
      return { seen, untold: untold.filter((one) => !isTold(one)) };
    });
  }

  async function look({ account, ip, userAgent, application, reference }: AuditEvent): Promise<void> {
    const places = ip === undefined ? undefined : placesOf(ip);
    if (account === undefined || places === undefined) return;
    try {
      // It is kept before it is told: of a process that ends in between, whoever signs in next tells it.
      const due = await see(account, places, { at: now(), ip, userAgent, application, reference });
      for (const { at, ...facts } of due)
        await audit.commit({ event: 'sign-in.new-place', account, ...facts, signedInAt: at });
      if (due.length > 0) await forget(account, due);
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
