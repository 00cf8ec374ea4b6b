import type { AuditPort } from '../core/door.ts';
import type { DurableStore } from '../core/store.ts';

export interface ReportsNeeds {
  now(): number;
  random(bytes: number): Uint8Array;
  durable: DurableStore;
  audit: AuditPort;
}
