import type { Alone, DataRecord, RecordStore } from '../../core/store.ts';

/** A record store in memory, for tests: the same answers as a durable one. */
export function createMemoryRecords(): RecordStore {
  const records = new Map<string, DataRecord>();
  const keysOf = new Map<string, readonly string[]>();
  const byLookup = (lookup: string) => [...records.values()].find((record) => record.lookup === lookup);
  const isAlone = (id: string, { lookups = [], keys = [] }: Alone = {}) =>
    ![...records.values()].some(
      (other) =>
        other.id !== id &&
        (lookups.includes(other.lookup ?? '') || keysOf.get(other.id)?.some((key) => keys.includes(key))),
    );
  return {
    get: async (id) => records.get(id),
    byLookup: async (lookup) => byLookup(lookup),
    byKey: async (key, limit) =>
      [...records.values()].filter(({ id }) => keysOf.get(id)?.includes(key)).slice(0, limit),
    async insert({ keys = [], alone, ...record }) {
      if (!isAlone(record.id, alone)) return false;
      if (records.has(record.id) || (record.lookup !== undefined && byLookup(record.lookup))) return false;
      records.set(record.id, { ...record, version: 1 });
      keysOf.set(record.id, keys);
      return true;
    },
    async update(id, version, data, { keys, lookup, alone } = {}) {
      const record = records.get(id);
      if (record?.version !== version) return false;
      if (!isAlone(id, alone) || (lookup !== undefined && (byLookup(lookup)?.id ?? id) !== id)) return false;
      records.set(id, { ...record, data, version: version + 1, ...(lookup !== undefined && { lookup }) });
      if (keys) keysOf.set(id, keys);
      return true;
    },
    remove: async (id) => records.delete(id),
    async list({ after = '', limit }) {
      const ids = [...records.keys()].sort().filter((id) => id > after);
      return ids.slice(0, limit).flatMap((id) => records.get(id) ?? []);
    },
  };
}

/** Answers as if the store were away. */
export function createAbsentRecords(error: Error): RecordStore {
  const fail = async () => {
    throw error;
  };
  return { get: fail, byLookup: fail, byKey: fail, insert: fail, update: fail, remove: fail, list: fail };
}
