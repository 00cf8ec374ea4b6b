import { createHash } from 'node:crypto';
import { type Evidence, isOf, NO_REQUEST, type RequestId } from '../core/assurance.ts';
import { taggedKey } from '../core/keys.ts';
import type { RenewedSight, SessionSight } from '../core/sign-in.ts';
import type { EphemeralStore } from '../core/store.ts';

/** A proof of a session, with the epoch from which on it is seen. */
type Kept = Evidence & { epoch?: number };

interface Held {
  account: string;
  proofs: Kept[];
}

/** What a finished sign-in has left. */
interface Collected {
  account: string;
  proofs: Evidence[];
}

/** A session of many step-ups keeps its newest proofs; older ones would satisfy nothing that these don't. */
const MOST_KEPT = 32;

/** In the place of what a session has adopted. */
const ADOPTED = 'adopted';

const sessionKey = (session: string): string => taggedKey('evidence', session);
/** By the hash of the sign-in's id, which is kept nowhere in the clear. */
const collectedKey = (signIn: string): string =>
  taggedKey('collected', createHash('sha256').update(signIn).digest('base64url'));

/** Proofs of sessions, and those of finished sign-ins on their way to one. */
export function createEvidence(ephemeral: EphemeralStore) {
  const read = (text: string | undefined): Held | undefined => (text === undefined ? undefined : JSON.parse(text));

  /** What each request has written last of a session's, so that it needn't ask for it. */
  const written = new WeakMap<object, { key: string; value: string }>();

  /**
   * What was left under this key, once; `read`: as it was a moment ago. Its mark stays: an answer at the same moment
   * would leave it again.
   */
  async function taken(key: string, read: string | undefined): Promise<Collected | undefined> {
    for (let stored = read; ; stored = await ephemeral.get(key)) {
      if (stored === undefined || stored === ADOPTED) return undefined;
      if (await ephemeral.swap(key, stored, ADOPTED)) return JSON.parse(stored) as Collected;
    }
  }

  return {
    /**
     * What may be seen of a session's proofs: those of its epoch and before, and those of this very request. `within`:
     * the request that asks, which may have adopted some itself.
     */
    async of(
      { session, epoch }: SessionSight,
      account: string,
      request: RequestId = NO_REQUEST,
      within: object = {},
    ): Promise<Evidence[]> {
      const key = sessionKey(session);
      const own = written.get(within);
      const held = read(own?.key === key ? own.value : await ephemeral.get(key));
      if (held?.account !== account) return [];
      return held.proofs.filter((proof) => (proof.epoch ?? 0) <= epoch || isOf(proof, request)).map(bare);
    },

    /** Leaves what a sign-in collected for the session that resumes it; once that has adopted it, nothing more. */
    async leave(signIn: string, account: string, proofs: Evidence[], ttl: number): Promise<void> {
      const key = collectedKey(signIn);
      const value = JSON.stringify({ account, proofs: named(proofs) } satisfies Collected);
      while (!(await ephemeral.add(key, value, ttl))) {
        const stored = await ephemeral.get(key);
        if (stored === ADOPTED) return;
        if (stored !== undefined && (await ephemeral.swap(key, stored, value, ttl))) return;
      }
    },

    /**
     * Changes what a session holds of an account, in its place and for as long as it had. What stays is seen as before;
     * what is new is seen by the cookie value that has just been made, and by no copy of an earlier one.
     */
    async change(
      { session, epoch }: RenewedSight,
      account: string,
      change: (proofs: Evidence[]) => Evidence[],
    ): Promise<void> {
      const key = sessionKey(session);
      for (;;) {
        const stored = await ephemeral.get(key);
        const held = read(stored);
        if (stored === undefined || held?.account !== account) return;
        const epochs = new Map(held.proofs.map((proof) => [bare(proof), proof.epoch ?? 0]));
        const changed = named(change([...epochs.keys()]));
        const proofs = changed.map((proof) => ({ ...proof, epoch: epochs.get(proof) ?? epoch }));
        const value = JSON.stringify({ account, proofs } satisfies Held);
        if (await ephemeral.swap(key, stored, value)) return;
      }
    },

    /** Moves it to the session, once, to be seen from that epoch on. `within`: the request that does, and then looks. */
    async adopt(
      signIn: string,
      { session, epoch }: SessionSight,
      ttl: number,
      within: object = {},
    ): Promise<readonly Evidence[]> {
      const key = sessionKey(session);
      const [left, held] = await ephemeral.getMany([collectedKey(signIn), key]);
      const collected = await taken(collectedKey(signIn), left);
      if (collected === undefined) return [];
      const added = collected.proofs.map((proof) => ({ ...proof, epoch }));
      for (let stored = held; ; stored = await ephemeral.get(key)) {
        const before = read(stored);
        const kept = before?.account === collected.account ? before.proofs : [];
        const value = JSON.stringify({ account: collected.account, proofs: latest([...kept, ...added]) });
        const isWritten =
          stored === undefined ? await ephemeral.add(key, value, ttl) : await ephemeral.swap(key, stored, value, ttl);
        if (!isWritten) continue;
        written.set(within, { key, value });
        return collected.proofs;
      }
    },
  };
}

const bare = ({ epoch: _, ...proof }: Kept): Evidence => proof;

/** @throws TypeError where a proof names no request: it would be taken for one of whatever names none either */
function named(proofs: Evidence[]): Evidence[] {
  if (proofs.every(({ request }) => typeof request === 'string' && request !== '')) return proofs;
  throw new TypeError('evidence names the authorization request in which it was given');
}

/** Of each credential the newest proof in each authorization request, and of those the newest few. */
function latest(proofs: Kept[]): Kept[] {
  const one = new Map(proofs.map((proof) => [keyOf(proof), proof]));
  return [...one.values()].sort((a, b) => a.at - b.at).slice(-MOST_KEPT);
}

const keyOf = ({ factor, credential, request, epoch = 0 }: Kept): string =>
  [factor, credential, request, epoch].join('\0');

export type EvidenceStore = ReturnType<typeof createEvidence>;
