import type { Applications } from '../core/application.ts';
import type { Directory } from '../core/directory.ts';
import type { AuditPort } from '../core/door.ts';
import type { EnabledFactors } from '../core/enabled-factor.ts';
import type { Load } from '../core/load.ts';
import type { Route } from '../core/logins.ts';
import type { Sealer } from '../core/seal.ts';
import type { EphemeralStore } from '../core/store.ts';
import type { Strangers } from '../core/strangers.ts';

/** Whose people they are who aren't known yet. */
export interface Whose {
  /** What stands behind the @ of their mail addresses. */
  mailDomains: readonly string[];
  /** Networks that they come from. */
  networks: readonly string[];
}

export interface SignInNeeds {
  now(): number;
  random(bytes: number): Uint8Array;
  ephemeral: EphemeralStore;
  load: Load;
  strangers: Strangers;
  sealer: Sealer;
  audit: AuditPort;
  factors: EnabledFactors;
  directories: ReadonlyMap<string, Pick<Directory, 'redirects' | 'passwordless'>>;
  applications: Pick<Applications, 'find' | 'get'>;
  /** What is said of directories by the configuration, by their names. */
  routes: ReadonlyMap<string, Pick<Route, 'realms'> & Whose>;
  /** Names of the configured networks that an address belongs to. */
  networksOf(ip: string): readonly string[];
  /** Where what a door can't do is done. */
  issuer: string;
  /** Of whoever asks without a browser and names no language. */
  defaultLocale: string;
}
