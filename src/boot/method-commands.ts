import type { Account, Credential } from '../core/account.ts';
import type { CommandInput, CommandResult } from '../core/directory.ts';
import type { AuditPort } from '../core/door.ts';
import { SallyportError } from '../core/errors.ts';
import type { Rooms } from './rooms.ts';

/** What the commands about people's methods work on. */
export interface MethodTarget extends Pick<Rooms, 'accounts' | 'credentials' | 'evaluator' | 'methods'> {
  audit: Pick<AuditPort, 'commit'>;
}

const COLUMNS = ['id', 'factor', 'name', 'added', 'last used', 'state'];
const time = (at: number | undefined): string => (at === undefined ? '' : new Date(at).toISOString());

async function person(
  { accounts, credentials }: MethodTarget,
  login: string,
): Promise<{ account: Account; methods: Credential[] }> {
  const account = await accounts.meant(login);
  if (account === undefined) throw new SallyportError('ERR_INPUT', `There is no account for ${login}.`);
  return { account, methods: await credentials.ofAccount(account.id) };
}

/** The person's method of this id. */
async function meant(target: MethodTarget, { args: [login = '', id = ''] }: CommandInput) {
  const { account, methods } = await person(target, login);
  const method = methods.find((one) => one.id === id);
  if (method === undefined) throw new SallyportError('ERR_INPUT', `${login} has no method ${id}: see methods list`);
  return { account, method };
}

const done = (line: string): CommandResult => ({ lines: [line], exitCode: 0 });

/** Lists what a person has set up or was given. */
export async function list(target: MethodTarget, { args: [login = ''] }: CommandInput): Promise<CommandResult> {
  const { methods } = await person(target, login);
  const stateOf = (one: Credential) => {
    if (one.suspendedAt !== undefined) return `suspended ${time(one.suspendedAt)}`;
    return target.evaluator.works(one) ? 'works' : 'proves nothing';
  };
  const rows = methods.map((one) =>
    [one.id, one.factor, one.name, time(one.createdAt), time(one.lastUsedAt), stateOf(one)].join('\t'),
  );
  return { lines: [COLUMNS.join('\t'), ...rows], exitCode: 0 };
}

/** Lets a method be used again that a report suspended. */
export async function confirm(target: MethodTarget, input: CommandInput): Promise<CommandResult> {
  const { account, method } = await meant(target, input);
  const { id, factor, name, suspendedAt } = method;
  if (suspendedAt === undefined) return { lines: [`${name} isn’t suspended.`], exitCode: 1 };
  const about = { account: account.id, factor, credential: id, by: 'cli' };
  await target.audit.commit({ event: 'credential.confirmed', ...about });
  await target.methods.confirm(account.id, id);
  return done(`${name} can be used again.`);
}

/** Takes a method away, and ends what rests on it. */
export async function remove(target: MethodTarget, input: CommandInput): Promise<CommandResult> {
  const { account, method } = await meant(target, input);
  const { id, factor, name } = method;
  await target.audit.commit({ event: 'credential.removed', account: account.id, factor, credential: id, by: 'cli' });
  await target.methods.remove(account.id, id);
  return done(`${name} is removed.`);
}
