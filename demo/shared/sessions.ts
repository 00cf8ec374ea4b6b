import { randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';
import { cookieOf } from './cookie.ts';
import { dropOldest } from './oldest.ts';

/** `S`: what is known of whoever is signed in. `O`: what is kept of a sign-out that is under way. */
export interface Session<S, O> {
  readonly id: string;
  readonly application: string;
  /** Epoch milliseconds. */
  readonly expires: number;
  signedIn?: S;
  signingOut?: O;
}

const LIFETIME = 8 * 60 * 60 * 1000;
const MOST_SESSIONS = 10_000;
const COOKIE = 'session';

/** The applications' own sessions, one for each browser and application, in memory. */
export class Sessions<S, O> {
  readonly #byId = new Map<string, Session<S, O>>();
  readonly #endOf: (signedIn: S) => number;

  /** `endOf`: until when the other side lets a session last at most, epoch milliseconds. */
  constructor(endOf: (signedIn: S) => number = () => Number.POSITIVE_INFINITY) {
    this.#endOf = endOf;
  }

  find(req: Request, application: string): Session<S, O> | undefined {
    const session = this.#byId.get(cookieOf(req, COOKIE) ?? '');
    if (!session || session.application !== application || session.expires < Date.now()) return undefined;
    return session;
  }

  /** A new id at every change of who is signed in: an id known before is worth nothing after (session fixation). */
  begin(res: Response, application: string, previous?: Session<S, O>, signedIn?: S): Session<S, O> {
    if (previous) this.#byId.delete(previous.id);
    const most = Date.now() + LIFETIME;
    const session: Session<S, O> = {
      id: randomBytes(32).toString('base64url'),
      application,
      expires: signedIn === undefined ? most : Math.min(most, this.#endOf(signedIn)),
      ...(signedIn === undefined ? {} : { signedIn }),
    };
    this.#byId.set(session.id, session);
    dropOldest(this.#byId, MOST_SESSIONS);
    res.cookie(COOKIE, session.id, { httpOnly: true, sameSite: 'lax', path: `/${application}` });
    return session;
  }

  /** Ends those of an application's sessions that are meant; returns how many. */
  end(application: string, isMeant: (signedIn: S) => boolean): number {
    let ended = 0;
    for (const session of this.#byId.values()) {
      const { signedIn } = session;
      if (session.application !== application || signedIn === undefined || !isMeant(signedIn)) continue;
      this.#byId.delete(session.id);
      ended += 1;
    }
    return ended;
  }
}
