import type { PasswordPolicy } from '../../accounts/passwords/index.ts';
import type { LocalizedText } from '../../core/account.ts';
import type { Application } from '../../core/application.ts';
import type { Level } from '../../core/assurance.ts';
import type { Campaign, Rule, Suggestion } from '../../core/policy.ts';
import type { Parsed } from './schema.ts';

/** A store as configured: which module, and its settings as the module's schema left them. */
export interface StoreChoice {
  type: string;
  settings: unknown;
}

/** A directory as configured, and which names are for it alone. */
export interface DirectoryChoice extends StoreChoice {
  /** What may stand behind the last @. */
  realms: readonly string[];
  /** What may stand before a backslash. */
  domains: readonly string[];
  /** What stands behind the @ of its people's mail addresses, and where they come from. */
  mailDomains: readonly string[];
  networks: readonly string[];
  /** Milliseconds, and per cent of its people. */
  watch: { every: number; complete: number; most: number };
}

/** A configuration section by section, for telling one reading from another. */
export interface Source {
  /** As it is written, with what stands in variables; secrets in files aren't read yet. */
  written: Readonly<Record<string, unknown>>;
  /** As its schemas left it: with defaults, times in milliseconds, absolute paths. */
  checked: Readonly<Record<string, unknown>>;
}

/** A named set of address ranges; `shared` machines remember no browser. */
export interface NetworkRanges {
  name: string;
  ranges: readonly string[];
  shared: boolean;
  /** KiB for each of its addresses; undefined is as elsewhere. */
  strangers?: number | undefined;
}

/** Files, and whether whoever connects is asked for a certificate. */
interface ListenTls {
  cert: string;
  key: string;
  clientCertificates?: boolean;
}

/**
 * The configuration, checked as a whole and deeply frozen. Durations and times are milliseconds,
 * paths absolute. What belongs to a plug-in is by its id, as its schema left it.
 */
export interface Config {
  /** The file that it was read from. */
  file: string;
  /** An origin: no path, no slash at its end. */
  issuer: string;
  name: LocalizedText;
  /** Its own among those that share the stores. */
  node: Parsed['node'];
  /** Whose time counts where nodes share a database. */
  clock: Parsed['clock'];
  listen: Omit<Parsed['listen'], 'tls'> & { tls?: ListenTls };
  management: { host: string; port: number };
  trustedProxies: readonly string[];
  /** In lower case. */
  clientCertificateHeader?: string;
  /** Folder of this node's own data. */
  data: string;
  stores: { durable: StoreChoice; ephemeral: StoreChoice };
  /** A store keeps its data in a file: one process at a time may have it open. */
  ownsData: boolean;
  /** Base64url, 32 bytes each. Without a key that seals, `createKeys` makes one in the data folder. */
  secrets: { sealingKey?: string; previousSealingKeys: string[] };
  sessions: Parsed['sessions'];
  trustedDevices: Parsed['trustedDevices'];
  /** In the order in which they are asked, by name. */
  directories: ReadonlyMap<string, DirectoryChoice>;
  /** Enabled factors alone. */
  factors: ReadonlyMap<string, unknown>;
  /** In the order in which they are tried. */
  senders: ReadonlyMap<string, unknown>;
  doors: ReadonlyMap<string, unknown>;
  signInWith: Parsed['signInWith'];
  lockout: Parsed['lockout'];
  departments: Parsed['departments'];
  passwordPolicy: PasswordPolicy;
  /** Who knows which passwords have leaked; a file's path is absolute. */
  breached?: Parsed['passwordPolicy']['breached'];
  passwordReset: Parsed['passwordReset'];
  strangers: Parsed['strangers'];
  overload: Parsed['overload'];
  networks: readonly NetworkRanges[];
  /** Its path is absolute. */
  geoip?: Parsed['geoip'];
  allowedPrivateNetworks: readonly string[];
  /** As configured; the gateway's own (`INTERNAL_APPLICATIONS`) aren't among them. */
  applications: ReadonlyMap<string, Application>;
  rules: readonly Rule[];
  campaigns: readonly Campaign[];
  suggestions: readonly Suggestion[];
  /** How long before a calendar's date people are written to, milliseconds. */
  remindBefore: readonly number[];
  /** Defaults first, then the operator's. */
  acr: ReadonlyMap<string, Level>;
  locales: readonly string[];
  defaultLocale: string;
  /** IANA zone of the times shown; the server's own where it is absent. */
  timeZone?: Parsed['timeZone'];
  support: Parsed['support'];
  /** Paths are absolute. */
  branding: Parsed['branding'];
  log: Parsed['log'];
  tracing: Parsed['tracing'];
  helpDesk?: Parsed['helpDesk'];
  api: Parsed['api'];
  demo?: Parsed['demo'];
  source: Source;
  /** What is allowed and probably not meant, one sentence each. */
  warnings: readonly string[];
}
