import { randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';
import type { IDToken } from 'openid-client';
import { cookieOf } from '../shared/cookie.ts';

/** What was sent with an authorization request, kept for its answer. */
export interface Pending {
  nonce: string;
  verifier: string;
  maxAge?: number;
  /** Classes of which the answer must name one (essential `acr`). */
  essentialAcr?: readonly string[];
}

export interface SignedIn {
  claims: IDToken;
  idToken: string;
  accessToken: string;
  /** Epoch milliseconds. */
  accessTokenExpires?: number;
  refreshToken?: string;
  scope?: string;
}

export interface Session {
  readonly id: string;
  readonly application: string;
  readonly expires: number;
  signedIn?: SignedIn;
  /** `state` of the sign-out that is under way. */
  signingOut?: string;
}

const LIFETIME = 8 * 60 * 60 * 1000;
const MOST_SESSIONS = 10_000;
const COOKIE = 'session';

/** The relying party's own sessions, one for each browser and application, in memory. */
export class Sessions {
  readonly #byId = new Map<string, Session>();

  find(req: Request, application: string): Session | undefined {
    const session = this.#byId.get(cookieOf(req, COOKIE) ?? '');
    if (!session || session.application !== application || session.expires < Date.now()) return undefined;
    return session;
  }

  /** A new id at every change of who is signed in: an id known before is worth nothing after (session fixation). */
  begin(res: Response, application: string, previous?: Session, signedIn?: SignedIn): Session {
    if (previous) this.#byId.delete(previous.id);
    const session: Session = {
      id: randomBytes(32).toString('base64url'),
      application,
      expires: Date.now() + LIFETIME,
      ...(signedIn ? { signedIn } : {}),
    };
    this.#byId.set(session.id, session);
    dropOldest(this.#byId, MOST_SESSIONS);
    res.cookie(COOKIE, session.id, { httpOnly: true, sameSite: 'lax', path: `/${application}` });
    return session;
  }

  /** Ends the sessions that a logout token names (Back-Channel Logout 1.0, section 2.7); returns how many. */
  end(application: string, { sid, sub }: { sid?: string; sub?: string }): number {
    let ended = 0;
    for (const session of this.#byId.values()) {
      const claims = session.signedIn?.claims;
      if (session.application !== application || !claims) continue;
      if ((sid !== undefined && claims.sid !== sid) || (sub !== undefined && claims.sub !== sub)) continue;
      this.#byId.delete(session.id);
      ended += 1;
    }
    return ended;
  }
}

function dropOldest(map: Map<string, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
}
