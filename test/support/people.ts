import type { Account } from '../../src/core/account.ts';

/** An account that is called like its id; `known`: what matters of it besides. */
export function person(id: string, known: Partial<Account> = {}): Account {
  const about = { directory: 'local', directoryKey: id, username: id, name: id, groups: [] };
  return { id, ...about, createdAt: 0, revokedBefore: 0, generation: 0, countedTo: 0, version: 1, ...known };
}

export const ada: Account = person('ada', { name: 'Ada' });
