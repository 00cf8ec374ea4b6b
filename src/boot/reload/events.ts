import type { AuditEvent } from '../../core/door.ts';
import type { By } from './rounds.ts';

/** Lines that the audit keeps of one event. */
const KEPT = 50;

/** What the chain of a node is told that has changed over. `askedAt`: the node where it was asked for. */
export function reloaded({
  by,
  askedAt,
  changes,
}: {
  by: By;
  askedAt: string;
  changes: readonly string[];
}): AuditEvent {
  const more = changes.length > KEPT ? [`… ${changes.length - KEPT} more`] : [];
  return { event: 'config.reloaded', by, askedAt, changes: [...changes.slice(0, KEPT), ...more] };
}

/** And the one of the node where it was asked for, where nothing changed. */
export const refused = (by: By, reasons: readonly string[]): AuditEvent => ({
  ...{ event: 'config.refused', by },
  reasons: reasons.slice(0, KEPT),
});
