import type { AuditPort } from '../core/door.ts';
import type { EnabledFactors } from '../core/enabled-factor.ts';
import type { Sealer } from '../core/seal.ts';
import type { EphemeralStore } from '../core/store.ts';
import type { Strangers } from '../core/strangers.ts';

export interface SignInNeeds {
  now(): number;
  random(bytes: number): Uint8Array;
  ephemeral: EphemeralStore;
  strangers: Strangers;
  sealer: Sealer;
  audit: AuditPort;
  factors: EnabledFactors;
}
