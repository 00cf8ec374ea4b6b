import { type Account, type AccountStatus, isOut, isUsable } from '../../core/account.ts';
import type { Changes, Directory } from '../../core/directory.ts';
import type { DurableStore } from '../../core/store.ts';
import type { Accounts } from '../accounts.ts';
import type { Searched } from './decide.ts';

/** Accounts read at a time. */
const PAGE = 500;

/** Whose account is to be ended, and why. */
export interface Leaver {
  account: string;
  key: string;
  status: AccountStatus;
  reason?: string | undefined;
}

/** What one look found. */
export interface Look {
  cursor: string;
  leaving: Leaver[];
  searched: Searched[];
  /** Where it was at everybody: people there, and accounts of theirs that weren't out. */
  complete?: { seen: number; known: number };
}

export interface Watched {
  id: string;
  directory: Directory;
  changes: Changes;
}

export interface Eyes {
  accounts: Pick<Accounts, 'refresh'>;
  durable: { accounts: Pick<DurableStore['accounts'], 'byDirectoryKeys' | 'list' | 'setStanding'> };
  /** Called between pages; throws where another node has gone on. */
  renew(): Promise<void>;
}

/** Those who changed, brought up to date. Undefined where the directory can't go on from there. */
export async function lookSince({ id, changes }: Watched, cursor: string, eyes: Eyes): Promise<Look | undefined> {
  const found: Pick<Look, 'leaving' | 'searched'> = { leaving: [], searched: [] };
  const next = await changes.since(cursor, async (keys) => {
    for (const page of pagesOf(keys)) {
      await eyes.renew();
      for (const account of await eyes.durable.accounts.byDirectoryKeys(id, page)) await lookAt(account, found, eyes);
    }
  });
  return next === undefined ? undefined : { cursor: next, ...found };
}

export function* pagesOf(keys: readonly string[]): Generator<readonly string[]> {
  for (let at = 0; at < keys.length; at += PAGE) yield keys.slice(at, at + PAGE);
}

/** Asks for one person, and brings the account up to date. */
export async function lookAt(
  account: Account,
  { leaving, searched }: Pick<Look, 'leaving' | 'searched'>,
  { accounts, durable }: Pick<Eyes, 'accounts' | 'durable'>,
): Promise<void> {
  const key = account.directoryKey;
  const person = await accounts.refresh(account.directory, key);
  if (person) await keepStanding(account, person.status, durable);
  if (isOut(account.standing)) return;
  searched.push({ key, hit: person !== undefined });
  if (person && isOut(person.status))
    leaving.push({ account: account.id, key, status: person.status, reason: person.statusReason });
}

/** Of those who aren't out, and aren't about to be: that is written down once all they have is ended. */
async function keepStanding(
  { id, standing }: Account,
  status: AccountStatus,
  { accounts }: Eyes['durable'],
): Promise<void> {
  const isLocked = status === 'locked' && !isOut(standing);
  if ((isUsable(status) || isLocked) && standing !== status) await accounts.setStanding(id, status);
}

/** Everybody, and whose account is nobody's there. */
export async function lookAtAll({ id, changes }: Watched, eyes: Eyes): Promise<Look> {
  const { durable, renew } = eyes;
  const cursor = await changes.here();
  const found: Look = { cursor, leaving: [], searched: [] };
  const keys = new Set<string>();
  for await (const page of changes.everybody()) {
    await renew();
    const standings = new Map(page.map((standing) => [standing.key, standing]));
    for (const key of standings.keys()) keys.add(key);
    for (const account of await durable.accounts.byDirectoryKeys(id, [...standings.keys()])) {
      const standing = standings.get(account.directoryKey);
      if (standing === undefined) continue;
      const { key, status, statusReason: reason } = standing;
      if (isOut(status) && !isOut(account.standing)) found.leaving.push({ account: account.id, key, status, reason });
      await keepStanding(account, status, durable);
    }
  }
  let known = 0;
  for await (const account of accountsOf(id, durable)) {
    if (isOut(account.standing)) continue;
    known += 1;
    found.searched.push({ key: account.directoryKey, hit: keys.has(account.directoryKey) });
  }
  return { ...found, complete: { seen: keys.size, known } };
}

/** Asks for people of whom the last answer is from before that, so many at most. */
export async function askAnew(
  { id }: Pick<Watched, 'id'>,
  { before, most }: { before: number; most: number },
  eyes: Eyes,
): Promise<void> {
  let left = most;
  for await (const { directoryKey: key, standing, seen } of accountsOf(id, eyes.durable)) {
    if (isOut(standing) || (seen && isUsable(seen.status) && seen.at > before)) continue;
    if (left === 0) return;
    left -= 1;
    await eyes.renew();
    await eyes.accounts.refresh(id, key);
  }
}

async function* accountsOf(directory: string, { accounts }: Eyes['durable']): AsyncGenerator<Account> {
  for (let after: string | undefined; ; ) {
    const page = await accounts.list({ limit: PAGE, ...(after !== undefined && { after }) });
    for (const account of page) if (account.directory === directory) yield account;
    if (page.length < PAGE) return;
    after = page.at(-1)?.id;
  }
}
