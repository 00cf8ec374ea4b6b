import { randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';
import { cookieOf } from '../shared/cookie.ts';

/** What an AuthnRequest asked for, kept for its answer. */
export interface Asked {
  /** ID of the request. */
  id: string;
  /** Epoch milliseconds. */
  at: number;
  relayState: string;
  force: boolean;
  /** Classes of which the answer must name one: those of an `exact` comparison. */
  exactly: readonly string[];
}

export interface NameId {
  value: string;
  format?: string;
  nameQualifier?: string;
  spNameQualifier?: string;
}

/** What an assertion said of the person. */
export interface SignedIn {
  issuer: string;
  nameId: NameId;
  /** By name of the attribute, with all its values. */
  attributes: Readonly<Record<string, readonly string[]>>;
  authnContextClassRef?: string;
  authnInstant?: string;
  sessionIndex?: string;
  sessionNotOnOrAfter?: string;
  /** The assertion came encrypted. */
  encrypted: boolean;
  /** Without a request of ours. */
  unsolicited: boolean;
}

export interface Session {
  readonly id: string;
  readonly application: string;
  readonly expires: number;
  signedIn?: SignedIn;
  /** The LogoutRequest that is under way. */
  signingOut?: { id: string; relayState: string };
}

const LIFETIME = 8 * 60 * 60 * 1000;
const MOST_SESSIONS = 10_000;
const COOKIE = 'session';

/** The service provider's own sessions, one for each browser and application, in memory. */
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
    const until = signedIn?.sessionNotOnOrAfter;
    const session: Session = {
      id: randomBytes(32).toString('base64url'),
      application,
      expires: Math.min(Date.now() + LIFETIME, until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until)),
      ...(signedIn ? { signedIn } : {}),
    };
    this.#byId.set(session.id, session);
    dropOldest(this.#byId, MOST_SESSIONS);
    res.cookie(COOKIE, session.id, { httpOnly: true, sameSite: 'lax', path: `/${application}` });
    return session;
  }

  /** Ends the sessions that a LogoutRequest means: of this name, and of one of the indexes if it names any. */
  end(application: string, nameId: NameId, indexes: readonly string[]): number {
    let ended = 0;
    for (const session of this.#byId.values()) {
      const { signedIn } = session;
      if (session.application !== application || signedIn?.nameId.value !== nameId.value) continue;
      if (nameId.format !== undefined && signedIn.nameId.format !== nameId.format) continue;
      if (indexes.length > 0 && !indexes.includes(signedIn.sessionIndex ?? '')) continue;
      this.#byId.delete(session.id);
      ended += 1;
    }
    return ended;
  }
}

/** A few things kept for a short while, each for whoever brings its handle, once. */
export class Parking<T> {
  readonly #kept = new Map<string, { value: T; until: number }>();

  put(value: T): string {
    const handle = randomBytes(16).toString('base64url');
    this.#kept.set(handle, { value, until: Date.now() + 60_000 });
    dropOldest(this.#kept, 100);
    return handle;
  }

  take(handle: unknown): T | undefined {
    const found = this.#kept.get(String(handle));
    this.#kept.delete(String(handle));
    return found && found.until > Date.now() ? found.value : undefined;
  }
}

function dropOldest(map: Map<string, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
}
