import type { Account } from '../core/account.ts';
import type { Person } from '../core/directory.ts';
import type { AccountsNeeds } from './needs.ts';

/** Accounts remembered at most. */
const MOST = 20_000;

/** Whose an account is: what never changes about it. */
type Home = Pick<Account, 'directory' | 'directoryKey'>;

const isHome = (home: Home, { directory, directoryKey }: Account): boolean =>
  home.directory === directory && home.directoryKey === directoryKey;

/**
 * Reads an account, and beside it whoever this process has seen it to be of, asked for at the same time: what they say
 * confirms that all is as it was, and nothing else. Whatever is to be changed by it is asked for once the account is there,
 * or what was read before it would stand in the place of what another node has kept meanwhile.
 */
export function readingBeside({ durable, directories }: Pick<AccountsNeeds, 'durable' | 'directories'>) {
  const homes = new Map<string, Home>();

  function remember({ id, directory, directoryKey }: Account): void {
    if (homes.has(id)) return;
    if (homes.size >= MOST) homes.clear();
    homes.set(id, { directory, directoryKey });
  }

  return async (id: string): Promise<readonly [account?: Account, early?: Person | undefined]> => {
    const home = homes.get(id);
    const reading = durable.accounts.byId(id);
    const early = home && directories.get(home.directory)?.byKey(home.directoryKey);
    // Told to whoever waits for it, if anybody does.
    early?.catch(() => undefined);
    const account = await reading;
    if (account === undefined) return [];
    remember(account);
    return home && isHome(home, account) ? [account, await early] : [account];
  };
}
