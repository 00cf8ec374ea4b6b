import type { CommandResult, Directory } from '../core/directory.ts';
import type { AuditPort } from '../core/door.ts';
import { SallyportError } from '../core/errors.ts';
import type { DurableStore } from '../core/store.ts';
import { type CommandRequest, directoryCommand } from './commands.ts';
import type { Config } from './config.ts';
import type { Modules } from './modules.ts';
import type { Rooms } from './rooms.ts';

/** What a directory's command, and what follows from it, work on. */
export interface DirectoryTarget extends Pick<Rooms, 'accounts' | 'attempts' | 'endEverything' | 'holds'> {
  config: Pick<Config, 'directories'>;
  modules: Pick<Modules, 'directories'>;
  directories: ReadonlyMap<string, Directory>;
  durable: Pick<DurableStore, 'accounts'>;
  audit: Pick<AuditPort, 'commit'>;
}

/** Runs a directory's command; what it changed in a person is drawn into their account. */
export async function runOfDirectory(target: DirectoryTarget, request: CommandRequest): Promise<CommandResult> {
  const { config, modules, directories, durable, audit, accounts } = target;
  const { directory, command } = directoryCommand(config, modules, request);
  const present = directories.get(directory);
  if (present === undefined) throw new SallyportError('ERR_INPUT', `directory ${directory} is not enabled`);
  const result = await command.run(present, request.input);
  for (const { event, key, detail } of result.audit ?? []) {
    const account = key === undefined ? undefined : await durable.accounts.byDirectoryKey(directory, key);
    await audit.commit({ event, by: 'cli', ...(account ? { account: account.id } : {}), ...detail });
  }
  for (const key of result.revoke ?? []) await revoke(target, directory, key);
  for (const key of result.renewed ?? []) await release(target, directory, key);
  const changed = new Set((result.audit ?? []).flatMap(({ key }) => key ?? []));
  for (const key of changed) await accounts.refresh(directory, key, { by: 'cli' });
  return result;
}

/** A new password or a disabled account ends what rested on the old state. */
async function revoke({ durable, endEverything }: DirectoryTarget, directory: string, key: string): Promise<void> {
  const account = await durable.accounts.byDirectoryKey(directory, key);
  if (account !== undefined) await endEverything(account.id);
}

/** Whoever knew the old password doesn't know the new one. */
async function release({ durable, attempts, holds }: DirectoryTarget, directory: string, key: string): Promise<void> {
  const account = await durable.accounts.byDirectoryKey(directory, key);
  if (account === undefined) return;
  await attempts.forgetBrowsers(account.id);
  await holds.release(account.id, { by: 'cli' });
}
