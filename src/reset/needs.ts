import type { ContactRules } from '../accounts/contact-addresses.ts';
import type { Directory } from '../core/directory.ts';
import type { AuditPort, LogPort } from '../core/door.ts';
import type { EnabledFactors } from '../core/enabled-factor.ts';
import type { Post } from '../core/post.ts';
import type { Sealer } from '../core/seal.ts';
import type { DurableStore, EphemeralStore } from '../core/store.ts';
import type { Strangers } from '../core/strangers.ts';

/** Durations in milliseconds. */
export interface ResetSettings {
  /** Where a forgotten password is replaced: here, at an address elsewhere, or nowhere. */
  at: 'here' | { url: string } | 'nowhere';
  /** Where passwords of a directory are changed that doesn't let us: by the directory's name. */
  elsewhere: ReadonlyMap<string, string>;
  contacts: ContactRules;
  /** In an hour. */
  perHour: { address: number; installation: number; messages: number };
  human: { free: number; bits: number; pause: number };
}

/** Of what people know: dear to compute, and a bounded number at once. Both throw OverloadedError when too many wait. */
export interface SlowHash {
  hash(text: string): Promise<string>;
  /** Without a hash it does the same work, and answers false. */
  matches(made: string | undefined, text: string): Promise<boolean>;
}

export interface ResetNeeds {
  now(): number;
  random(bytes: number): Uint8Array;
  durable: DurableStore;
  ephemeral: EphemeralStore;
  sealer: Sealer;
  strangers: Strangers;
  audit: AuditPort;
  log: LogPort;
  factors: EnabledFactors;
  directories: ReadonlyMap<string, Directory>;
  post: Post;
  hashing: SlowHash;
  /** For addresses in messages: never what a request said. */
  issuer: string;
  reset: ResetSettings;
  /** Key of what is handed out and comes back unchanged, 32 bytes; each checks, the first makes. */
  macKeys: readonly Uint8Array[];
}
