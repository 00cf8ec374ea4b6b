import type { AuditEvent, AuditPort } from '../core/door.ts';

/**
 * Hears of an event once the audit has it. Of a committed one it is awaited before the caller goes on; of a noted one
 * it isn't, and mustn't reject.
 */
export type AuditListener = (event: AuditEvent, how: 'committed' | 'noted') => void | Promise<void>;

export interface ListenedAudit extends AuditPort {
  /** They hear in the order in which they came, until the function answered is called. */
  listen(listener: AuditListener): () => void;
}

/** The same audit, which others may hear. */
export function listened(audit: AuditPort): ListenedAudit {
  const listeners = new Set<AuditListener>();
  return {
    async commit(event) {
      await audit.commit(event);
      for (const hear of [...listeners]) await hear(event, 'committed');
    },
    note(event) {
      audit.note(event);
      for (const hear of listeners) void hear(event, 'noted');
    },
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
