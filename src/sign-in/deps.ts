import type { Application } from '../core/application.ts';
import type { AcrTable } from '../core/assurance.ts';
import type { Directory } from '../core/directory.ts';
import type { AuditPort, LogPort } from '../core/door.ts';
import type { Factor, FactorModule } from '../core/factor.ts';
import type { SignInWith } from '../core/logins.ts';
import type { Rule, Suggestion } from '../core/policy.ts';
import type { Sealer } from '../core/seal.ts';
import type { DurableStore, EphemeralStore } from '../core/store.ts';
import type { Strangers } from '../core/strangers.ts';
import type { HelpDeskSettings } from './help-desk/scope.ts';
import type { PasswordPolicy } from './password-rules.ts';

export interface EnabledFactor {
  module: FactorModule;
  factor: Factor;
}

/** Everything that the journey is given; the composition root makes it. Durations in milliseconds. */
export interface SignInDeps {
  now(): number;
  random(bytes: number): Uint8Array;
  ephemeral: EphemeralStore;
  strangers: Strangers;
  durable: DurableStore;
  sealer: Sealer;
  audit: AuditPort;
  log: LogPort;
  /** In the configuration's order: the first that can begin a sign-in does. */
  factors: ReadonlyMap<string, EnabledFactor>;
  directories: ReadonlyMap<string, Directory>;
  applications: ReadonlyMap<string, Application>;
  rules: readonly Rule[];
  suggestions: readonly Suggestion[];
  acr: AcrTable;
  sessions: { lifetime: number; idle: number };
  trustedDevices: { lifetime: number };
  /** Absent: there is no help desk. */
  helpDesk?: HelpDeskSettings;
  passwordPolicy: PasswordPolicy;
  /** Ends sessions and grants of an account, everywhere, but for one session. */
  endSessions(account: string, except?: string): Promise<void>;
  /** Ends the account's grants that rest on a credential, with their tokens. */
  endGrants(account: string, credential: string): Promise<void>;
  signInWith: SignInWith;
  /** `inARow`: failures after which something is looked at no more, until it is released. */
  lockout: { failures: number; duration: number; inARow: number; perAddress: { failures: number; window: number } };
}
