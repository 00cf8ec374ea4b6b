import type { Account, Credential } from './account.ts';
import type { AuditEvent } from './door.ts';
import type { StatePort } from './factor-ports.ts';
import type { IssueOptions, Shown } from './factor-powers.ts';
import type { Message } from './prompt.ts';
import type { Sealer } from './seal.ts';
import type { RecordStore } from './store.ts';

/** What a factor's commands work on: the accounts, and this factor's credentials and records. */
export interface FactorDesk<C = unknown> {
  /** By user name or mail address, as people type it. */
  account(login: string): Promise<Account | undefined>;
  /** By our own id. */
  accountById(id: string): Promise<Account | undefined>;
  credentials(account: Account): Promise<Credential<C>[]>;
  /** The new one's id, or why there is none (`too-many-methods`, `method-taken`); audited as `credential.added`. */
  add(account: Account, credential: { name: string; data: C; lookup?: readonly string[] }): Promise<string | Message>;
  /** With what rests on it; audited as `credential.removed`. False if it isn't there. */
  remove(account: Account, id: string): Promise<boolean>;
  /** Audited as `credential.issued` with `facts`, before anything is answered. */
  issue(account: Account, options: IssueOptions, facts?: Record<string, string | number>): Promise<Shown>;
  /** The factor's own records and values, the same as its ports'. */
  records: RecordStore;
  state: StatePort;
  sealer: Sealer;
  /** Durable before it returns; `by: 'cli'` is added. */
  audit(event: AuditEvent): Promise<void>;
  now(): number;
  random(bytes: number): Uint8Array;
}
