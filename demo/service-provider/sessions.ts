import { randomBytes } from 'node:crypto';
import { dropOldest } from '../shared/oldest.ts';
import { type Session as Kept, Sessions as KeptSessions } from '../shared/sessions.ts';

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

/** `signingOut`: the LogoutRequest. */
export type Session = Kept<SignedIn, { id: string; relayState: string }>;

export class Sessions extends KeptSessions<SignedIn, { id: string; relayState: string }> {
  constructor() {
    super(({ sessionNotOnOrAfter: until }) => (until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until)));
  }
}

/** Whether a LogoutRequest means this session: of this name, and of one of the indexes if it names any. */
export function isMeant(signedIn: SignedIn, nameId: NameId, indexes: readonly string[]): boolean {
  const { value, format } = signedIn.nameId;
  if (value !== nameId.value || (nameId.format !== undefined && format !== nameId.format)) return false;
  return indexes.length === 0 || indexes.includes(signedIn.sessionIndex ?? '');
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
