import type { CredentialKinds } from '../core/credential-kind.ts';
import type { Directory } from '../core/directory.ts';
import type { AuditPort, LogPort } from '../core/door.ts';
import type { Route, SignInWith } from '../core/logins.ts';
import type { Sealer } from '../core/seal.ts';
import type { DurableStore } from '../core/store.ts';
import type { PasswordRules } from './passwords/rule-book.ts';

export interface AccountsNeeds {
  now(): number;
  random(bytes: number): Uint8Array;
  durable: DurableStore;
  sealer: Sealer;
  audit: AuditPort;
  log: LogPort;
  /** Credentials of any other factor aren't seen. */
  kinds: CredentialKinds;
  /** In the order in which they are asked. */
  directories: ReadonlyMap<string, Directory>;
  /** Names that are for one of them alone, by its id. */
  routes: ReadonlyMap<string, Route>;
  signInWith: SignInWith;
  passwordRules: PasswordRules;
  /** How long an answer of a directory's about somebody isn't written anew, milliseconds; absent: none is kept. */
  seenFor?: number;
}
