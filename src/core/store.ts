import type { z } from 'zod';
import type { Account, AccountStatus, Seen } from './account.ts';
import type { CountStore } from './counts.ts';
import type { DurableConnection } from './durable-connection.ts';
import type { Examine } from './finding.ts';

/**
 * What expires: sessions, grants, codes, pending prompts, trusted devices, counters.
 *
 * Keys are text up to 512 characters, values text up to 1 MiB, times milliseconds. A key may
 * carry a hash tag in braces so that a cluster keeps it with others of one sign-in.
 * Every method throws ERR_STORE_UNAVAILABLE while the store can't be reached: refusing is the caller's only answer.
 */
export interface EphemeralStore {
  get(key: string): Promise<string | undefined>;
  /** In one round trip; same order, undefined where absent. */
  getMany(keys: readonly string[]): Promise<(string | undefined)[]>;
  set(key: string, value: string, ttl: number): Promise<void>;
  /** Sets only if absent: of any number of callers one gets true. */
  add(key: string, value: string, ttl: number): Promise<boolean>;
  /** Replaces only if the present value is `expected`. Without `ttl` the time left stays. */
  swap(key: string, expected: string, value: string, ttl?: number): Promise<boolean>;
  /** Reads and deletes: of any number of callers one gets the value. */
  take(key: string): Promise<string | undefined>;
  delete(...keys: string[]): Promise<void>;
  /** Changes the time left; false if absent. */
  expire(key: string, ttl: number): Promise<boolean>;

  /**
   * Counts one attempt against a budget, atomically: not allowed (and not counted) once `max`
   * is reached, until `ttl` has passed since the last attempt that was counted.
   */
  attempt(key: string, max: number, ttl: number): Promise<{ allowed: boolean; count: number; retryAfter: number }>;
  /** Gives one counted attempt back (it succeeded); never below zero. */
  refund(key: string): Promise<void>;

  /**
   * Enters what is about to be kept at a key on its owner's account, atomically, and in the place of what was entered
   * for that key. Not allowed where it would take the owner over `most`, unless enough of what they have is older than
   * `patience`: the oldest then goes. Where all owners together would come over `total`, the oldest of whoever has the
   * largest share of their `most` goes, whoever asks. What goes loses its value too.
   */
  reserve(entry: Reservation): Promise<Reserved>;
  /** Takes keys off their owners' accounts; their values stay. */
  release(...keys: string[]): Promise<void>;

  /** A set of members, each with its own expiry; the set lives as long as its last member. */
  addMember(key: string, member: string, ttl: number): Promise<void>;
  removeMember(key: string, member: string): Promise<void>;
  members(key: string): Promise<string[]>;

  /** Tells whoever listens to the topic at this moment, on all nodes. Nothing is kept for who comes later. */
  publish(topic: string): Promise<void>;
  /**
   * Calls the listener at each `publish` of the topic, until the function answered is called. It may be called
   * without one, as after a connection was lost, and one may get lost: it says when to look, not what there is.
   */
  subscribe(topic: string, listener: () => void): Promise<() => void>;

  /**
   * About how many values have keys that begin so, for each of them: counted, or reckoned from a sample where counting
   * would take long.
   */
  census(beginnings: readonly string[]): Promise<number[]>;

  /** Answers if the store can be written to. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Weights are whole numbers from 1 on, of whatever is counted; times are milliseconds. */
export interface Reservation {
  key: string;
  owner: string;
  weight: number;
  ttl: number;
  /** What the owner's entries may weigh together. */
  most: number;
  /** What all entries may weigh together. */
  total: number;
  /** So long an entry isn't given up for another one of the same owner. */
  patience: number;
}

/** `own`, `others`: entries that went for it, of this owner and altogether. */
export type Reserved =
  | { allowed: true; own: number; others: number }
  /** `retryAfter`: when the oldest of the owner's may go, at the soonest. */
  | { allowed: false; retryAfter: number };

export interface StorePorts {
  now(): number;
  /** Told when the store goes away and when it is back. */
  onState?(state: 'up' | 'down', detail?: string): void;
  /** Without it, what the store's own servers can't keep safe is refused. */
  lasting?: Lasting;
}

/** What an ephemeral store may keep in the durable one: ends and marks that no replica of its own confirms. */
export interface Lasting {
  state: StateStore;
  records: RecordStore;
}

export interface EphemeralModule<S = unknown> {
  readonly id: string;
  readonly kind: 'ephemeral';
  readonly settings: z.ZodType<S>;
  /** What `sallyport doctor` is told. */
  readonly examine?: Examine<S>;
  /** As a durable store's. */
  sameData?(one: S, other: S): boolean;
  open(settings: S, ports: StorePorts): Promise<EphemeralStore>;
}

/** A durable store brings a Kysely dialect; the tables and queries are the same for all. */
export interface DurableModule<S = unknown> {
  readonly id: string;
  readonly kind: 'durable';
  readonly settings: z.ZodType<S>;
  /** What `sallyport doctor` is told. */
  readonly examine?: Examine<S>;
  /**
   * Whether both lead to the same data, by another way or as somebody else: processes with the one and with the other
   * may then run side by side. Whatever can't be known from the settings alone is another place.
   */
  sameData?(one: S, other: S): boolean;
  open(settings: S): Promise<DurableConnection>;
}

export interface StoredCredential {
  id: string;
  account: string;
  factor: string;
  name: string;
  /** Sealed; bound to id, account and factor. */
  sealed: string;
  createdAt: number;
  lastUsedAt?: number;
  suspendedAt?: number;
  version: number;
}

/** What can be told of a credential without opening it. */
export type CredentialFact = Pick<StoredCredential, 'account' | 'factor' | 'createdAt' | 'lastUsedAt'>;

/** How often in a row something failed. */
export interface FailureRow {
  of: string;
  count: number;
}

export interface Consent {
  account: string;
  application: string;
  scopes: string[];
  claims: string[];
  /** By resource indicator. */
  resources: Record<string, string[]>;
  at: number;
}

export interface AuditEntry {
  id: string;
  node: string;
  sequence: number;
  at: number;
  event: string;
  account?: string;
  application?: string;
  /** Further facts, JSON-safe, no secrets. */
  detail: Record<string, unknown>;
  /** SHA-256 over the previous entry's hash and this entry, hex. */
  hash: string;
}

export interface StoredKey {
  id: string;
  /** What it signs: id of the door, or `audit`. */
  purpose: string;
  algorithm: string;
  /** The private key, and its certificate where it has one, sealed. */
  sealed: string;
  createdAt: number;
  /** Not used for signing before this moment, only published. */
  activeFrom: number;
  retiredAt?: number;
}

export type NewAccount = Omit<Account, 'locale' | 'revokedBefore' | 'generation' | 'countedTo' | 'version'>;

/** What must last. Writers return only after the data is on disk. */
export interface DurableStore {
  accounts: {
    byId(id: string): Promise<Account | undefined>;
    byDirectoryKey(directory: string, key: string): Promise<Account | undefined>;
    /** Creates the account, or brings what the directory says of the linked one up to date. */
    link(account: NewAccount): Promise<Account>;
    setLocale(id: string, locale: string): Promise<void>;
    setStanding(id: string, standing: AccountStatus): Promise<void>;
    setSeen(id: string, seen: Seen): Promise<void>;
    /** Some hundreds at most, in no order. */
    byDirectoryKeys(directory: string, keys: readonly string[]): Promise<Account[]>;
    /**
     * Moves the account's generation on, and `revokedBefore` forward, never back; answers the new generation. Of any
     * number at once each gets one of its own. Undefined where there is no such account.
     */
    endAll(id: string, at: number): Promise<number | undefined>;
    list(options?: { limit?: number; after?: string }): Promise<Account[]>;
    /** At most some hundreds at once, in no order; those that aren't there are left out. */
    byIds(ids: readonly string[]): Promise<Account[]>;
    /**
     * Of those in any of the groups, as they were when they were linked, whoever's user name, mail address, directory
     * key or a word of whose name begins so, whatever the case; in order of user name.
     */
    search(typed: string, options: { limit: number; groups: readonly string[] }): Promise<Account[]>;
  };
  credentials: {
    ofAccount(account: string): Promise<StoredCredential[]>;
    byLookup(factor: string, key: string): Promise<StoredCredential | undefined>;
    /** Of some hundreds of accounts at once, in no order, unopened: for counting. */
    ofAccounts(accounts: readonly string[]): Promise<CredentialFact[]>;
    /**
     * With `most`: false, and nothing is kept, where the account has that many of this factor, whatever is inserted
     * at the same moment. Throws ERR_VERSION_CONFLICT where the id or a lookup key is another credential's already.
     */
    insert(credential: Omit<StoredCredential, 'version'>, lookup?: readonly string[], most?: number): Promise<boolean>;
    /**
     * In the place of all that the account has of this factor; answers their ids. Of any number at once the last one
     * stays, alone. Throws ERR_VERSION_CONFLICT as `insert` does, and then those stay.
     */
    replace(credential: Omit<StoredCredential, 'version'>, lookup?: readonly string[]): Promise<string[]>;
    /** Compare-and-set: false when the version has moved on. */
    update(
      id: string,
      version: number,
      change: { sealed?: string; name?: string; lastUsedAt?: number },
      beside?: Beside,
    ): Promise<boolean>;
    /** From then on, or no more with undefined; its version moves on. False where it stands so already, or isn't there. */
    suspend(id: string, account: string, at: number | undefined, beside?: Beside): Promise<boolean>;
    /** False when it wasn't there (any more). */
    remove(id: string, account: string): Promise<boolean>;
  };
  /** Failures in a row, of whomever and whatever they are counted for: only a success or a release ends one. */
  failures: {
    /**
     * Counts one more of each, atomically; what has `most` already is left out of the answer. A row that began
     * before `since` begins anew. `at`: epoch milliseconds.
     */
    count(
      subject: string,
      of: readonly string[],
      options: { most: number; at: number; since?: number },
    ): Promise<FailureRow[]>;
    /** Takes one back of each. */
    giveBack(subject: string, of: readonly string[]): Promise<void>;
    ofSubject(subject: string): Promise<FailureRow[]>;
    /** Ends these, or all; answers what they were. */
    end(subject: string, of?: readonly string[]): Promise<FailureRow[]>;
  };
  consents: {
    get(account: string, application: string): Promise<Consent | undefined>;
    put(consent: Consent): Promise<void>;
    remove(account: string, application: string): Promise<void>;
    ofAccount(account: string): Promise<Consent[]>;
  };
  audit: {
    append(entries: readonly AuditEntry[]): Promise<void>;
    /** The last entry of a node's chain. */
    head(node: string): Promise<AuditEntry | undefined>;
    /** Newest first. */
    ofAccount(account: string, options: { limit: number; events?: readonly string[] }): Promise<AuditEntry[]>;
    /** Newest first, at or after `from` and before `until`; `after` is the last one of the page before. */
    ofEvent(
      event: string,
      options: { from: number; until: number; after?: Pick<AuditEntry, 'at' | 'id'>; limit: number },
    ): Promise<AuditEntry[]>;
    /** Whose chains there are, in order of name. */
    nodes(): Promise<string[]>;
    /** Oldest first, for verification and export. */
    ofNode(node: string, options: { after?: number; limit: number }): Promise<AuditEntry[]>;
  };
  keys: {
    list(purpose: string): Promise<StoredKey[]>;
    /** False if the id is taken. */
    insert(key: StoredKey): Promise<boolean>;
    retire(id: string, at: number): Promise<void>;
    /** Moves `activeFrom` up to `at`: never later than it was, and never of a retired key. False if nothing moved. */
    activate(id: string, at: number): Promise<boolean>;
  };
  counts: CountStore;
  /** Small values with compare-and-set, by namespace. */
  state(namespace: string): StateStore;
  /** A plug-in's own records, by namespace. */
  records(namespace: string): RecordStore;
  /** Sealed values wherever they lie, for whoever seals them anew. */
  sealed: {
    /** In order of namespace (but for credentials and keys) and id; of `state` and `records` what may hold one. */
    page(
      table: SealedTable,
      options: { after?: Pick<SealedRow, 'namespace' | 'id'>; limit: number },
    ): Promise<SealedRow[]>;
    /**
     * All in one transaction, each only where the value is still the one read; how many were. Versions stay, so that
     * no compare-and-set under way fails by it.
     */
    replace(rows: readonly { row: SealedRow; sealed: string }[]): Promise<number>;
  };
  /** The database's own clock, epoch milliseconds: what several nodes compare goes by none of theirs. */
  now(): Promise<number>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

export const SEALED_TABLES = ['credentials', 'keys', 'state', 'records'] as const;
export type SealedTable = (typeof SEALED_TABLES)[number];

/** A sealed value, or a document with some, and where it lies. */
export interface SealedRow {
  table: SealedTable;
  /** Of a credential the factor, of a key its purpose. */
  namespace: string;
  id: string;
  value: string;
  /** Of a credential: whose it is. */
  account?: string;
}

export interface StateStore {
  get(key: string): Promise<{ value: string; version: number } | undefined>;
  /** Version 0 creates, any other must be the present one. */
  set(key: string, value: string, version: number): Promise<boolean>;
}

/** Documents of one plug-in, each with an optional unique lookup key. */
export interface RecordStore {
  get(id: string): Promise<DataRecord | undefined>;
  byLookup(lookup: string): Promise<DataRecord | undefined>;
  /** Those with this key, which several may have; in order of id. */
  byKey(key: string, limit: number): Promise<DataRecord[]>;
  /** False if id or lookup is taken, or one of `alone` is another's. */
  insert(record: NewRecord): Promise<boolean>;
  /** Compare-and-set: false when the version has moved on, or it would be found by what is another's. */
  update(id: string, version: number, data: string, found?: FoundBy): Promise<boolean>;
  /** With `version`: only while it is that one. */
  remove(id: string, version?: number): Promise<boolean>;
  /** In order of id. */
  list(options: { after?: string; limit: number }): Promise<DataRecord[]>;
}

export interface NewRecord {
  id: string;
  lookup?: string;
  data: string;
  keys?: readonly string[];
  alone?: Alone;
}

/** A record that is inserted with something else: both are there, or neither. One that has its id already stays. */
export interface Beside {
  namespace: string;
  record: NewRecord;
}

/** How a record is found after a change, but for its id: what isn't named stays. */
export interface FoundBy {
  lookup?: string | undefined;
  keys?: readonly string[] | undefined;
  alone?: Alone | undefined;
}

/**
 * What no other record may be found by. Of any number who write at once with `alone`, and would be found by one of
 * another's, one does.
 */
export interface Alone {
  lookups?: readonly string[];
  keys?: readonly string[];
}

export interface DataRecord {
  id: string;
  lookup?: string;
  data: string;
  version: number;
}
