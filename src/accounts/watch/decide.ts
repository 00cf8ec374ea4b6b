/** Whoever is missed is gone once they are missed again so much later, milliseconds: replicas may be behind. */
export const APART = 120_000;
/** What leaves within this long counts together, milliseconds: whatever goes wrong slowly goes wrong all the same. */
export const WINDOW = 86_400_000;
/** So many may always leave, however few there are. */
export const LEAST = 10;

/** Whom the directory was asked for and didn't have, by key: since when. */
export type Suspects = Readonly<Record<string, number>>;

export interface Searched {
  key: string;
  hit: boolean;
}

/**
 * Who is missed after searches that succeeded, and who is gone: missed by one search, and by another long enough after
 * it, with no hit between them. Whoever wasn't searched for stands as before.
 */
export function afterSearches(
  before: Suspects,
  searched: readonly Searched[],
  at: number,
): { suspects: Suspects; gone: string[] } {
  const suspects = new Map(Object.entries(before));
  const gone = new Set<string>();
  for (const { key, hit } of searched) {
    const since = suspects.get(key);
    if (hit) {
      suspects.delete(key);
      gone.delete(key);
    } else if (since === undefined) suspects.set(key, at);
    else if (at - since >= APART) gone.add(key);
  }
  return { suspects: Object.fromEntries(suspects), gone: [...gone] };
}

/** How many have left within the window that began then. */
export interface Recent {
  from: number;
  count: number;
}

export const recentAt = (recent: Recent, at: number): Recent =>
  at - recent.from >= WINDOW || at < recent.from ? { from: at, count: 0 } : recent;

export interface Proportions {
  /** Accounts that weren't out. */
  known: number;
  /** Those of them that would leave now, and that have left lately. */
  leaving: number;
  recent: number;
  /** Where everybody was looked at: people there, and how many there were the last time. */
  seen?: number | undefined;
  before?: number | undefined;
  /** Per cent of those known that may leave. */
  most: number;
  /** So many were shown to somebody who said that it is right. */
  confirmed?: number | undefined;
}

/** Whether it is likelier that the directory, or what is asked of it, has a mistake in it than that they all left. */
export function isFarFewer({ known, leaving, recent, seen, before, most, confirmed = 0 }: Proportions): boolean {
  if (leaving === 0 || leaving <= confirmed) return false;
  if (seen === 0) return true;
  if (seen !== undefined && before !== undefined && before > LEAST && seen < before / 2) return true;
  return leaving + recent > Math.max(LEAST, Math.ceil((known * most) / 100));
}
