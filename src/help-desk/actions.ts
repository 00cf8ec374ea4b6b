import type { Account } from '../core/account.ts';
import { SallyportError } from '../core/errors.ts';
import { createLocks } from './locks.ts';
import type { HelpDeskNeeds, HelpDeskParts } from './needs.ts';
import { createPermission, type Order } from './orders.ts';
import { createProvision } from './provision.ts';
import { createWaiting } from './waiting.ts';

/** What the help desk does: each is checked here, whatever the page checked before, and audited before it takes effect. */
export function createActions(
  deps: HelpDeskNeeds,
  parts: HelpDeskParts,
  current: (account: Account) => Promise<Account | undefined>,
) {
  const { credentials, endEverything, methods, reports } = parts;
  const { audit } = deps;
  const permitted = createPermission(deps, current);

  async function methodOf(account: string, id: string) {
    const method = (await credentials.ofAccount(account)).find((credential) => credential.id === id);
    if (method === undefined) throw new SallyportError('ERR_NOT_FOUND', 'no such method of this person');
    return method;
  }

  const locks = createLocks(deps, parts, permitted);

  return {
    ...createProvision(deps, parts, permitted),
    ...locks,
    waiting: createWaiting(deps, parts, { locks: locks.locks, current }),

    /** Whichever it is, the last one too: that is what a lost phone is. What rests on it ends at once. */
    async remove(order: Order, credential: string): Promise<void> {
      const { target, facts } = await permitted(order, 'remove');
      const { factor, name } = await methodOf(target.id, credential);
      await audit.commit({ ...facts, event: 'helpdesk.method-removed', factor, credential, name });
      await methods.remove(target.id, credential);
    },

    /** What a report suspended is the person's own: it proves again. False where it isn't suspended (any more). */
    async confirm(order: Order, credential: string): Promise<boolean> {
      const { target, facts } = await permitted(order, 'unlock');
      const { factor, name, suspendedAt } = await methodOf(target.id, credential);
      if (suspendedAt === undefined) return false;
      await audit.commit({ ...facts, event: 'helpdesk.method-confirmed', factor, credential, name });
      return methods.confirm(target.id, credential);
    },

    /** Sessions, grants and remembered devices, everywhere. */
    async endSessions(order: Order): Promise<void> {
      const { target, facts } = await permitted(order, 'end-sessions');
      await audit.commit({ ...facts, event: 'helpdesk.sessions-ended' });
      await endEverything(target.id);
    },

    /** False where somebody was faster. */
    async handle(order: Order, report: string): Promise<boolean> {
      const { target, facts } = await permitted(order, 'reports');
      if ((await reports.get(report))?.account !== target.id) {
        throw new SallyportError('ERR_NOT_FOUND', 'no such report of this person');
      }
      const { by, reason, ...rest } = facts;
      return reports.handle(report, by, reason, rest);
    },
  };
}
