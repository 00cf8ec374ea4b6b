import type { ColumnType, Insertable, Kysely, Selectable } from 'kysely';
import type { AccountStatus } from '../core/account.ts';
import type { CountRow } from '../core/counts.ts';

/**
 * Tables of the durable store, in a subset that SQLite and PostgreSQL share: ids are text, times
 * epoch milliseconds, documents JSON kept as text. A dialect must hand 8-byte integers over as numbers.
 */
export interface Tables {
  accounts: AccountTable;
  credentials: CredentialTable;
  credential_lookups: LookupTable;
  failures: FailureTable;
  consents: ConsentTable;
  audit: AuditTable;
  keys: KeyTable;
  state: StateTable;
  records: RecordTable;
  record_keys: RecordKeyTable;
  counts: CountTable;
  day_counts: DayCountTable;
  count_sources: CountSourceTable;
  schema_versions: SchemaVersion;
}

export type Database = Kysely<Tables>;

/** A column that may be left out when a row is inserted. */
type Optional<T> = ColumnType<T | null, T | null | undefined, T | null>;

interface AccountTable {
  id: string;
  directory: string;
  directory_key: string;
  username: string;
  name: string;
  email: Optional<string>;
  groups: string;
  locale: Optional<string>;
  /** What else the directory says, JSON: `StoredProfile`. */
  profile: Optional<string>;
  standing: Optional<AccountStatus>;
  /** How the directory last answered for this person, and when: both or neither. */
  seen_as: Optional<AccountStatus>;
  seen_at: Optional<number>;
  /** What it is found by; null only while the column is being filled. */
  search: Optional<string>;
  created_at: number;
  revoked_before: number;
  generation: number;
  counted_to: number;
  version: number;
}

interface CredentialTable {
  id: string;
  account: string;
  factor: string;
  name: string;
  sealed: string;
  created_at: number;
  last_used_at: Optional<number>;
  suspended_at: Optional<number>;
  version: number;
}

interface LookupTable {
  factor: string;
  key: string;
  credential: string;
}

interface FailureTable {
  subject: string;
  about: string;
  count: number;
  began_at: number;
}

interface ConsentTable {
  account: string;
  application: string;
  scopes: string;
  claims: string;
  resources: string;
  at: number;
}

interface AuditTable {
  id: string;
  node: string;
  sequence: number;
  at: number;
  event: string;
  account: Optional<string>;
  application: Optional<string>;
  detail: string;
  hash: string;
}

interface KeyTable {
  id: string;
  purpose: string;
  algorithm: string;
  sealed: string;
  created_at: number;
  active_from: number;
  retired_at: Optional<number>;
}

interface StateTable {
  namespace: string;
  key: string;
  value: string;
  version: number;
}

interface RecordTable {
  namespace: string;
  id: string;
  lookup: Optional<string>;
  data: string;
  version: number;
}

interface RecordKeyTable {
  namespace: string;
  key: string;
  id: string;
}

/** As it is counted, and of which hour. */
interface CountTable extends Omit<CountRow, 'at'> {
  hour: number;
}

/** The same of a day (UTC). */
interface DayCountTable extends Omit<CountRow, 'at'> {
  day: number;
}

interface CountSourceTable {
  source: string;
  sequence: number;
  at: number;
}

/** A version that the tables have, or had. */
export interface SchemaVersion {
  version: number;
  /** The oldest program that these tables still serve. */
  serves: number;
}

export type AccountRow = Selectable<AccountTable>;
export type CredentialRow = Selectable<CredentialTable>;
export type ConsentRow = Selectable<ConsentTable>;
export type AuditRow = Selectable<AuditTable>;
export type NewAuditRow = Insertable<AuditTable>;
export type NewCountRow = Insertable<CountTable>;
export type NewDayCountRow = Insertable<DayCountTable>;
export type KeyRow = Selectable<KeyTable>;
export type RecordRow = Selectable<RecordTable>;
