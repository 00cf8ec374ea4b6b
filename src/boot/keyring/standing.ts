import type { StoredKey } from '../../core/store.ts';

/** How a key stands at a moment: published ahead, signing, published while what it signed may live, or gone. */
export type Standing =
  | { key: StoredKey; state: 'next' | 'signing' }
  | { key: StoredKey; state: 'kept'; until: number }
  /** `at`: when it went, or should have gone, if nobody has marked it yet. */
  | { key: StoredKey; state: 'retired'; at: number };

const before = (a: StoredKey, b: StoredKey): number =>
  a.activeFrom - b.activeFrom || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/**
 * Every key of one purpose, oldest first. Of each algorithm the one with the latest `activeFrom` that has come
 * signs (of equal ones the greater id), so that all nodes choose alike; those before it are kept until
 * `keeps` after their successor began. Times are epoch milliseconds.
 */
export function standingOf(keys: readonly StoredKey[], keeps: number, now: number): Standing[] {
  return [...Map.groupBy(keys, ({ algorithm }) => algorithm).values()].flatMap((group) =>
    ofAlgorithm(group.toSorted(before), keeps, now),
  );
}

function ofAlgorithm(keys: readonly StoredKey[], keeps: number, now: number): Standing[] {
  const usable = keys.filter(({ retiredAt }) => retiredAt === undefined);
  // With a clock that was set back none may have begun: then the first to begin signs all the same.
  const signing = usable.findLast(({ activeFrom }) => activeFrom <= now) ?? usable[0];
  return keys.map((key): Standing => {
    if (key.retiredAt !== undefined) return { key, state: 'retired', at: key.retiredAt };
    if (key === signing) return { key, state: 'signing' };
    if (key.activeFrom > now) return { key, state: 'next' };
    // One that was taken out since doesn't count: its predecessor signed again, until the next that stayed.
    const successor = usable.find((candidate) => before(candidate, key) > 0);
    const until = (successor?.activeFrom ?? now) + keeps;
    return until > now ? { key, state: 'kept', until } : { key, state: 'retired', at: until };
  });
}

/** The next moment at which a key stands otherwise; infinity where nothing is planned. */
export function nextMoment(standings: readonly Standing[]): number {
  const moments = standings.flatMap((standing) => {
    if (standing.state === 'next') return [standing.key.activeFrom];
    return standing.state === 'kept' ? [standing.until] : [];
  });
  return Math.min(Number.POSITIVE_INFINITY, ...moments);
}
