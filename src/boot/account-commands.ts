import type { CommandInput, CommandResult } from '../core/directory.ts';
import type { Rooms } from './rooms.ts';

/** What commands on accounts work on. */
export type AccountsTarget = Pick<Rooms, 'accounts' | 'helpDesk'>;

/** Lets a person try again, for installations without a help desk as well. */
export async function unlock(
  { accounts, helpDesk }: AccountsTarget,
  { args: [username = ''], options: { reason } }: CommandInput,
): Promise<CommandResult> {
  const account = await accounts.meant(username);
  if (account === undefined) return { lines: [`There is no account ${JSON.stringify(username)}.`], exitCode: 1 };
  await helpDesk.unlockByCommand(account, typeof reason === 'string' ? { reason } : {});
  return { lines: [`${account.username} can try again.`], exitCode: 0 };
}
