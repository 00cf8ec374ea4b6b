import type { EphemeralStore } from '../../core/store.ts';

type Topics = Pick<EphemeralStore, 'publish' | 'subscribe'>;

/** One process owns the file: whoever listens is in it. */
export function createTopics(guarded: <T>(work: () => T) => Promise<T>): Topics {
  const listening = new Map<string, Set<() => void>>();
  return {
    publish: (topic) =>
      guarded(() => {
        for (const listener of [...(listening.get(topic) ?? [])]) listener();
      }),
    subscribe: (topic, listener) =>
      guarded(() => {
        const listeners = listening.get(topic) ?? new Set();
        // Its own entry, so that one listener given twice is called twice and ends twice.
        const own = () => listener();
        listening.set(topic, listeners.add(own));
        return () => {
          listeners.delete(own);
          if (listeners.size === 0 && listening.get(topic) === listeners) listening.delete(topic);
        };
      }),
  };
}
