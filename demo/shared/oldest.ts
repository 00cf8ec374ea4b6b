/** Drops what was put in first, until there are `most` left: nothing kept in memory grows without end. */
export function dropOldest<K>(kept: Map<K, unknown> | Set<K>, most: number): void {
  for (const key of kept.keys()) {
    if (kept.size <= most) return;
    kept.delete(key);
  }
}
