import type { StatePort } from '../../src/core/factor-ports.ts';

/** Small values with compare-and-set, in memory. */
export function memoryState(): StatePort {
  const kept = new Map<string, { value: string; version: number }>();
  return {
    get: async (key) => kept.get(key),
    async set(key, value, version) {
      if ((kept.get(key)?.version ?? 0) !== version) return false;
      kept.set(key, { value, version: version + 1 });
      return true;
    },
  };
}
