/**
 * What happened, in a chain that shows when something is missing from it. It needs the durable store and a clock; it
 * gives the port that everybody tells their events, and that others may hear.
 */
export { type Audit, type AuditDeps, createAudit } from './audit.ts';
export { type AuditListener, type ListenedAudit, listened } from './listened.ts';
export type { Held } from './writer.ts';
