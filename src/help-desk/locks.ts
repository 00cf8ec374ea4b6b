import type { Account } from '../core/account.ts';
import type { HelpDeskNeeds, HelpDeskParts } from './needs.ts';
import type { Order, Permitted } from './orders.ts';

/** What keeps a person out after too many attempts, and the lifting of it. */
export function createLocks(
  { audit, factors }: Pick<HelpDeskNeeds, 'audit' | 'factors'>,
  { attempts, credentials, holds, logins }: Pick<HelpDeskParts, 'attempts' | 'credentials' | 'holds' | 'logins'>,
  permitted: Permitted,
) {
  /** Names that attempts are counted under, beside the factors' own. */
  const budgets = [...factors.keys()].flatMap((id) => [id, `enrol-${id}`]).concat('new-password');

  async function beginAnew(account: Account): Promise<void> {
    const names = logins.namesOf(account).map(attempts.stranger);
    await attempts.unlock(account.id, budgets, names);
    for (const { factor } of factors.values()) await factor.holdsBack?.release(account.id);
  }

  return {
    locks: async (account: string) => attempts.locks(account, budgets, await credentials.ofAccount(account)),

    /** Budgets of attempts begin anew, and what was stopped after too many in a row. With `hold`: no new password has to be chosen any more, either. */
    async unlock(order: Order, hold: 'keep' | 'release'): Promise<void> {
      const { target, facts } = await permitted(order, 'unlock');
      await audit.commit({ ...facts, event: 'helpdesk.unlocked', hold });
      await beginAnew(target);
      if (hold === 'release') await holds.release(target.id, facts);
    },

    /** The same, by whoever runs commands: nobody has to be at the desk, and there needn't be one. */
    async unlockByCommand(account: Account, facts: Readonly<Record<string, string>>): Promise<void> {
      await audit.commit({ ...facts, event: 'account.unlocked', account: account.id, by: 'cli' });
      await beginAnew(account);
    },
  };
}
