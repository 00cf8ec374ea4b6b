import type { Application } from '../core/application.ts';
import type { AcrTable } from '../core/assurance.ts';
import type { Directory } from '../core/directory.ts';
import type { AuditPort } from '../core/door.ts';
import type { EnabledFactors } from '../core/enabled-factor.ts';
import type { Rule } from '../core/policy.ts';
import type { EphemeralStore } from '../core/store.ts';

export interface AssuranceNeeds {
  now(): number;
  random(bytes: number): Uint8Array;
  ephemeral: EphemeralStore;
  audit: AuditPort;
  factors: EnabledFactors;
  directories: ReadonlyMap<string, Pick<Directory, 'byKey' | 'redirects' | 'passwordless'>>;
  applications: ReadonlyMap<string, Application>;
  rules: readonly Rule[];
  acr: AcrTable;
  /** How long a device is remembered at most, milliseconds. */
  trustedDevices: { lifetime: number };
}
