import type { Accounts } from '../accounts/accounts.ts';
import type { Credentials } from '../accounts/credentials.ts';
import type { Holds } from '../accounts/holds.ts';
import type { Logins } from '../accounts/logins.ts';
import type { TrustedDevices } from '../assurance/trusted-devices.ts';
import type { Directory } from '../core/directory.ts';
import type { AuditPort } from '../core/door.ts';
import type { EnabledFactors } from '../core/enabled-factor.ts';
import type { DurableStore } from '../core/store.ts';
import type { Attempts } from '../lockout/attempts.ts';
import type { EndEverything } from '../methods/ending.ts';
import type { Issuing } from '../methods/issuing.ts';
import type { Methods } from '../methods/methods.ts';
import type { Reports } from '../reports/reports.ts';
import type { HelpDeskSettings } from './scope.ts';

export interface HelpDeskNeeds {
  now(): number;
  durable: DurableStore;
  audit: AuditPort;
  factors: EnabledFactors;
  directories: ReadonlyMap<string, Directory>;
  /** Absent: there is no help desk. */
  helpDesk?: HelpDeskSettings;
}

export interface HelpDeskParts {
  accounts: Accounts;
  attempts: Attempts;
  credentials: Credentials;
  devices: TrustedDevices;
  endEverything: EndEverything;
  holds: Holds;
  issuing: Issuing;
  logins: Logins;
  methods: Methods;
  reports: Reports;
}
