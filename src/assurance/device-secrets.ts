/** How long a superseded secret may still arrive: requests were under way. Milliseconds. */
const GRACE = 60_000;
/**
 * After how long a successor that wasn't presented counts as lost. A request with the old secret that arrives now
 * was sent at most a grace ago, and the answer with the successor took at most a grace: sooner, that answer could
 * still overtake another one, and the browser would end with a secret that is superseded already.
 */
const LOST = 2 * GRACE;
/** Answers with a new secret that got lost, at most, before the oldest of them counts as superseded. */
const MOST_ISSUED = 4;

/** Superseded secrets that are kept, at most: whoever presents each new one at once makes no more of them. */
const MOST_RETIRED = 8;

/** The secrets of one device cookie, all as hashes. */
export interface Secrets {
  /** The newest one that the browser has shown. */
  held: string;
  /** Successors sent to it and not seen yet: an answer may have been lost. */
  issued: { hash: string; at: number }[];
  /** Superseded less than the grace ago. Older ones aren't kept: whatever is unknown is stale. */
  retired: { hash: string; at: number }[];
}

/**
 * What a presented secret is: `good`, `late` (superseded, but its request may have been under way), or
 * `stale`: it was superseded long ago and comes back, or it never was one.
 */
export function present(secrets: Secrets, hash: string, now: number): 'good' | 'late' | 'stale' {
  if (hash === secrets.held || secrets.issued.some((it) => it.hash === hash)) return 'good';
  const retired = secrets.retired.find((it) => it.hash === hash);
  return retired && now - retired.at <= GRACE ? 'late' : 'stale';
}

/**
 * The secrets after `hash` was presented and `successor` sent in answer. A secret stays good until its
 * successor has been presented. Undefined where no successor is due: one is on its way already, or there were so
 * many just now that the record would grow.
 */
export function successorOf(secrets: Secrets, hash: string, successor: string, now: number): Secrets | undefined {
  const retired = secrets.retired.filter((it) => now - it.at <= GRACE);
  if (retired.length >= MOST_RETIRED) return undefined;
  if (hash === secrets.held) {
    const newest = secrets.issued.at(-1);
    if (newest && now - newest.at <= LOST) return undefined;
    const issued = [...secrets.issued, { hash: successor, at: now }];
    const lost = issued.splice(0, Math.max(0, issued.length - MOST_ISSUED));
    return { held: hash, issued, retired: [...retired, ...lost.map((it) => ({ hash: it.hash, at: now }))] };
  }
  if (!secrets.issued.some((it) => it.hash === hash)) return undefined;
  const superseded = [secrets.held, ...secrets.issued.map((it) => it.hash).filter((it) => it !== hash)];
  return {
    held: hash,
    issued: [{ hash: successor, at: now }],
    retired: [...retired, ...superseded.map((it) => ({ hash: it, at: now }))],
  };
}
