import type { SessionSight } from '../../core/sign-in.ts';

/** Evidence of this epoch is seen by the authorization request that it was given in, and by nothing else. */
export const PRIVATE = Number.MAX_SAFE_INTEGER;
/** Epoch of a session that nothing has been rotated in yet. */
export const FIRST = 1;

/** The cookie value by which a session was opened in this request, and what that may see. */
export interface Opened {
  hash: string;
  epoch: number;
  /** Another value has taken its place, or the session has ended: it neither moves the session nor adds to it. */
  late?: boolean;
}

/** A session as oidc-provider has it in hand, with how it was opened. */
export interface InHand {
  uid: string;
  opened?: Opened | undefined;
}

/** What a session in hand may see of its evidence. */
export function sightOf({ uid, opened }: InHand): SessionSight {
  return { session: uid, epoch: opened?.epoch ?? FIRST };
}

/** For whom proofs that are given now are kept. Who comes late could be anybody with a former cookie. */
export function reachOf(session: InHand): SessionSight {
  return session.opened?.late ? { session: session.uid, epoch: PRIVATE } : sightOf(session);
}
