import { isDeepStrictEqual } from 'node:util';
import { type Account, type AccountStatus, isOut, isUsable, type Seen } from '../core/account.ts';
import { domainIn, isRight, mayNameIn, type PasswordVerdict, type Person } from '../core/directory.ts';
import type { AuditPort } from '../core/door.ts';
import type { Nobody } from '../core/factor-ports.ts';
import type { NewAccount } from '../core/store.ts';
import type { Delays } from './delays.ts';
import { readingBeside } from './homes.ts';
import { createIds } from './ids.ts';
import { linkedThrough, openedThrough } from './links.ts';
import type { Found, Logins } from './logins.ts';
import type { AccountsNeeds } from './needs.ts';
import type { PasswordExpiryOf } from './passwords/expiry.ts';
import type { Described, PasswordStates } from './passwords/state.ts';

export interface Accounts {
  /**
   * By what somebody goes by; asks the directories in order and links the account. What another house calls somebody
   * isn't what anybody goes by, unless the operator lets it speak for that domain.
   */
  find(login: string): Promise<Account | undefined>;
  /** The same, of somebody who has an account: none is made. */
  found(login: string): Promise<Account | undefined>;
  /** The same by what an operator types. Throws ERR_AMBIGUOUS, with all who could be meant. */
  meant(login: string): Promise<Account | undefined>;
  /** By whatever somebody is called, of those who have an account: none is made. */
  known(login: string): Promise<Account | undefined>;
  /** The account of somebody whom a name meant a moment ago. */
  keep(found: Found): Promise<Account>;
  /**
   * By what anybody types, and so without a trace: of a person who has never signed in it is the account that they
   * would have, which `link` then makes.
   */
  named(login: string): Promise<Account | undefined>;
  /** Keeps the account of somebody who has shown who they are, up to date with its directory. */
  link(account: Account): Promise<Account>;
  byId(id: string): Promise<Account | undefined>;
  /** Which one somebody known at another house opens: the one that they were linked to, else their own. */
  openedBy(directory: string, key: string): Promise<Account | undefined>;
  /** Brings one that is linked up to date with its directory, and answers whose it is. `facts`: who changed it there. */
  refresh(directory: string, key: string, facts?: Readonly<Record<string, string>>): Promise<Person | undefined>;
  status(account: Account): Promise<AccountStatus>;
  /** The account, if its directory lets it sign in now. `read`: as it was read a moment ago, in the same request. */
  usable(id: string, read?: Account): Promise<Account | undefined>;
  verifyPassword(account: Account | undefined, password: string, nobody?: Nobody): Promise<PasswordVerdict>;
  /** Called, from now on, for everybody who is found to be out when they use something, before they are refused. */
  listen(hear: (account: Account, person: Person) => Promise<void>): void;
}

/**
 * Whether an account says what its directory says now. Nothing may go to a mailbox that is no longer theirs, be decided
 * by a group that they have left or have been put in since, nor be told that isn't so any more.
 */
function isAsKept({ username, name, email, groups, profile }: Person, account: Account): boolean {
  const { username: u, name: n, email: e, groups: g, profile: p } = account;
  return isDeepStrictEqual([username, name, email || undefined, groups, profile], [u, n, e, g, p]);
}

/** Whoever chose a namesake at another house would be in the place of somebody of ours who isn't known here yet. */
function oursOf(directories: AccountsNeeds['directories'], login: string, found: Found | undefined) {
  return found && mayNameIn(directories.get(found.directory), domainIn(login)) ? found : undefined;
}

/** By our own policy, whatever its directory says. */
async function hasExpired(expiry: Pick<PasswordExpiryOf, 'of'>, account: Account): Promise<boolean> {
  const { stage } = (await expiry.of(account)) ?? {};
  return stage === 'expired' || stage === 'disabled';
}

/** Whether nothing is to be kept or ended of an account by what its directory says. */
const stands = (person: Person, account: Account): boolean =>
  isUsable(person.status) &&
  isAsKept(person, account) &&
  (account.standing === undefined || account.standing === person.status);

/** Whether the directory has just said what is kept: then there is nothing to write, and nothing to read for that. */
function isAsSaid(account: Account, described: Described, isCurrent: typeof stands): boolean {
  const said = account.version > 0 ? described.get(account) : undefined;
  return said !== undefined && isCurrent(said, account);
}

/** People, wherever they come from, under ids of our own. */
export function createAccounts(
  deps: Pick<AccountsNeeds, 'now' | 'random' | 'durable' | 'directories' | 'seenFor'> & {
    audit: Pick<AuditPort, 'commit'>;
    logins: Logins;
    passwordStates: Pick<PasswordStates, 'mayStay'>;
    delays: Pick<Delays, 'until'>;
    described: Described;
    passwordExpiry: Pick<PasswordExpiryOf, 'of'>;
  },
): Accounts {
  const { durable, directories, logins } = deps;
  const linkedTo = linkedThrough(durable);
  const openedBy = openedThrough(durable);
  const listeners: ((account: Account, person: Person) => Promise<void>)[] = [];
  const idOf = createIds(deps);

  /** What is to be kept of an answer; undefined where that is there already, or none is kept. */
  function news(status: AccountStatus, seen?: Seen): Seen | undefined {
    if (deps.seenFor === undefined) return undefined;
    const at = deps.now();
    const lasts = seen?.status === status && seen.at <= at && at - seen.at < deps.seenFor;
    return lasts ? undefined : { status, at };
  }

  async function accountOf(directory: string, person: Person, before?: Account): Promise<NewAccount> {
    const seen = news(person.status, before?.seen) ?? before?.seen;
    return {
      id: await idOf(directory, person.key),
      directory,
      directoryKey: person.key,
      username: person.username,
      name: person.name,
      ...(person.email ? { email: person.email } : {}),
      ...(person.groups ? { groups: person.groups } : {}),
      ...(person.profile ? { profile: person.profile } : {}),
      // That somebody is out again is for the watch to write, once it has ended all of theirs.
      ...(isUsable(person.status) ? { standing: person.status } : {}),
      ...(seen ? { seen } : {}),
      createdAt: deps.now(),
    };
  }

  async function link(directory: string, person: Person, facts: Readonly<Record<string, string>> = {}) {
    const before = await durable.accounts.byDirectoryKey(directory, person.key);
    const account = await durable.accounts.link(await accountOf(directory, person, before));
    if (before && before.email !== account.email) {
      const { id, email } = account;
      const addresses = { ...(before.email ? { previous: before.email } : {}), ...(email ? { email } : {}) };
      await deps.audit.commit({ event: 'account.email-changed', account: id, ...addresses, ...facts });
    }
    return account;
  }

  async function opened(found: Found | undefined): Promise<Account | undefined> {
    return found && ((await linkedTo(found.directory, found.person.key)) ?? link(found.directory, found.person));
  }

  async function kept(found: Found | undefined): Promise<Account | undefined> {
    return found && openedBy(found.directory, found.person.key);
  }

  const readBeside = readingBeside(deps);

  const isCurrent = (person: Person, account: Account): boolean =>
    stands(person, account) && news(person.status, account.seen) === undefined;

  const personOf = (account: Account) => directories.get(account.directory)?.byKey(account.directoryKey);

  /** Of somebody who may not sign in: what is known is kept, and what they have ends. One search alone makes nobody gone. */
  async function refused(account: Account, person: Person | undefined): Promise<void> {
    const seen = news(person?.status ?? 'gone', account.seen);
    if (seen) await durable.accounts.setSeen(account.id, seen);
    if (person === undefined || !isOut(person.status) || isOut(account.standing)) return;
    for (const hear of listeners) await hear(account, person);
  }

  /**
   * The directory that does the work for a name that nobody goes by, so that time doesn't tell: one of those where
   * somebody by it could be, by a secret of the installation, so that it is always the same and could be theirs.
   */
  async function standIn(typed = ''): Promise<string> {
    const places = logins.placesOf(typed);
    const able = [...directories].filter(([, { passwordless }]) => !passwordless).map(([id]) => id);
    const of = places.length > 0 ? places : able;
    const mac = Buffer.from(await idOf('', logins.nameOf(typed)), 'base64url');
    return of[mac.readUInt32BE(0) % of.length] ?? '';
  }

  return {
    find: async (login) => opened(oursOf(directories, login, await logins.find(login))),
    found: async (login) => kept(oursOf(directories, login, await logins.find(login))),
    meant: async (login) => opened(await logins.meant(login)),
    known: (login) => logins.find(login).then(kept),
    keep: ({ directory, person }) => link(directory, person),
    async named(login) {
      const found = await logins.withPassword(login);
      // Looked for also where nobody goes by it, so that time doesn't tell.
      const kept = await durable.accounts.byDirectoryKey(found?.directory ?? '', found?.person.key ?? '');
      if (found === undefined) return undefined;
      const { directory, person } = found;
      return (
        kept ?? { ...(await accountOf(directory, person)), revokedBefore: 0, generation: 0, countedTo: 0, version: 0 }
      );
    },
    async link(account) {
      const person = isAsSaid(account, deps.described, isCurrent) ? undefined : await personOf(account);
      return person ? link(account.directory, person) : account;
    },
    byId: (id) => durable.accounts.byId(id),
    openedBy,
    async refresh(directory, key, facts) {
      const known = await durable.accounts.byDirectoryKey(directory, key);
      const person = known && (await directories.get(directory)?.byKey(key));
      if (person) await link(directory, person, facts);
      return person;
    },
    status: async (account) => (await personOf(account))?.status ?? 'gone',
    async usable(id, read) {
      const [account, early] = read ? [read] : await readBeside(id);
      if (account === undefined) return undefined;
      const person = early && isCurrent(early, account) ? early : await personOf(account);
      if (person === undefined || !isUsable(person.status)) {
        await refused(account, person);
        return undefined;
      }
      const now = isCurrent(person, account) ? account : await link(account.directory, person);
      deps.described.set(now, person);
      return now;
    },
    async verifyPassword(account, password, nobody) {
      const directory = directories.get(account?.directory ?? nobody?.directory ?? (await standIn(nobody?.name)));
      if (directory === undefined) return 'unavailable';
      const verdict = await directory.verifyPassword(account?.directoryKey, password);
      if (!isRight(verdict) || account === undefined) return verdict;
      const [person, delayed] = await Promise.all([personOf(account), deps.delays.until(account.id)]);
      if (person === undefined || !isUsable(person.status)) {
        // Whoever isn't linked yet has nothing that could end.
        if (account.version > 0) await refused(account, person);
        return 'wrong';
      }
      deps.described.set(account, person);
      // What replaced a forgotten one works later: until then nothing tells it from a wrong one.
      if (delayed !== undefined) return 'wrong';
      if (verdict !== 'ok') return verdict;
      if (await hasExpired(deps.passwordExpiry, account)) return 'expired';
      return (await deps.passwordStates.mayStay(account, password)) ? 'ok' : 'unfit';
    },
    listen: (hear) => void listeners.push(hear),
  };
}
