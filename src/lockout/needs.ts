import type { AuditPort } from '../core/door.ts';
import type { DurableStore, EphemeralStore } from '../core/store.ts';

/** Durations in milliseconds. */
export interface LockoutSettings {
  failures: number;
  duration: number;
  /** Failures after which something is looked at no more, until it is released. */
  inARow: number;
  perAddress: { failures: number; window: number };
}

/** What a directory allows of wrong passwords altogether. */
export interface Bound {
  failures: number;
  /** How long it counts one, milliseconds. */
  window: number;
}

export interface LockoutNeeds {
  now(): number;
  random(bytes: number): Uint8Array;
  ephemeral: EphemeralStore;
  durable: Pick<DurableStore, 'failures' | 'state'>;
  audit: Pick<AuditPort, 'commit'>;
  lockout: LockoutSettings;
  /** The strictest of the directories' own, where answers to this factor reach them. */
  bound?(factor: string): Promise<Bound | undefined>;
}
