import type { DurableStore, NewAccount, StoredCredential } from '../../../src/core/store.ts';

/** What the shared suite needs of an implementation. */
export interface DurableSubject {
  /** A store over an empty database of the running test's own, closed when it ends. */
  open(): Promise<DurableStore>;
  /** Closes the store and opens another over the same database. */
  reopen(store: DurableStore): Promise<DurableStore>;
}

export const PARALLEL = 100;
export const TIME = 1_795_000_000_000;

export const ada: NewAccount = {
  id: 'account-1',
  directory: 'local',
  directoryKey: 'key-1',
  username: 'ada',
  name: '愛達 · Ada “L” \u{1F6AA}',
  email: 'ada@example.edu',
  groups: ['staff', 'großes Rechenzentrum'],
  createdAt: TIME,
};

export const device: Omit<StoredCredential, 'version'> = {
  id: 'credential-1',
  account: ada.id,
  factor: 'key',
  name: '手機',
  sealed: '1.nonce.body',
  createdAt: TIME,
};

export function together<T>(work: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: PARALLEL }, (_, index) => work(index)));
}
