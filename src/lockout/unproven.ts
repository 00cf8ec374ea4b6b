import type { AuditEvent, AuditPort } from '../core/door.ts';
import { budgetKey } from '../policy/index.ts';

/** Entries of one address in one window; a person who gets everything wrong makes some twenty. */
const MOST = 300;
const WINDOW = 600_000;
/** Addresses that are counted at once: of more, those that came first begin anew. */
const ADDRESSES = 10_000;

/** Of an account, but caused by whoever names it. */
const OF_STRANGERS: ReadonlySet<string> = new Set(['sign-in.refused', 'sign-in.locked']);

/**
 * What strangers do is audited, but not as often as they please: the audit lasts, and isn't theirs to fill. Beyond so
 * many of one address a single entry says that there are more; the metrics count all of them.
 */
export function boundUnproven(audit: AuditPort, now: () => number): AuditPort {
  const counts = new Map<string, { since: number; count: number }>();

  function countOf(ip: string): number {
    const key = budgetKey(ip);
    const at = now();
    const before = counts.get(key);
    const found = before && at - before.since < WINDOW ? before : { since: at, count: 0 };
    found.count += 1;
    if (found !== before) {
      // Last in, last out: a Map keeps the order in which keys came.
      counts.delete(key);
      counts.set(key, found);
      const [oldest] = counts.keys();
      if (counts.size > ADDRESSES && oldest !== undefined) counts.delete(oldest);
    }
    return found.count;
  }

  return {
    commit: (event) => audit.commit(event),
    note(event) {
      const count = isOfStrangers(event) ? countOf(event.ip ?? '') : 0;
      if (count <= MOST) audit.note(event);
      else if (count === MOST + 1) audit.note({ event: 'strangers.unaudited', ip: event.ip ?? '' });
    },
  };
}

function isOfStrangers({ event, account, ip }: AuditEvent): boolean {
  return ip !== undefined && (account === undefined || OF_STRANGERS.has(event));
}
