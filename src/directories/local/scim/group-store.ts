import { z } from 'zod';
import { foldName } from '../../../core/logins.ts';
import type { DataRecord, RecordStore } from '../../../core/store.ts';
import { allOf } from '../pages.ts';

/** A group of people, as a resource: its members are the people who have its name among their groups. */
const storedGroup = z.looseObject({
  displayName: z.string(),
  externalIds: z.array(z.object({ client: z.string(), id: z.string() })).optional(),
  createdAt: z.int(),
  updatedAt: z.int(),
});
export type StoredGroup = z.infer<typeof storedGroup>;

export interface FoundGroup {
  key: string;
  group: StoredGroup;
  version: number;
}

export interface GroupStore {
  get(key: string): Promise<FoundGroup | undefined>;
  byName(name: string): Promise<FoundGroup | undefined>;
  /** False when the name is taken. */
  insert(key: string, group: StoredGroup): Promise<boolean>;
  /** Compare-and-set: false when someone else was faster, or has the name. */
  replace(found: FoundGroup, group: StoredGroup): Promise<boolean>;
  remove(found: FoundGroup): Promise<boolean>;
  all(): AsyncGenerator<FoundGroup>;
}

function read(record: DataRecord | undefined): FoundGroup | undefined {
  return record && { key: record.id, group: storedGroup.parse(JSON.parse(record.data)), version: record.version };
}

export function createGroups(records: RecordStore): GroupStore {
  return {
    get: async (key) => read(await records.get(key)),
    async byName(name) {
      const lookup = foldName(name);
      return lookup === undefined ? undefined : read(await records.byLookup(lookup));
    },
    async insert(key, group) {
      const lookup = foldName(group.displayName);
      return lookup !== undefined && records.insert({ id: key, lookup, data: JSON.stringify(group) });
    },
    async replace({ key, version, group: before }, group) {
      const lookup = foldName(group.displayName);
      const renamed = lookup === foldName(before.displayName) ? undefined : lookup;
      return records.update(key, version, JSON.stringify(group), { lookup: renamed });
    },
    remove: ({ key, version }) => records.remove(key, version),
    async *all() {
      for await (const record of allOf(records)) {
        const found = read(record);
        if (found) yield found;
      }
    },
  };
}
