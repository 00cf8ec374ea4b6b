import type { EphemeralStore } from '../../../../core/store.ts';

type Needed = Pick<EphemeralStore, 'get' | 'set' | 'add' | 'swap' | 'take' | 'addMember' | 'members'>;

/** What single logout needs of an ephemeral store, in memory; expiry by the clock given. */
export function memoryStore(now: () => number): Needed & { keys(): string[]; values(): string[] } {
  const entries = new Map<string, { value: string; until: number }>();
  const live = (key: string) => {
    const found = entries.get(key);
    return found && found.until > now() ? found : undefined;
  };
  return {
    keys: () => [...entries.keys()],
    values: () => [...entries.values()].map(({ value }) => value),
    get: async (key) => live(key)?.value,
    async set(key, value, ttl) {
      entries.set(key, { value, until: now() + ttl });
    },
    async addMember(key, member, ttl) {
      const members = new Set<string>(JSON.parse(live(key)?.value ?? '[]'));
      entries.set(key, { value: JSON.stringify([...members.add(member)]), until: now() + ttl });
    },
    members: async (key) => JSON.parse(live(key)?.value ?? '[]'),
    async add(key, value, ttl) {
      if (live(key)) return false;
      entries.set(key, { value, until: now() + ttl });
      return true;
    },
    async swap(key, expected, value, ttl) {
      const found = live(key);
      if (found?.value !== expected) return false;
      entries.set(key, { value, until: ttl === undefined ? found.until : now() + ttl });
      return true;
    },
    async take(key) {
      const found = live(key);
      entries.delete(key);
      return found?.value;
    },
  };
}
