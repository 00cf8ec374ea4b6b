import type { DataRecord, RecordStore } from '../../../../core/store.ts';

/** Records as the durable store keeps them: each call is a turn of its own, and changes are by compare-and-set. */
export function memoryRecords(): RecordStore & { rows: Map<string, DataRecord> } {
  const rows = new Map<string, DataRecord>();
  const turn = async <T>(work: () => T): Promise<T> => {
    await Promise.resolve();
    return work();
  };
  return {
    rows,
    get: (id) => turn(() => rows.get(id)),
    byLookup: (lookup) => turn(() => [...rows.values()].find((row) => row.lookup === lookup)),
    byKey: () => turn(() => []),
    insert: ({ keys: _, ...record }) =>
      turn(() => {
        if (rows.has(record.id)) return false;
        rows.set(record.id, { ...record, version: 1 });
        return true;
      }),
    update: (id, version, data) =>
      turn(() => {
        const row = rows.get(id);
        if (row?.version !== version) return false;
        rows.set(id, { ...row, data, version: version + 1 });
        return true;
      }),
    remove: (id) => turn(() => rows.delete(id)),
    list: ({ after = '', limit }) =>
      turn(() =>
        [...rows.values()]
          .filter(({ id }) => id > after)
          .sort((a, b) => (a.id < b.id ? -1 : 1))
          .slice(0, limit),
      ),
  };
}
