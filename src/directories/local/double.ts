import type { DataRecord, RecordStore } from '../../core/store.ts';

/** A record store in memory, for tests: the same answers as a durable one. */
export function createMemoryRecords(): RecordStore {
  const records = new Map<string, DataRecord>();
  const byLookup = (lookup: string) => [...records.values()].find((record) => record.lookup === lookup);
  return {
    get: async (id) => records.get(id),
    byLookup: async (lookup) => byLookup(lookup),
    async insert(record) {
      if (records.has(record.id) || (record.lookup !== undefined && byLookup(record.lookup))) return false;
      records.set(record.id, { ...record, version: 1 });
      return true;
    },
    async update(id, version, data) {
      const record = records.get(id);
      if (record?.version !== version) return false;
      records.set(id, { ...record, data, version: version + 1 });
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
  return { get: fail, byLookup: fail, insert: fail, update: fail, remove: fail, list: fail };
}
