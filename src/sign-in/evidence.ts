import { createHash } from 'node:crypto';
import type { Evidence } from '../core/assurance.ts';
import type { EphemeralStore } from '../core/store.ts';

interface Held {
  account: string;
  proofs: Evidence[];
}

/** A session of many step-ups keeps its newest proofs; older ones would satisfy nothing that these don't. */
const MOST_KEPT = 32;

/** In the place of what a session has adopted. */
const ADOPTED = 'adopted';

const sessionKey = (session: string): string => `evidence:${session}`;
/** By the hash of the sign-in's id, which is kept nowhere in the clear. */
const collectedKey = (signIn: string): string => `collected:${createHash('sha256').update(signIn).digest('base64url')}`;

/** Proofs of sessions, and those of finished sign-ins on their way to one. */
export function createEvidence(ephemeral: EphemeralStore) {
  const read = (text: string | undefined): Held | undefined => (text === undefined ? undefined : JSON.parse(text));

  /** What was left under this key, once. Its mark stays: an answer at the same moment would leave it again. */
  async function taken(key: string): Promise<Held | undefined> {
    for (;;) {
      const stored = await ephemeral.get(key);
      if (stored === undefined || stored === ADOPTED) return undefined;
      if (await ephemeral.swap(key, stored, ADOPTED)) return read(stored);
    }
  }

  return {
    async of(session: string, account: string): Promise<Evidence[]> {
      const held = read(await ephemeral.get(sessionKey(session)));
      return held?.account === account ? held.proofs : [];
    },

    /** Leaves what a sign-in collected for the session that resumes it; once that has adopted it, nothing more. */
    async leave(signIn: string, account: string, proofs: Evidence[], ttl: number): Promise<void> {
      const key = collectedKey(signIn);
      const value = JSON.stringify({ account, proofs: named(proofs) } satisfies Held);
      while (!(await ephemeral.add(key, value, ttl))) {
        const stored = await ephemeral.get(key);
        if (stored === ADOPTED) return;
        if (stored !== undefined && (await ephemeral.swap(key, stored, value, ttl))) return;
      }
    },

    /** Changes what a session holds of an account, in its place and for as long as it had. */
    async change(session: string, account: string, change: (proofs: Evidence[]) => Evidence[]): Promise<void> {
      const key = sessionKey(session);
      for (;;) {
        const stored = await ephemeral.get(key);
        const held = read(stored);
        if (stored === undefined || held?.account !== account) return;
        const value = JSON.stringify({ account, proofs: named(change(held.proofs)) } satisfies Held);
        if (await ephemeral.swap(key, stored, value)) return;
      }
    },

    /** Moves it to the session, once. */
    async adopt(signIn: string, session: string, ttl: number): Promise<readonly Evidence[]> {
      const collected = await taken(collectedKey(signIn));
      if (collected === undefined) return [];
      const key = sessionKey(session);
      for (;;) {
        const stored = await ephemeral.get(key);
        const before = read(stored);
        const kept = before?.account === collected.account ? before.proofs : [];
        const value = JSON.stringify({ account: collected.account, proofs: latest([...kept, ...collected.proofs]) });
        const written =
          stored === undefined ? await ephemeral.add(key, value, ttl) : await ephemeral.swap(key, stored, value, ttl);
        if (written) return collected.proofs;
      }
    },
  };
}

/** @throws TypeError where a proof names no request: it would be taken for one of whatever names none either */
function named(proofs: Evidence[]): Evidence[] {
  if (proofs.every(({ request }) => typeof request === 'string' && request !== '')) return proofs;
  throw new TypeError('evidence names the authorization request in which it was given');
}

/** Of each credential the newest proof in each authorization request, and of those the newest few. */
function latest(proofs: Evidence[]): Evidence[] {
  const one = new Map(proofs.map((proof) => [`${proof.factor}\0${proof.credential}\0${proof.request}`, proof]));
  return [...one.values()].sort((a, b) => a.at - b.at).slice(-MOST_KEPT);
}

export type EvidenceStore = ReturnType<typeof createEvidence>;
