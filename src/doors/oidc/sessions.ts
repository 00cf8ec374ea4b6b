import { randomBytes } from 'node:crypto';
import { type Adapter, type AdapterPayload, Provider } from 'oidc-provider';
import { SESSION, taggedKey } from '../../core/keys.ts';
import type { EphemeralStore } from '../../core/store.ts';
import { hashOf } from './adapter.ts';
import { inHand } from './in-hand.ts';
import type { OidcPorts } from './ports.ts';
import { type Bounds, merge, type StoredSession, unchanged, withApplications } from './session-record.ts';
import { FIRST, type Opened } from './session-sight.ts';

export const seconds = (milliseconds: number): number => Math.max(1, Math.floor(milliseconds / 1000));

/** Seconds that a session has: `life` at the most, and no more than houses that it came of say, `idle` unless it is used again. */
export function lifeLeft(
  { now, sessions }: Pick<OidcPorts, 'now' | 'sessions'>,
  it: { loginTs?: number | undefined; iat?: number | undefined; bounds?: Bounds | undefined },
): { life: number; idle: number } {
  const begun = it.loginTs ?? it.iat ?? seconds(now());
  const end = Math.min(begun + seconds(sessions.lifetime), ...Object.values(it.bounds ?? {}).map(seconds));
  const life = Math.max(1, end - seconds(now()));
  return { life, idle: Math.min(seconds(sessions.idle), life) };
}

/** Set of an account's session uids. */
export const sessionsOf = (account: string): string => `oidc:sessions:{${account}}`;

/** How long a rotated session id still answers: requests of another tab may be under way. Milliseconds. */
const GRACE = 10_000;

/**
 * The single sign-on session. The record stands under its uid; cookie values are hashed pointers to it, and the record
 * alone says which of them is the current one: a new value takes its place by compare-and-set from the one that the
 * session was opened by. A former value still answers for a moment, so that parallel tabs lose nothing, and sees what
 * was proven until it was superseded.
 */
export class SessionAdapter implements Adapter {
  readonly #store: EphemeralStore;
  readonly #lifetime: number;

  /** `lifetime`: the longest that a session can live, milliseconds. */
  constructor(store: EphemeralStore, lifetime: number) {
    this.#store = store;
    this.#lifetime = lifetime;
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn: number): Promise<void> {
    await this.write(id, payload, expiresIn);
  }

  /** Writes a session that goes by `id` from now on; answers how it is in hand after that. `expiresIn`: seconds. */
  async write(id: string, payload: AdapterPayload, expiresIn: number): Promise<Opened> {
    const uid = String(payload.uid);
    const ttl = expiresIn * 1000;
    const { opened, ...session } = payload as AdapterPayload & { opened?: Opened };
    if (opened === undefined) {
      // Nobody's is worth nothing, and anybody could have as many as they like kept.
      if (!session.accountId) return tooLate(id, { hash: hashOf(id), epoch: FIRST });
      return this.#begin(uid, id, session, ttl);
    }
    const hash = hashOf(id);
    // Another tab writes at the same moment: try again on top of what it wrote. First on top of what this request read:
    // what has changed since, or ended, is found out by the compare-and-set.
    for (let known = inHand()?.sessions.get(uid); ; known = undefined) {
      const stored = known ?? (await this.#present(uid));
      // It was there when this request began, so that it has ended since.
      if (stored === undefined) return tooLate(id, opened);
      const before = JSON.parse(stored) as StoredSession;
      if (before.current !== opened.hash) {
        const joined = withApplications(before, session);
        const written =
          joined === undefined || (await this.#store.swap(sessionKey(uid), stored, JSON.stringify(joined)));
        if (written) return tooLate(id, opened);
        continue;
      }
      const rotates = hash !== opened.hash;
      const epoch = (before.epoch ?? 0) + (rotates ? 1 : 0);
      const after = merge(before, session, { current: hash, epoch });
      if (!rotates && unchanged(before, after, expiresIn)) return opened;
      // Before the swap: a crash in between leaves no former value that lives on.
      if (rotates) await this.#store.expire(pointerOf(opened.hash), GRACE);
      const value = JSON.stringify(after);
      if (!(await this.#store.swap(sessionKey(uid), stored, value, ttl))) continue;
      inHand()?.sessions.set(uid, value);
      await this.#point(hash, uid, after, ttl);
      return { hash, epoch };
    }
  }

  /** The record as it is now, unless it has ended. */
  async #present(uid: string): Promise<string | undefined> {
    const [stored, ended] = await this.#store.getMany([sessionKey(uid), tombstone(uid)]);
    return ended === undefined ? stored : undefined;
  }

  async #begin(uid: string, id: string, session: AdapterPayload, ttl: number): Promise<Opened> {
    const opened = { hash: hashOf(id), epoch: FIRST };
    const { jti: _, ...rest } = session;
    const value: StoredSession = { ...rest, current: opened.hash, epoch: opened.epoch };
    const text = JSON.stringify(value);
    // The record first; a pointer to none leads nowhere.
    const begun = this.#store.add(sessionKey(uid), text, ttl);
    const [isNew] = await Promise.all([begun, this.#point(opened.hash, uid, value, ttl)]);
    if (!isNew) return tooLate(id, opened);
    inHand()?.sessions.set(uid, text);
    return opened;
  }

  async #point(hash: string, uid: string, { accountId, epoch = 0 }: StoredSession, ttl: number): Promise<void> {
    await Promise.all([
      this.#store.set(pointerOf(hash), target(uid, accountId, epoch), ttl),
      accountId ? this.#store.addMember(sessionsOf(accountId), uid, ttl) : undefined,
    ]);
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const hash = hashOf(id);
    const said = uidIn(id);
    const keys = [pointerOf(hash), ...(said === undefined ? [] : [sessionKey(said)])];
    const [pointer, beside] = await this.#store.getMany(keys);
    if (pointer === undefined) return undefined;
    const [uid = '', account = '', epoch = '0'] = pointer.split(SEPARATOR);
    const found = uid === said ? read(uid, beside) : await this.findByUid(uid);
    // An id from before the sign-in may be known to others (session fixation): it has no seconds of grace.
    if (found === undefined || account !== (found.accountId ?? '')) return undefined;
    const late = found.current !== hash;
    if (late) keepCookie(id);
    const opened: Opened = { hash, epoch: Number(epoch), ...(late ? { late } : {}) };
    return { ...found, jti: id, opened };
  }

  async findByUid(uid: string): Promise<StoredSession | undefined> {
    return read(uid, await this.#store.get(sessionKey(uid)));
  }

  /** An id is rotated away by `write`, and a session ends by `end`. */
  async destroy(): Promise<void> {}

  /** Ends a session for good: a request that still holds it can't write it back. */
  async end(uid: string, account?: string): Promise<void> {
    await this.#store.set(tombstone(uid), '1', this.#lifetime);
    await this.#store.delete(sessionKey(uid));
    if (account) await this.#store.removeMember(sessionsOf(account), uid);
  }

  async consume(): Promise<void> {}
  async findByUserCode(): Promise<undefined> {}
  async revokeByGrantId(): Promise<void> {}
}

/**
 * A new cookie value of a session: 256 random bits, and the session's uid, which opens nothing. It says where the record
 * may lie, so that this is read beside the pointer, and the pointer alone says whether that is so.
 */
export const cookieValue = (uid: string): string => `${randomBytes(32).toString('base64url')}.${uid}`;

const uidIn = (value: string): string | undefined => /^[\w-]{43}\.([\w-]{1,64})$/.exec(value)?.[1];

function read(uid: string, stored: string | undefined): StoredSession | undefined {
  if (stored === undefined) return undefined;
  inHand()?.sessions.set(uid, stored);
  return JSON.parse(stored) as StoredSession;
}

/** The answer must not set this value: the newer one is on its way to the browser, or nothing is. */
function keepCookie(id: string): void {
  if (Provider.ctx) Provider.ctx.state.staleSessionId = id;
}

function tooLate(id: string, { hash, epoch }: Opened): Opened {
  keepCookie(id);
  return { hash, epoch, late: true };
}

/** Key of a session's record. */
export const sessionKey = (uid: string): string => taggedKey(SESSION, uid);
const tombstone = (uid: string): string => taggedKey('oidc:session-ended', uid);
const pointerOf = (hash: string): string => `oidc:session-id:${hash}`;

const SEPARATOR = ' ';
/** What an id points to: a session, as the session of one account or of nobody yet, up to an epoch. */
const target = (uid: string, account: string | undefined, epoch: number): string =>
  [uid, account ?? '', epoch].join(SEPARATOR);
