import type { Directory } from '../core/directory.ts';
import type { AuditPort, LogPort } from '../core/door.ts';
import type { EnabledFactors } from '../core/enabled-factor.ts';
import type { Campaign, Suggestion } from '../core/policy.ts';
import type { Sealer } from '../core/seal.ts';
import type { DurableStore, EphemeralStore } from '../core/store.ts';

export interface MethodsNeeds {
  now(): number;
  random(bytes: number): Uint8Array;
  ephemeral: EphemeralStore;
  durable: DurableStore;
  sealer: Sealer;
  audit: AuditPort;
  log: LogPort;
  factors: EnabledFactors;
  directories: ReadonlyMap<string, Directory>;
  suggestions: readonly Suggestion[];
  campaigns: readonly Campaign[];
  /** Ends sessions and grants of an account, everywhere, but for one session. */
  endSessions(account: string, except?: string): Promise<void>;
  /** The account's sessions, and those of them that are ended: with their applications, which are told. */
  sessionsOf(account: string): Promise<readonly { session: string }[]>;
  endSome(account: string, sessions: readonly string[]): Promise<unknown>;
  /** Ends the account's grants that rest on a credential, with their tokens. */
  endGrants(account: string, credential: string): Promise<void>;
}
