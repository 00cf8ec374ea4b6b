/**
 * Keeps what was made, by key. Once it holds `most`, all is dropped: to know which is the oldest would cost more than
 * it saves.
 */
export function createMemo<K, V extends NonNullable<unknown>>(most: number): (key: K, make: (key: K) => V) => V {
  const kept = new Map<K, V>();
  return (key, make) => {
    const known = kept.get(key);
    if (known !== undefined) return known;
    const made = make(key);
    if (kept.size >= most) kept.clear();
    kept.set(key, made);
    return made;
  };
}
