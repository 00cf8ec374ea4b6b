import { hash } from 'node:crypto';
import { type Adapter, type AdapterPayload, errors, Provider } from 'oidc-provider';
import type { Account } from '../../core/account.ts';
import { taggedKey } from '../../core/keys.ts';
import { inHand, leave, readAhead, takeAhead } from './in-hand.ts';
import { ROUTES } from './routes.ts';
import { type CountingPorts, countKept } from './strangers.ts';

/**
 * Stands for the record's own id in what is stored: an id opens doors, so only its hash is kept. JSON never
 * contains this character as itself, so no parameter can pretend to be it.
 */
const OWN_ID = '\u0001';

/** The id that was hashed last: of one record there are several keys. */
let hashed: readonly [id: string, hash: string] = ['', ''];

export function hashOf(id: string): string {
  if (hashed[0] !== id || id === '') hashed = [id, hash('sha256', id, 'base64url')];
  return hashed[1];
}

/** A record as it is kept under its id. */
export const writeRecord = (payload: AdapterPayload, id: string): string =>
  JSON.stringify(payload).replaceAll(id, OWN_ID);

/** A record as it is kept, read for its id. */
export const readRecord = (stored: string, id: string): AdapterPayload => JSON.parse(stored.replaceAll(OWN_ID, id));

/** Kinds that name an account and are found by it. */
const BY_ACCOUNT = new Set(['Grant']);
/** Kinds that count as long as their grant and its account do. */
const HANGING = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken']);
/** Kinds that are kept for whoever asks, before anybody is known. */
const FOR_STRANGERS = new Set(['PushedAuthorizationRequest']);
/** Kinds that are used once, and so have a mark beside them. */
const CONSUMABLE = new Set(['AuthorizationCode', 'PushedAuthorizationRequest', 'RefreshToken']);
/** Kinds that nobody knows the id of before the answer: they are written together, at the latest before that. */
const WRITTEN_TOGETHER = new Set(['AccessToken', 'AuthorizationCode', 'Grant', 'RefreshToken']);
/**
 * Kinds that are still answered for a moment after their use, milliseconds: two tabs of one application present the same
 * refresh token, and neither is a thief.
 */
const OVERLAP: Readonly<Record<string, number>> = Object.freeze({ RefreshToken: 10_000 });
/**
 * How much longer than oidc-provider does a proof or an assertion is remembered, seconds. A proof may be of a clock that is
 * five minutes ahead, and is then good for ten from now on: oidc-provider forgets it after five.
 */
const REMEMBERED = 301;
/** What the losers of the race to `consume` are told, where it isn't invalid_grant. */
const LOST: Readonly<Record<string, () => Error>> = Object.freeze({
  PushedAuthorizationRequest: () => new errors.InvalidRequestUri('request_uri was already used'),
});

/** What a grant's record says of its end: the account's generation, and the grant that it was exchanged from. */
interface Hung {
  generation: number;
  from: string;
}

/** Key of a record of this kind. */
export const recordKey = (kind: string, id: string): string =>
  CONSUMABLE.has(kind) ? taggedKey(`oidc:${kind}`, hashOf(id)) : `oidc:${kind}:${hashOf(id)}`;

/** Key of the mark that it was used. */
export const markKey = (kind: string, id: string): string => taggedKey(`oidc:consumed:${kind}`, hashOf(id));

/** Key of a grant's record. */
export const grantKey = (id: string): string => `oidc:Grant:${hashOf(id)}`;

/** Key of the set of an account's grants. */
export const grantsOf = (account: string): string => `oidc:grants:{${account}}`;

/**
 * oidc-provider's storage for everything but sessions and interactions. Tokens hang on their grant: it is looked up
 * at every use, so removing it revokes them all, and no index of tokens is kept.
 */
export class ArtifactAdapter implements Adapter {
  readonly #ports: CountingPorts;
  readonly #store: CountingPorts['ephemeral'];
  readonly #kind: string;

  constructor(ports: CountingPorts, kind: string) {
    this.#ports = ports;
    this.#store = ports.ephemeral;
    this.#kind = kind;
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn: number): Promise<void> {
    if (this.#kind === 'ReplayDetection') return this.#remember(id, payload, expiresIn + REMEMBERED);
    const value = writeRecord(payload, id);
    const ttl = expiresIn * 1000;
    if (FOR_STRANGERS.has(this.#kind)) await countKept(this.#ports, { key: this.#key(id), value, ttl });
    const write = () => this.#write(id, value, payload, ttl);
    await (WRITTEN_TOGETHER.has(this.#kind) ? leave(write) : write());
  }

  async #remember(id: string, payload: AdapterPayload, seconds: number): Promise<void> {
    const exp = Math.floor(this.#ports.now() / 1000) + seconds;
    const kept = { key: this.#key(id), value: writeRecord({ ...payload, exp }, id), ttl: seconds * 1000 };
    // A public client's proof is remembered before anything is known of whoever sent it.
    if (Provider.ctx?.path === ROUTES.pushed_authorization_request) await countKept(this.#ports, kept);
    // A jti seen on two connections at once must not pass twice.
    if (!(await this.#store.add(kept.key, kept.value, kept.ttl)))
      throw new errors.InvalidRequest('jti was already used');
  }

  async #write(id: string, value: string, { accountId }: AdapterPayload, ttl: number): Promise<void> {
    const indexed = BY_ACCOUNT.has(this.#kind) && accountId ? grantsOf(accountId) : undefined;
    await Promise.all([
      this.#store.set(this.#key(id), value, ttl),
      indexed === undefined ? undefined : this.#store.addMember(indexed, id, ttl),
    ]);
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const marks = CONSUMABLE.has(this.#kind) ? [this.#mark(id)] : [];
    if (marks.length > 0 && OVERLAP[this.#kind] !== undefined) marks.push(this.#overlap(id));
    const [stored, consumed, overlap] = await this.#read(id, marks);
    if (stored === undefined) return undefined;
    const payload = readRecord(stored, id);
    inHand()?.found.set(`${this.#kind} ${id}`, payload);
    if (HANGING.has(this.#kind)) this.#readWhatItHangsOn(payload);
    if (BY_ACCOUNT.has(this.#kind) && (await this.#isEnded(payload))) return undefined;
    if (consumed !== undefined && overlap === undefined) payload.consumed = Number(consumed);
    return payload;
  }

  /** Begins to, so that grant and account come together. */
  #readWhatItHangsOn({ grantId, accountId }: AdapterPayload): void {
    if (grantId === undefined || accountId === undefined || inHand() === undefined) return;
    readAhead(grantKey(grantId), (key) => this.#store.get(key));
    this.#account(accountId);
  }

  /** As the durable store has it, read once in a request. */
  #account(id: string): Promise<Account | undefined> {
    const known = inHand()?.accounts;
    const account = known?.get(id) ?? this.#ports.durable.accounts.byId(id);
    account.catch(() => undefined);
    known?.set(id, account);
    return account;
  }

  #read(id: string, marks: readonly string[]): Promise<(string | undefined)[]> {
    const ahead = BY_ACCOUNT.has(this.#kind) ? takeAhead(this.#key(id)) : undefined;
    return ahead ? Promise.all([ahead]) : this.#store.getMany([this.#key(id), ...marks]);
  }

  /** Whether everything of its account has been ended since it began, at whatever moment it was written, or what it is from. */
  async #isEnded({ accountId, generation, from }: AdapterPayload & Partial<Hung>): Promise<boolean> {
    if (from !== undefined && (await this.find(from)) === undefined) return true;
    if (accountId === undefined || generation === undefined) return false;
    return (await this.#account(accountId))?.generation !== generation;
  }

  /** What is answered for it is written together with the mark, and nothing is answered before both are. */
  async consume(id: string): Promise<void> {
    const write = () => this.#consume(id);
    await (this.#kind === 'AuthorizationCode' ? leave(write) : write());
  }

  async #consume(id: string): Promise<void> {
    const overlap = OVERLAP[this.#kind];
    // Begun before the token is marked: a tab that reads it in between must not take it for a thief's.
    if (overlap !== undefined && !(await this.#store.add(this.#overlap(id), '1', overlap))) return;
    // What is needed of it never changes.
    const payload = inHand()?.found.get(`${this.#kind} ${id}`) ?? (await this.find(id));
    await this.#use(id, payload);
  }

  /** The same for a record that was found a moment ago, of a kind without overlap. */
  consumeFound(id: string, payload: AdapterPayload): Promise<void> {
    return this.#use(id, payload);
  }

  async #use(id: string, payload: AdapterPayload | undefined): Promise<void> {
    const now = Math.floor(this.#ports.now() / 1000);
    const left = Math.max(1, (payload?.exp ?? 0) - now);
    const won = payload && (await this.#store.add(this.#mark(id), String(now), left * 1000));
    if (won) return;
    // Its overlap ended while this request was under way, and must not begin again.
    if (OVERLAP[this.#kind] !== undefined) await this.#store.delete(this.#overlap(id));
    // Presented twice: whoever was first, the grant is no longer trusted (RFC 9700 section 4.14.2, RFC 6749 section 4.1.2).
    if (payload?.grantId) await this.revokeByGrantId(payload.grantId);
    throw LOST[this.#kind]?.() ?? new errors.InvalidGrant('already used');
  }

  async destroy(id: string): Promise<void> {
    await this.#store.delete(this.#key(id));
    if (FOR_STRANGERS.has(this.#kind)) await this.#ports.strangers.release(this.#key(id));
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    await this.#store.delete(grantKey(grantId));
  }

  async findByUid(): Promise<undefined> {}

  async findByUserCode(): Promise<undefined> {}

  #key(id: string): string {
    return recordKey(this.#kind, id);
  }

  #overlap(id: string): string {
    return taggedKey(`oidc:overlap:${this.#kind}`, hashOf(id));
  }

  #mark(id: string): string {
    return markKey(this.#kind, id);
  }
}
