import { formerKey } from '../core/keys.ts';
import type { EphemeralStore } from '../core/store.ts';

/**
 * The store, in which what an earlier version kept is found by its former key. It stays where it is until it ends, so
 * that each lies at one key at any moment: whatever may happen once still does.
 */
export function withFormerKeys(store: EphemeralStore): EphemeralStore {
  const all = (keys: readonly string[]) => keys.flatMap((key) => [key, formerKey(key) ?? []].flat());
  async function getMany(keys: readonly string[]): Promise<(string | undefined)[]> {
    const found = new Map<string, string | undefined>();
    const asked = all(keys);
    for (const [at, value] of (await store.getMany(asked)).entries()) found.set(asked[at] ?? '', value);
    return keys.map((key) => found.get(key) ?? found.get(formerKey(key) ?? ''));
  }
  return {
    ...store,
    getMany,
    async get(key) {
      const former = formerKey(key);
      return (await store.get(key)) ?? (former === undefined ? undefined : store.get(former));
    },
    async add(key, value, ttl) {
      const former = formerKey(key);
      if (former !== undefined && (await store.get(former)) !== undefined) return false;
      return store.add(key, value, ttl);
    },
    async swap(key, expected, value, ttl) {
      const former = formerKey(key);
      if (await store.swap(key, expected, value, ttl)) return true;
      return former !== undefined && store.swap(former, expected, value, ttl);
    },
    async take(key) {
      const former = formerKey(key);
      return (await store.take(key)) ?? (former === undefined ? undefined : store.take(former));
    },
    delete: (...keys) => store.delete(...all(keys)),
    async expire(key, ttl) {
      const former = formerKey(key);
      return (await store.expire(key, ttl)) || (former !== undefined && store.expire(former, ttl));
    },
    release: (...keys) => store.release(...all(keys)),
  };
}
