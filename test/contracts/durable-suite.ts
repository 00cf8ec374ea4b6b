import { accountSuite } from './durable/accounts.ts';
import { countSuite } from './durable/counts.ts';
import { credentialSuite } from './durable/credentials.ts';
import { auditSuite, clockSuite, consentSuite, keySuite, stateSuite } from './durable/proceedings.ts';
import { recordSuite, sealedSuite } from './durable/records.ts';
import type { DurableSubject } from './durable/subject.ts';

export type { DurableSubject };

export function durableSuite(subject: DurableSubject): void {
  accountSuite(subject);
  credentialSuite(subject);
  consentSuite(subject);
  auditSuite(subject);
  clockSuite(subject);
  countSuite(subject);
  keySuite(subject);
  stateSuite(subject);
  recordSuite(subject);
  sealedSuite(subject);
}
