import { type Adapter, type AdapterPayload, Provider } from 'oidc-provider';
import type { DoorPorts } from '../../core/door.ts';
import type { EphemeralStore } from '../../core/store.ts';
import { hashOf } from './adapter.ts';

export const seconds = (milliseconds: number): number => Math.max(1, Math.floor(milliseconds / 1000));

/** Seconds that a session has: `life` at the most, `idle` unless it is used again. */
export function lifeLeft(
  { now, sessions }: Pick<DoorPorts, 'now' | 'sessions'>,
  it: { loginTs?: number | undefined; iat?: number | undefined },
): { life: number; idle: number } {
  const begun = it.loginTs ?? it.iat ?? seconds(now());
  const life = Math.max(1, begun + seconds(sessions.lifetime) - seconds(now()));
  return { life, idle: Math.min(seconds(sessions.idle), life) };
}

/** Whether using a session that expires at `exp` (seconds) now prolongs it by enough to write it again. */
export function moves(exp: number | undefined, idle: number): boolean {
  return exp === undefined || Date.now() / 1000 + idle - exp >= idle * WORTH_WRITING;
}

/** Set of an account's session uids. */
export const sessionsOf = (account: string): string => `oidc:sessions:{${account}}`;

/** How long a rotated session id still answers: requests of another tab may be under way. Milliseconds. */
const GRACE = 10_000;
/** A session whose expiry moves by less than this share of its life isn't written again. */
const WORTH_WRITING = 0.05;

interface StoredSession extends AdapterPayload {
  /** Hash of the cookie value that the session goes by. */
  current: string;
}

/**
 * The single sign-on session. The record stands under its uid; cookie values are hashed pointers to it,
 * so that a rotation never touches the record, and two tabs can't lose each other's application.
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
    const uid = String(payload.uid);
    const ttl = expiresIn * 1000;
    const hash = hashOf(id);
    // Another tab writes at the same moment: try again on top of what it wrote.
    for (;;) {
      const [stored, ended, pointer] = await this.#store.getMany([record(uid), tombstone(uid), pointerOf(hash)]);
      if (ended !== undefined) return;
      const before = stored === undefined ? undefined : (JSON.parse(stored) as StoredSession);
      // A rotated id in its last seconds must not become the session's id again.
      const late = before !== undefined && pointer !== undefined && before.current !== hash;
      // Nor may it write over whoever has signed in since.
      if (late && before.accountId !== payload.accountId) return;
      const after = merge(before, payload, late ? before.current : hash);
      if (before && !late && unchanged(before, after, expiresIn)) return;
      const value = JSON.stringify(after);
      const written =
        stored === undefined
          ? await this.#store.add(record(uid), value, ttl)
          : await this.#store.swap(record(uid), stored, value, ttl);
      if (!written) continue;
      if (!late) await this.#store.set(pointerOf(hash), target(uid, payload.accountId), ttl);
      if (payload.accountId) await this.#store.addMember(sessionsOf(payload.accountId), uid, ttl);
      return;
    }
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const hash = hashOf(id);
    const pointer = await this.#store.get(pointerOf(hash));
    if (pointer === undefined) return undefined;
    const [uid = ''] = pointer.split(SEPARATOR);
    const found = await this.findByUid(uid);
    // An id from before the sign-in may be known to others (session fixation): it has no seconds of grace.
    if (found === undefined || pointer !== target(uid, found.accountId)) return undefined;
    // The answer must not set this cookie again: a newer one is on its way to the browser.
    if (found.current !== hash && Provider.ctx) Provider.ctx.state.staleSessionId = id;
    return { ...found, jti: id };
  }

  async findByUid(uid: string): Promise<StoredSession | undefined> {
    const stored = await this.#store.get(record(uid));
    return stored === undefined ? undefined : (JSON.parse(stored) as StoredSession);
  }

  /** Called when an id is rotated away; a session ends by `end`. */
  async destroy(id: string): Promise<void> {
    await this.#store.expire(pointerOf(hashOf(id)), GRACE);
  }

  /** Ends a session for good: a request that still holds it can't write it back. */
  async end(uid: string, account?: string): Promise<void> {
    await this.#store.set(tombstone(uid), '1', this.#lifetime);
    await this.#store.delete(record(uid));
    if (account) await this.#store.removeMember(sessionsOf(account), uid);
  }

  async consume(): Promise<void> {}
  async findByUserCode(): Promise<undefined> {}
  async revokeByGrantId(): Promise<void> {}
}

const record = (uid: string): string => `oidc:session:${uid}`;
const tombstone = (uid: string): string => `oidc:session-ended:${uid}`;
const pointerOf = (hash: string): string => `oidc:session-id:${hash}`;

const SEPARATOR = ' ';
/** What an id points to: a session, as the session of one account or of nobody yet. */
const target = (uid: string, account: string | undefined): string => `${uid}${SEPARATOR}${account ?? ''}`;

/**
 * Applications that another tab added stay, each with the name (`sid`) by which it knows the session since: a logout
 * is told by it. Everything else is the writer's.
 */
function merge(before: StoredSession | undefined, payload: AdapterPayload, current: string): StoredSession {
  const { jti: _, ...rest } = payload;
  // Only one account is ever in a session: what another one authorized isn't carried over.
  const kept = before && before.accountId === payload.accountId ? before.authorizations : undefined;
  const authorizations = { ...kept, ...payload.authorizations };
  for (const [client, mine] of Object.entries(payload.authorizations ?? {})) {
    const known = kept?.[client];
    authorizations[client] = { ...known, ...mine, ...(known?.sid ? { sid: known.sid } : {}) };
  }
  return { ...rest, ...(Object.keys(authorizations).length > 0 ? { authorizations } : {}), current };
}

function unchanged(before: StoredSession, after: StoredSession, expiresIn: number): boolean {
  const moved = (after.exp ?? 0) - (before.exp ?? 0);
  if (moved < 0 || moved >= expiresIn * WORTH_WRITING) return false;
  return JSON.stringify({ ...after, exp: 0 }) === JSON.stringify({ ...before, exp: 0 });
}
