import type { Account } from '../../core/account.ts';
import type { SignInDeps } from '../deps.ts';
import { type Actor, grantsOf, has, mayActOn, RIGHTS, type Right, type Subject } from './scope.ts';

/** Someone of the help desk, with what they may do now. */
export interface Agent {
  account: Account;
  /** What they may do to anybody at all. */
  rights: ReadonlySet<Right>;
  /** Asked again at the moment of acting, with the groups that the person has then. */
  may(right: Right, target: Subject): boolean;
}

export function createHelpDesk(deps: Pick<SignInDeps, 'helpDesk' | 'directories' | 'durable'>) {
  const settings = deps.helpDesk;

  /** With name and groups as the directory has them now; undefined where it has nobody any more. */
  async function current(account: Account): Promise<Account | undefined> {
    const person = await deps.directories.get(account.directory)?.byKey(account.directoryKey);
    if (person === undefined) return undefined;
    const { email: _old, ...rest } = account;
    const { username, name, email, groups } = person;
    return { ...rest, username, name, groups, ...(email ? { email } : {}) };
  }

  function agent(account: Account): Agent | undefined {
    if (settings === undefined) return undefined;
    const grants = grantsOf(settings.agents, account);
    if (grants.length === 0) return undefined;
    const actor: Actor = { id: account.id, grants };
    return {
      account,
      rights: new Set(RIGHTS.filter((right) => grants.some((grant) => has(grant, right)))),
      may: (right, target) => mayActOn(settings, actor, target, right),
    };
  }

  return {
    settings,
    current,
    /** What this account may do, by the groups that its directory has it in now; undefined where it is no agent. */
    async agentOf(account: Account): Promise<Agent | undefined> {
      const now = settings && (await current(account));
      return now && agent(now);
    },
  };
}

export type HelpDesk = ReturnType<typeof createHelpDesk>;
