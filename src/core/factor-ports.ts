import type { Account, Credential, LocalizedText } from './account.ts';
import type { PasswordVerdict } from './directory.ts';
import type { AuditEvent, LogPort } from './door.ts';
import type { LimitPort } from './limit.ts';
import type { Sealer } from './seal.ts';
import type { Outgoing, Sent } from './sender.ts';
import type { RecordStore } from './store.ts';

/** A wire to the account's directory, for the factor that asks it. */
export interface PasswordPort {
  verify(account: Account | undefined, password: string, nobody?: Nobody): Promise<PasswordVerdict>;
}

/** Where nobody is found, or is to seem so: a directory does the same work all the same. */
export interface Nobody {
  /** The name that was given. */
  name?: string | undefined;
  /** The one that does it; by default one of those where somebody of that name could be. */
  directory?: string | undefined;
}

/** Small durable values with compare-and-set. */
export interface StatePort {
  get(key: string): Promise<{ value: string; version: number } | undefined>;
  /** False when the version has moved on; version 0 creates. */
  set(key: string, value: string, version: number): Promise<boolean>;
}

/** Small values that pass between a page and another channel: in the ephemeral store, under the factor's own name. */
export interface ExchangePort {
  get(key: string): Promise<string | undefined>;
  /** Sets only if absent: of any number of callers one gets true. `ttl` in milliseconds. */
  add(key: string, value: string, ttl: number): Promise<boolean>;
  /** Reads and deletes: of any number of callers one gets the value. */
  take(key: string): Promise<string | undefined>;
  /** Replaces only if the present value is `expected`; without `ttl` the time left stays. */
  swap(key: string, expected: string, value: string, ttl?: number): Promise<boolean>;
  /** Tells the pages whose prompt `waits` for this key. */
  changed(key: string): Promise<void>;
}

/** The factor's own credentials, for what comes by another channel than a sign-in. */
export interface CredentialPort {
  byLookup(key: string): Promise<Credential | undefined>;
  ofAccount(account: string): Promise<Credential[]>;
  /** Compare-and-set; it isn't used by that. */
  update(credential: Credential, data: unknown): Promise<boolean>;
}

/** Everything out of the process comes through here. */
export interface FactorPorts {
  /** Epoch milliseconds. */
  now(): number;
  random(bytes: number): Uint8Array;
  password: PasswordPort;
  state: StatePort;
  /** The factor's own durable records; secrets in them are sealed first. */
  records: RecordStore;
  /** Seals for this factor alone. */
  sealer: Sealer;
  /** Sends by the configured senders, one after the other until one takes it; audited, without text and number. */
  send(message: Outgoing, account: string): Promise<Sent>;
  limit: LimitPort;
  exchange: ExchangePort;
  credentials: CredentialPort;
  /** Durable before it returns. */
  audit(event: AuditEvent): Promise<void>;
  /** What the institution calls itself, for names that authenticator apps show. */
  serviceName: string;
  /** The same in the languages offered, and which those are, as BCP 47 tags. */
  service: { name: LocalizedText; locales: readonly string[] };
  issuer: string;
  /** What the institution calls the name that people type, where that isn't the factor's own words. */
  identifier?: { label?: LocalizedText; hint?: LocalizedText };
  /** Ids that settings may name. */
  applications: readonly string[];
  /** Where an address may be, roughly, for people to recognise: `Leiden, Netherlands`. Undefined where nobody knows. */
  locate(ip: string, locale: string): string | undefined;
  /** Whether this account's name is one of ours: another house's choice is one where the operator lets it speak for that domain. */
  isOurName(account: Pick<Account, 'directory'>, name: string): boolean;
  /** What an application is called, by its id or a member's; what is unknown goes by its id. */
  nameOf(application: string): LocalizedText;
  /** Guarded: public addresses only, no redirects. */
  fetch(url: string | URL, init?: RequestInit): Promise<globalThis.Response>;
  log: LogPort;
}
