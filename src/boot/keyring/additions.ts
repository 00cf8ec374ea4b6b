import type { DurableStore, StoredKey } from '../../core/store.ts';

/** What came of adding a key; `overtaken`: another node added one in this moment. */
export type Addition = StoredKey | 'unwanted' | 'overtaken';

export interface Adding {
  purpose: string;
  algorithm: string;
  /** Looks at the keys of this purpose and algorithm, oldest first. */
  wanted(present: readonly StoredKey[]): boolean;
  make(): Promise<StoredKey>;
}

/** As the state keeps it. */
export const keyFrom = (text: string): StoredKey => JSON.parse(text) as StoredKey;

/**
 * Adds a key, of any number of nodes that try at once on one alone. The state's compare-and-set decides, and
 * keeps the whole key: if its node ends before the key is in its table, the next one to look puts it there.
 */
export async function addKey(durable: Pick<DurableStore, 'keys' | 'state'>, adding: Adding): Promise<Addition> {
  const { purpose, algorithm } = adding;
  const state = durable.state('keyring');
  const slot = `${purpose}:${algorithm}`;
  const last = await state.get(slot);
  if (last !== undefined) await durable.keys.insert(keyFrom(last.value));
  const present = (await durable.keys.list(purpose)).filter((key) => key.algorithm === algorithm);
  if (!adding.wanted(present)) return 'unwanted';
  const key = await adding.make();
  if (!(await state.set(slot, JSON.stringify(key), last?.version ?? 0))) return 'overtaken';
  await durable.keys.insert(key);
  return key;
}

/** As `addKey`, until there is a key: one's own or another node's. */
export async function addUnlessOvertaken(
  durable: Pick<DurableStore, 'keys' | 'state'>,
  adding: Adding,
): Promise<StoredKey | undefined> {
  for (;;) {
    const added = await addKey(durable, adding);
    if (added !== 'overtaken') return added === 'unwanted' ? undefined : added;
  }
}
