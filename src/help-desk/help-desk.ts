import type { Account } from '../core/account.ts';
import { createActions } from './actions.ts';
import type { Agent, Doer } from './agent.ts';
import type { HelpDeskNeeds, HelpDeskParts } from './needs.ts';
import { createPeople } from './people.ts';
import { type Actor, type Grant, grantsOf, has, mayActOn, RIGHTS } from './scope.ts';

/** Who may do what for whom, and the doing of it. */
export function createHelpDesk(deps: HelpDeskNeeds, parts: HelpDeskParts) {
  const settings = deps.helpDesk;
  const ranks = settings ?? { agents: [], overEquals: false };

  /** With name and groups as the directory has them now; undefined where it has nobody any more. */
  async function current(account: Account): Promise<Account | undefined> {
    const person = await deps.directories.get(account.directory)?.byKey(account.directoryKey);
    if (person === undefined) return undefined;
    const { email: _old, ...rest } = account;
    const { username, name, email, groups } = person;
    return { ...rest, username, name, groups, ...(email ? { email } : {}) };
  }

  function agent(account: Account): Agent | undefined {
    const grants = grantsOf(ranks.agents, account);
    if (grants.length === 0) return undefined;
    const actor: Actor = { id: account.id, grants };
    return {
      account,
      rights: new Set(RIGHTS.filter((right) => grants.some((grant) => has(grant, right)))),
      groups: (right) => [...new Set(grants.filter((grant) => has(grant, right)).flatMap(({ over }) => over.groups))],
      may: (right, target) => mayActOn(ranks, actor, target, right),
    };
  }

  /** What this account may do, by the groups that its directory has it in now; undefined where it is no agent. */
  async function agentOf(account: Account): Promise<Agent | undefined> {
    const now = settings && (await current(account));
    return now && agent(now);
  }

  return {
    settings,
    current,
    agentOf,
    ...createPeople(deps, parts, current),
    ...createActions(deps, parts, current),

    /** An agent as whoever gives an order: looked up when that is carried out. */
    agentById: (id: string) => async (): Promise<Doer | undefined> => {
      const account = await parts.accounts.usable(id);
      const found = account && (await agentOf(account));
      return found && { by: id, may: found.may, checklist: settings?.checklist ?? [] };
    },

    /** A program, which is no account and ticks nothing. */
    program: (name: string, grant: Grant): Doer => ({
      by: `api:${name}`,
      may: (right, target) => mayActOn(ranks, { grants: [grant] }, target, right),
      checklist: [],
    }),
  };
}

export type HelpDesk = ReturnType<typeof createHelpDesk>;
