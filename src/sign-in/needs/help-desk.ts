import type { Directory } from '../../core/directory.ts';
import type { AuditPort } from '../../core/door.ts';
import type { EnabledFactors } from '../../core/enabled-factor.ts';
import type { DurableStore } from '../../core/store.ts';
import type { HelpDeskSettings } from '../help-desk/scope.ts';

export interface HelpDeskNeeds {
  now(): number;
  durable: DurableStore;
  audit: AuditPort;
  factors: EnabledFactors;
  directories: ReadonlyMap<string, Directory>;
  /** Absent: there is no help desk. */
  helpDesk?: HelpDeskSettings;
  /** Ends sessions and grants of an account, everywhere, but for one session. */
  endSessions(account: string, except?: string): Promise<void>;
}
