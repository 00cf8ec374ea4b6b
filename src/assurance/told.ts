import type { AuditEvent, AuditPort } from '../core/door.ts';

/** How soon the same is told again, milliseconds. */
const TOLD = 60_000;
/** What is remembered of what was told. */
const MOST = 10_000;

/** Has the audit know, before it is so, what each of many requests would tell: once a minute for each. */
export function createTold({ now, audit }: { now(): number; audit: Pick<AuditPort, 'commit'> }) {
  const told = new Map<string, number>();
  return async (what: readonly string[], event: () => AuditEvent): Promise<void> => {
    const key = JSON.stringify(what);
    if (now() - (told.get(key) ?? Number.NEGATIVE_INFINITY) < TOLD) return;
    await audit.commit(event());
    if (told.size >= MOST) told.clear();
    told.set(key, now());
  };
}
