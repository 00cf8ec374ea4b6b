import { createHash } from 'node:crypto';
import { isSecondFactor, type Proof } from '../../core/assurance.ts';
import type { DoorPorts } from '../../core/door.ts';

/** How long before a session its sign-in may have been, milliseconds, and how much later by clocks apart. */
const BEFORE = 600_000;
const AFTER = 60_000;
/** How long a sign-in whose session nobody has heard of makes that of others doubtful, milliseconds. */
const KEPT = 24 * 3_600_000;
/** So many wait at one client under one name. */
const MOST = 32;

/** A sign-in that no session has begun with yet. */
interface Signed {
  at: number;
  account: string;
  /** The person's own address, as the client told it. */
  station: string;
  /** Second factors that were shown in it: none, and whoever it was knows no more than a password. */
  proofs: Proof[];
}

/** Who began a session, and the second factors that they showed. */
export type Beginning = Pick<Signed, 'account' | 'proofs'>;

/** Whose sign-in, or session, it is at a client: as it named them. */
export interface Named {
  client: string;
  userName: string;
  station: string;
}

/**
 * Which sign-in a session began with. Nothing in its accounting that every client sends says so: it is the one of the
 * same name and the same station a moment ago. Where it could be one by password alone, none counts: of two who share
 * an address behind a router, one might have only that.
 */
export function createSigned({ ephemeral, sealer, now }: Pick<DoorPorts, 'ephemeral' | 'sealer' | 'now'>) {
  const keyOf = ({ client, userName }: Named) =>
    `radius-signed:${createHash('sha256')
      .update(JSON.stringify([client, userName]))
      .digest('base64url')}`;

  /** Changes what waits, in its place; answers what `change` says. */
  async function update<T>(named: Named, change: (waiting: Signed[]) => { next: Signed[]; answer: T }): Promise<T> {
    const key = keyOf(named);
    for (;;) {
      const kept = await ephemeral.get(key);
      const all = kept === undefined ? [] : (JSON.parse(sealer.open(kept, key)) as Signed[]);
      const { next, answer } = change(all.filter(({ at }) => now() - at < KEPT));
      const sealed = sealer.seal(JSON.stringify(next), key);
      const written =
        kept === undefined
          ? next.length === 0 || (await ephemeral.add(key, sealed, KEPT))
          : await ephemeral.swap(key, kept, sealed, KEPT);
      if (written) return answer;
    }
  }

  return {
    /** Somebody was accepted. */
    async enter(named: Named, account: string, proofs: readonly Proof[]): Promise<void> {
      const shown = proofs.filter((proof) => isSecondFactor(proof) && !proof.bootstrap);
      const one: Signed = { at: now(), account, station: named.station, proofs: shown };
      await update(named, (waiting) => ({
        // Which it was nobody can say any more.
        next: waiting.length < MOST ? [...waiting, one] : [{ ...one, proofs: [] }],
        answer: undefined,
      }));
    },

    /** Who began a session, and what they showed, once; undefined where nobody showed more than a password, or might not have. */
    take(named: Named, began: number): Promise<Beginning | undefined> {
      return update(named, (waiting) => {
        const here = waiting.filter(({ station }) => station === named.station);
        const [found] = here.filter(({ at }) => at >= began - BEFORE && at <= began + AFTER);
        if (waiting.some(({ proofs }) => proofs.length === 0)) {
          return { next: waiting.filter((it) => !here.includes(it)), answer: undefined };
        }
        return {
          next: waiting.filter((it) => it !== found),
          answer: found && { account: found.account, proofs: found.proofs },
        };
      });
    },
  };
}

export type SignedIn = ReturnType<typeof createSigned>;
