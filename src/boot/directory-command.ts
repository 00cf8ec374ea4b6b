import { type AccountStatus, isOut } from '../core/account.ts';
import type { CommandResult, Directory } from '../core/directory.ts';
import type { AuditPort } from '../core/door.ts';
import { SallyportError } from '../core/errors.ts';
import type { Consequences } from '../core/program.ts';
import type { DurableStore } from '../core/store.ts';
import { type CommandRequest, directoryCommand } from './commands.ts';
import type { Config } from './config.ts';
import type { Modules } from './modules.ts';
import type { Rooms } from './rooms.ts';

/** What follows from what is done to people works on these. */
export interface FollowingTarget extends Pick<Rooms, 'accounts' | 'attempts' | 'delays' | 'endEverything' | 'holds'> {
  durable: Pick<DurableStore, 'accounts'>;
  audit: Pick<AuditPort, 'commit'>;
}

/** And a directory's command on these. */
export interface DirectoryTarget extends FollowingTarget {
  config: Pick<Config, 'directories'>;
  modules: Pick<Modules, 'directories'>;
  directories: ReadonlyMap<string, Directory>;
}

/** Runs a directory's command, and what follows from it. */
export async function runOfDirectory(target: DirectoryTarget, request: CommandRequest): Promise<CommandResult> {
  const { config, modules, directories } = target;
  const { directory, command } = directoryCommand(config, modules, request);
  const present = directories.get(directory);
  if (present === undefined) throw new SallyportError('ERR_INPUT', `directory ${directory} is not enabled`);
  const result = await command.run(present, request.input);
  await follow(target, directory, result, { by: 'cli' });
  return result;
}

/** Audits what was done to people, ends what ends by it, and draws what changed into their accounts. */
export async function follow(
  target: FollowingTarget,
  directory: string,
  { audit: events = [], revoke: revoked = [], renewed = [] }: Consequences,
  facts: Readonly<Record<string, string>> & { by: string },
): Promise<void> {
  const { durable, audit, accounts } = target;
  for (const { event, key, detail } of events) {
    const account = key === undefined ? undefined : await durable.accounts.byDirectoryKey(directory, key);
    await audit.commit({ event, ...facts, ...(account ? { account: account.id } : {}), ...detail });
  }
  for (const key of revoked) await revoke(target, directory, key);
  for (const key of renewed) await release(target, directory, key, facts.by);
  const changed = new Set(events.flatMap(({ key }) => key ?? []));
  for (const key of changed) {
    const person = await accounts.refresh(directory, key, { by: facts.by });
    if (revoked.includes(key)) await writeDown(target, directory, key, person?.status ?? 'gone');
  }
}

/** Last of all, that somebody is out: all of theirs has ended by then, and reports count them no more. */
async function writeDown(
  { durable }: FollowingTarget,
  directory: string,
  key: string,
  status: AccountStatus,
): Promise<void> {
  const account = isOut(status) ? await durable.accounts.byDirectoryKey(directory, key) : undefined;
  if (account !== undefined) await durable.accounts.setStanding(account.id, status);
}

/** A new password or a disabled account ends what rested on the old state. */
async function revoke({ durable, endEverything }: FollowingTarget, directory: string, key: string): Promise<void> {
  const account = await durable.accounts.byDirectoryKey(directory, key);
  if (account !== undefined) await endEverything(account.id);
}

/** Whoever knew the old password doesn't know the new one, which works at once. */
async function release(
  { durable, attempts, delays, holds }: FollowingTarget,
  directory: string,
  key: string,
  by: string,
): Promise<void> {
  const account = await durable.accounts.byDirectoryKey(directory, key);
  if (account === undefined) return;
  await attempts.forgetBrowsers(account.id);
  await delays.begin(account.id, 0);
  await holds.release(account.id, { by });
}
