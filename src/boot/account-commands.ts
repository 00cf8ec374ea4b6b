import type { Command } from '../core/directory.ts';
import type { SignIn } from '../sign-in/index.ts';

/** What commands on accounts work on. */
export type AccountsTarget = Pick<SignIn, 'accounts' | 'helpDesk'>;

const unlock: Command<AccountsTarget> = {
  name: 'account unlock',
  summary: 'let a person try again who was locked or stopped after wrong answers',
  arguments: [{ name: '<username>', description: 'user name or mail address' }],
  options: [{ flags: '--reason <text>', description: 'why: for the audit, and for the person' }],
  async run({ accounts, helpDesk }, { args: [username = ''], options: { reason } }) {
    const account = await accounts.find(username);
    if (account === undefined) return { lines: [`There is no account ${JSON.stringify(username)}.`], exitCode: 1 };
    await helpDesk.unlockByCommand(account.id, typeof reason === 'string' ? { reason } : {});
    return { lines: [`${account.username} can try again.`], exitCode: 0 };
  },
};

/** Commands on accounts, for installations without a help desk as well. */
export const accountCommands: readonly Command<AccountsTarget>[] = [unlock];
