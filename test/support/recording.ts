import type { AuditEvent, AuditPort, LogPort } from '../../src/core/door.ts';

/** A log that keeps what it is told, by level. */
export function recordingLog() {
  const lines: { level: string; fields: object; message: string }[] = [];
  const at = (level: string) => (fields: object, message: string) => void lines.push({ level, fields, message });
  const log: LogPort = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  return { log, lines };
}

/** An audit that keeps events in the order told. */
export function recordingAudit() {
  const events: AuditEvent[] = [];
  const audit: AuditPort = {
    commit: async (event) => void events.push(event),
    note: (event) => void events.push(event),
  };
  return { audit, events };
}
