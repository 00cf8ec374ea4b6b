import type { Account } from '../core/account.ts';

/** Accounts remembered at most. */
const MOST = 20_000;

/** Whose an account is: what never changes about it. */
type Home = Pick<Account, 'directory' | 'directoryKey'>;

/** Where a process has seen accounts to be at home, so that who is behind one can be asked for while it is still being read. */
export function createHomes() {
  const homes = new Map<string, Home>();
  return {
    of: (id: string): Home | undefined => homes.get(id),
    remember({ id, directory, directoryKey }: Account): void {
      if (homes.has(id)) return;
      if (homes.size >= MOST) homes.clear();
      homes.set(id, { directory, directoryKey });
    },
  };
}

export const isHome = (home: Home, { directory, directoryKey }: Account): boolean =>
  home.directory === directory && home.directoryKey === directoryKey;
