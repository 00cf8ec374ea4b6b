import { type Adapter, type AdapterPayload, errors, type KoaContextWithOIDC } from 'oidc-provider';
import { taggedKey } from '../../core/keys.ts';
import type { Sealer } from '../../core/seal.ts';
import { hashOf, readRecord, writeRecord } from './adapter.ts';
import { leave, readAhead, takeAhead } from './in-hand.ts';
import { type CountingPorts, countKept } from './strangers.ts';

/** What stands in the place of an interaction that was resumed, so that an answer that comes late can't bring it back. */
const OVER = 'over';
/** The ids of a pushed request and of a device code. */
const KEYS = ['parJti', 'deviceCode'] as const;
/** Longer than any answer is under way, milliseconds. */
const LATE = 5 * 60_000;

/** As each was read or written last by this process. To change one on top of that needs no look, if it still is so. */
const seen = new Map<string, string>();
/** More than are under way at once between two looks. */
const MOST_SEEN = 1_000;

function see(key: string, stored: string | undefined): string | undefined {
  seen.delete(key);
  const [oldest] = seen.keys();
  if (seen.size >= MOST_SEEN && oldest !== undefined) seen.delete(oldest);
  // One that is over is never gone on from.
  if (stored !== undefined && stored !== OVER) seen.set(key, stored);
  return stored;
}

/** For oidc-provider, which resumes what was looked at a moment ago in the same request. */
export function readAgain(ctx: KoaContextWithOIDC, id: string): void {
  const stored = seen.get(keyOf(id));
  if (stored !== undefined) readAhead(keyOf(id), async () => stored, ctx);
}

const keyOf = (id: string): string => taggedKey('oidc:Interaction', hashOf(id));
const contextOf = (id: string): string => `oidc:Interaction:${hashOf(id)}`;

/**
 * oidc-provider's storage for interactions. Each is resumed once, however many answers and resumptions come at the
 * same moment, and whatever they had read of it before: its end is a compare-and-set, after which nothing changes it.
 */
export class InteractionAdapter implements Adapter {
  readonly #ports: CountingPorts;
  readonly #store: CountingPorts['ephemeral'];
  readonly #sealer: Sealer;

  constructor(ports: CountingPorts & { sealer: Sealer }) {
    this.#ports = ports;
    this.#store = ports.ephemeral;
    this.#sealer = ports.sealer;
  }

  /**
   * @throws SessionNotFound where it is over; TooManyError where whoever asks has begun too much; OverloadedError where
   * nobody is to begin
   */
  async upsert(id: string, payload: AdapterPayload, expiresIn: number): Promise<void> {
    const [key, value, ttl] = [keyOf(id), this.#pack(id, payload), expiresIn * 1000];
    const { load, strangers } = this.#ports;
    if (isBeginning(payload)) load.begin();
    // Whoever has signed in is no stranger any more.
    const released = payload.result?.login ? strangers.release(key) : undefined;
    if (released === undefined) await countKept(this.#ports, { key, value, ttl }, payload.accountId);
    const known = seen.get(key);
    const changed = known !== undefined && this.#store.swap(key, known, value, ttl);
    const [isChanged] = await Promise.all([changed, released]);
    if (!isChanged) await this.#put(key, value, ttl);
    see(key, value);
  }

  /** Whatever stands there, unless that is over. */
  async #put(key: string, value: string, ttl: number): Promise<void> {
    while (!(await this.#store.add(key, value, ttl))) {
      const stored = await this.#store.get(key);
      if (stored === OVER) throw over();
      if (stored !== undefined && (await this.#store.swap(key, stored, value, ttl))) return;
    }
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const stored = see(keyOf(id), await (takeAhead(keyOf(id)) ?? this.#store.get(keyOf(id))));
    return stored === undefined || stored === OVER ? undefined : this.#unpack(id, stored);
  }

  /**
   * Of any number of callers one ends it.
   *
   * @throws SessionNotFound for the others
   */
  async destroy(id: string): Promise<void> {
    const key = keyOf(id);
    for (let known = seen.get(key); ; known = undefined) {
      const stored = known ?? (await this.#store.get(key));
      if (stored === undefined || stored === OVER) throw over();
      if (!(await this.#store.swap(key, stored, OVER, LATE))) continue;
      see(key, undefined);
      return leave(() => this.#ports.strangers.release(key));
    }
  }

  #pack(id: string, payload: AdapterPayload): string {
    const kept = { ...payload };
    // It would otherwise carry the session's cookie value.
    if (kept.session) kept.session = { ...kept.session, cookie: undefined } as never;
    // And what is needed again when the sign-in is resumed, and would open something by itself.
    for (const name of KEYS) {
      const value = kept[name];
      if (typeof value === 'string') kept[name] = this.#sealer.seal(value, contextOf(id));
    }
    return writeRecord(kept, id);
  }

  #unpack(id: string, stored: string): AdapterPayload {
    const payload = readRecord(stored, id);
    for (const name of KEYS) {
      const value = payload[name];
      if (typeof value === 'string') payload[name] = this.#sealer.open(value, contextOf(id));
    }
    return payload;
  }

  async consume(): Promise<void> {}
  async findByUid(): Promise<undefined> {}
  async findByUserCode(): Promise<undefined> {}
  async revokeByGrantId(): Promise<void> {}
}

/** A sign-in of nobody in particular, of which nothing has been done. */
const isBeginning = ({ session, lastSubmission, result }: AdapterPayload): boolean =>
  session?.accountId === undefined && lastSubmission === undefined && result === undefined;

const over = () => new errors.SessionNotFound('the interaction was resumed already');
