import { createHash } from 'node:crypto';
import type { Connection, DoorPorts } from '../../core/door.ts';
import { isIn, namesOf } from './addresses.ts';
import { isProtected, type RadiusClient } from './settings.ts';
import type { Beginning } from './signed.ts';

/** How long a session is known by its name that is heard of no more, so that nobody plays it back as a new one, milliseconds. */
const KNOWN = 48 * 3_600_000;
/** The longest that one lives that isn't heard of, milliseconds: `interim` is an hour at most. */
const LISTED = 2 * 3_600_000;
/** In the place of one that has ended: what comes after its end, or again, begins nothing. */
const ENDED = 'ended';
/** By how much of its interval an interim update may be late. */
const LATE = 0.5;

/** What names a session: its client, where that sends from, and Acct-Session-Id. */
export interface SessionName {
  client: string;
  nas: string;
  id: string;
}

/** What a session has behind its client. Times are epoch milliseconds. */
interface Claim {
  client: string;
  /** Absent: of somebody who showed no more than a password, or wasn't accepted here. It has the address all the same. */
  by?: Beginning;
  /** Addresses and networks in the client's pool. */
  framed: readonly string[];
  began: number;
  /** Up to when its accounting has shown it to live: by the session's own time, which no packet that is played back moves. */
  alive: number;
}

/** What accounting tells of a session. */
export interface Heard {
  framed: readonly string[];
  /** How long it has lasted when that was sent, and how long ago it was sent, milliseconds. */
  lasted: number;
  delayed: number;
}

const hash = (...parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url');

/** Who has which address of a client's pool, as far as accounting shows it; on all nodes. */
export function createClaims(
  { ephemeral, sealer, now }: Pick<DoorPorts, 'ephemeral' | 'sealer' | 'now'>,
  clients: ReadonlyMap<string, RadiusClient>,
) {
  const keyOf = ({ client, nas, id }: SessionName) => `radius-claim:${hash(client, nas, id)}`;
  const atAddress = (name: string) => `radius-address:${hash(name)}`;
  const ofNas = (client: string, nas: string) => `radius-claims:${hash(client, nas)}`;
  const open = (kept: string, key: string) => JSON.parse(sealer.open(kept, key)) as Claim;

  async function read(key: string): Promise<Claim | undefined> {
    const kept = await ephemeral.get(key);
    return kept === undefined || kept === ENDED ? undefined : open(kept, key);
  }

  function isLive({ client, alive }: Claim): boolean {
    const { interim } = clients.get(client)?.settings ?? { interim: 0 };
    return now() - alive <= interim * (1 + LATE);
  }

  /** What it is after it was heard of: an earlier packet than the last one changes nothing. */
  async function after(before: Claim | undefined, name: SessionName, heard: Heard, begin: Begin): Promise<Claim> {
    const { lasted, delayed } = heard;
    const pool = clients.get(name.client)?.settings.pool ?? [];
    const framed = heard.framed.filter((it) => isIn(pool, it));
    if (before === undefined) {
      const alive = now() - delayed;
      const began = alive - lasted;
      const by = await begin(began);
      return { client: name.client, ...(by && { by }), framed, began, alive };
    }
    const alive = Math.min(now(), before.began + lasted);
    if (alive < before.alive) return before;
    return { ...before, alive, framed: framed.length > 0 ? framed : before.framed };
  }

  async function forget(key: string): Promise<void> {
    const { framed = [] } = (await read(key)) ?? {};
    await ephemeral.set(key, ENDED, KNOWN);
    for (const it of framed) await ephemeral.removeMember(atAddress(it), key);
  }

  return {
    /** A Start or an interim update. `begin`: what was shown where it began, asked once; of one that has ended nothing is. */
    async hear(name: SessionName, heard: Heard, begin: Begin): Promise<void> {
      const key = keyOf(name);
      let next: Claim;
      for (;;) {
        const kept = await ephemeral.get(key);
        if (kept === ENDED) return;
        next = await after(kept === undefined ? undefined : open(kept, key), name, heard, begin);
        const value = sealer.seal(JSON.stringify(next), key);
        const written = kept === undefined ? ephemeral.add(key, value, KNOWN) : ephemeral.swap(key, kept, value, KNOWN);
        if (await written) break;
      }
      for (const it of next.framed) await ephemeral.addMember(atAddress(it), key, LISTED);
      await ephemeral.addMember(ofNas(name.client, name.nas), key, KNOWN);
    },

    /** A Stop, also one that comes before its Start. */
    async end(name: SessionName): Promise<void> {
      await forget(keyOf(name));
      await ephemeral.removeMember(ofNas(name.client, name.nas), keyOf(name));
    },

    hasEnded: async (name: SessionName): Promise<boolean> => (await ephemeral.get(keyOf(name))) === ENDED,

    /** All that a client's machine had. */
    async endAll(client: string, nas: string): Promise<void> {
      const keys = await ephemeral.members(ofNas(client, nas));
      await Promise.all(keys.map(forget));
    },

    /** The one live session that has this address, where it is the account's, at a client whose packets nobody can write. */
    async at(account: string, address: string): Promise<Connection | undefined> {
      const names = namesOf(address);
      const keys = await Promise.all(names.map((name) => ephemeral.members(atAddress(name))));
      const claims = await Promise.all([...new Set(keys.flat())].map(read));
      const live = claims.filter(
        (it) => it !== undefined && isLive(it) && names.some((name) => it.framed.includes(name)),
      );
      const [one, another] = live;
      if (one === undefined || another !== undefined || one.by?.account !== account) return undefined;
      const client = clients.get(one.client);
      const inside = one.framed.some((it) => names.includes(it) && isIn(client?.settings.pool ?? [], it));
      if (client === undefined || !isProtected(client) || !inside) return undefined;
      const { proofs } = one.by;
      return { application: client.id, at: Math.max(...proofs.map(({ at }) => at)), proofs };
    },
  };
}

type Begin = (began: number) => Promise<Beginning | undefined>;

export type Claims = ReturnType<typeof createClaims>;
