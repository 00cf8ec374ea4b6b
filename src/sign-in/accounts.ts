import { type Account, type AccountStatus, isUsable } from '../core/account.ts';
import type { PasswordVerdict, Person } from '../core/directory.ts';
import type { AuditPort } from '../core/door.ts';
import type { SignInDeps } from './deps.ts';

export interface Accounts {
  /** By what a person types; asks the directories in order and links the account. */
  find(login: string): Promise<Account | undefined>;
  byId(id: string): Promise<Account | undefined>;
  /** Brings one that is linked up to date with its directory. `facts`: who changed it there. */
  refresh(directory: string, key: string, facts?: Readonly<Record<string, string>>): Promise<void>;
  status(account: Account): Promise<AccountStatus>;
  /** The account, if its directory lets it sign in now. */
  usable(id: string): Promise<Account | undefined>;
  verifyPassword(account: Account | undefined, password: string): Promise<PasswordVerdict>;
}

/** People, wherever they come from, under ids of our own. */
export function createAccounts(
  deps: Pick<SignInDeps, 'now' | 'random' | 'durable' | 'directories'> & { audit: Pick<AuditPort, 'commit'> },
): Accounts {
  const { durable, directories } = deps;

  async function link(directory: string, person: Person, facts: Readonly<Record<string, string>> = {}) {
    const before = await durable.accounts.byDirectoryKey(directory, person.key);
    const account = await durable.accounts.link({
      id: Buffer.from(deps.random(16)).toString('base64url'),
      directory,
      directoryKey: person.key,
      username: person.username,
      name: person.name,
      ...(person.email ? { email: person.email } : {}),
      groups: person.groups,
      createdAt: deps.now(),
    });
    if (before && before.email !== account.email) {
      const { id, email } = account;
      const addresses = { ...(before.email ? { previous: before.email } : {}), ...(email ? { email } : {}) };
      await deps.audit.commit({ event: 'account.email-changed', account: id, ...addresses, ...facts });
    }
    return account;
  }

  const personOf = (account: Account) => directories.get(account.directory)?.byKey(account.directoryKey);

  async function status(account: Account): Promise<AccountStatus> {
    return (await personOf(account))?.status ?? 'gone';
  }

  return {
    async find(login) {
      for (const [id, directory] of directories) {
        const person = await directory.find(login);
        if (person) return link(id, person);
      }
      return undefined;
    },
    byId: (id) => durable.accounts.byId(id),
    async refresh(directory, key, facts) {
      const known = await durable.accounts.byDirectoryKey(directory, key);
      const person = known && (await directories.get(directory)?.byKey(key));
      if (person) await link(directory, person, facts);
    },
    status,
    async usable(id) {
      const account = await durable.accounts.byId(id);
      const person = account && (await personOf(account));
      if (account === undefined || person === undefined || !isUsable(person.status)) return undefined;
      // Nothing may go to a mailbox that the directory says is no longer theirs.
      return (person.email || undefined) === account.email ? account : link(account.directory, person);
    },
    async verifyPassword(account, password) {
      // Nobody found: the first directory does the same work, so that time doesn't tell.
      const directory = account ? directories.get(account.directory) : [...directories.values()][0];
      if (directory === undefined) return 'unavailable';
      const verdict = await directory.verifyPassword(account?.directoryKey, password);
      return verdict === 'ok' && account && !isUsable(await status(account)) ? 'wrong' : verdict;
    },
  };
}
