import type { Lasting } from '../../../core/store.ts';
import { slotOf } from '../slots.ts';
import { createRecords } from './records.ts';
import { createSuccession } from './succession.ts';

export interface BackingOptions {
  lasting: Lasting;
  prefix: string;
  /** Its keys lie in slots; elsewhere all lie together. */
  cluster: boolean;
  now(): number;
  tell(detail: string): void;
}

/** What one group of servers has in the durable store, and where its keys lie. */
export function createBacking({ lasting, prefix, cluster, now, tell }: BackingOptions) {
  const group = `${cluster ? 'cluster' : 'primary'}:${prefix}`;
  return {
    succession: createSuccession(lasting, group),
    records: createRecords(lasting, group, now),
    now,
    tell,
    slotOf: cluster ? slotOf : () => 0,
    markOf: cluster ? (slot: number) => `${prefix}carried:{${tagOf(slot)}}` : () => `${prefix}carried`,
  };
}

export type Backing = ReturnType<typeof createBacking>;

const tags = new Map<number, string>();
let tried = 0;

/** A hash tag that leads to the slot. */
function tagOf(slot: number): string {
  for (; !tags.has(slot); tried += 1) {
    const tag = String(tried);
    if (!tags.has(slotOf(tag))) tags.set(slotOf(tag), tag);
  }
  return tags.get(slot) ?? '';
}
