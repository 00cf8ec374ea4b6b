export interface AuditEvent {
  event: string;
  account?: string;
  application?: string;
  ip?: string;
  userAgent?: string;
  reference?: string;
  [fact: string]: unknown;
}

export interface AuditPort {
  /** Durable before it returns: for what changes security. */
  commit(event: AuditEvent): Promise<void>;
  /** Written off the request's path. */
  note(event: AuditEvent): void;
}
