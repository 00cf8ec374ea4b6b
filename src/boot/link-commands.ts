import { type Link, linksIn, linkTo } from '../accounts/index.ts';
import type { Account } from '../core/account.ts';
import type { CommandInput, CommandResult, Directory } from '../core/directory.ts';
import type { AuditPort } from '../core/door.ts';
import { SallyportError } from '../core/errors.ts';
import type { DurableStore } from '../core/store.ts';
import type { Redirects } from '../core/upstream.ts';
import type { Rooms } from './rooms.ts';

/** What the commands about links work on. */
export interface LinkTarget
  extends Pick<Rooms, 'accounts' | 'credentials' | 'endEverything' | 'evaluator' | 'methods'> {
  audit: Pick<AuditPort, 'commit'>;
  directories: ReadonlyMap<string, Directory>;
  durable: Pick<DurableStore, 'accounts' | 'credentials'>;
}

const COLUMNS = ['directory', 'name there', 'linked', 'last used', 'state'];
const LONGEST_NAME = 64;
const time = (at: number | undefined): string => (at === undefined ? '' : new Date(at).toISOString());
const input = (message: string) => new SallyportError('ERR_INPUT', message);
const done = (line: string): CommandResult => ({ lines: [line], exitCode: 0 });

async function linked(
  { accounts, credentials }: LinkTarget,
  login: string,
): Promise<{ account: Account; links: Link[] }> {
  const account = await accounts.meant(login);
  if (account === undefined) throw input(`There is no account for ${login}.`);
  return { account, links: linksIn(await credentials.ofAccount(account.id)) };
}

function houseOf({ directories }: LinkTarget, directory: string): Redirects {
  const redirects = directories.get(directory)?.redirects;
  if (redirects === undefined) throw input(`directories.${directory}: there is no such house`);
  return redirects;
}

/** Whom somebody's account is linked to. */
export async function list(target: LinkTarget, { args: [login = ''] }: CommandInput): Promise<CommandResult> {
  const { links } = await linked(target, login);
  const stateOf = ({ credential }: Link) => {
    if (credential.suspendedAt !== undefined) return `suspended ${time(credential.suspendedAt)}`;
    return target.evaluator.works(credential) ? 'works' : 'proves nothing';
  };
  const rows = links.map((link) => {
    const { name, createdAt, lastUsedAt } = link.credential;
    return [link.directory, name, time(createdAt), time(lastUsedAt), stateOf(link)].join('\t');
  });
  return { lines: [COLUMNS.join('\t'), ...rows], exitCode: 0 };
}

/** Links whom a house calls so. Whoever has an account of their own by it keeps that, unless the operator says otherwise. */
export async function add(
  target: LinkTarget,
  { args: [login = '', directory = '', subject = ''], options: { instead } }: CommandInput,
): Promise<CommandResult> {
  const { account } = await linked(target, login);
  const redirects = houseOf(target, directory);
  if (redirects.linking === 'never') throw input(`directories.${directory}: linking is never`);
  if (account.directory === directory) throw input(`${login} is of ${directory}: nothing is to be linked`);
  const link = linkTo(directory, redirects.keyOf(subject));
  if (await target.durable.credentials.byLookup(link.factor, link.data.key))
    throw input(`${subject} is linked already`);
  const own = await target.durable.accounts.byDirectoryKey(directory, link.data.key);
  if (own && instead !== true) {
    throw input(`${subject} has an account of their own here, ${own.id}: --instead ends all that is open of it`);
  }
  const about = { by: 'cli', name: subject.slice(0, LONGEST_NAME) };
  const added = await target.methods.exercise<string>(
    {
      account: account.id,
      right: async () => true,
      busy: () => Promise.reject(input('another change of this account is under way: try again')),
      lost: () => Promise.reject(input('not allowed')),
    },
    async (since) => {
      const id = await target.methods.add(account.id, { ...link, name: about.name }, since, about);
      return typeof id === 'string' ? id : Promise.reject(input(`It isn’t linked: ${id.key}.`));
    },
  );
  if (own) await target.endEverything(own.id);
  return done(`${subject} of ${directory} opens the account of ${login} now (${added}).`);
}

/** Ends a link, and what rests on it. */
export async function remove(
  target: LinkTarget,
  { args: [login = '', directory = ''] }: CommandInput,
): Promise<CommandResult> {
  const { account, links } = await linked(target, login);
  const link = links.find((one) => one.directory === directory);
  if (link === undefined) throw input(`${login} has no link to ${directory}: see links list`);
  const { id, factor } = link.credential;
  await target.audit.commit({ event: 'credential.removed', account: account.id, factor, credential: id, by: 'cli' });
  await target.methods.remove(account.id, id);
  return done(`${directory} is unlinked from the account of ${login}.`);
}
