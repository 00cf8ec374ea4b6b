import type { Account } from '../../core/account.ts';
import type { Accounts } from '../accounts.ts';
import type { Attempts } from '../attempts.ts';
import type { Credentials } from '../credentials.ts';
import type { Holds } from '../holds.ts';
import type { Issuing } from '../issuing.ts';
import type { Logins } from '../logins.ts';
import type { Methods } from '../methods.ts';
import type { HelpDeskNeeds } from '../needs/help-desk.ts';
import type { Reports } from '../reports.ts';
import type { TrustedDevices } from '../trusted-devices.ts';
import { createActions, type Doer } from './actions.ts';
import { createPeople } from './people.ts';
import { type Actor, type Grant, grantsOf, has, mayActOn, RIGHTS, type Right, type Subject } from './scope.ts';

/** Someone of the help desk, with what they may do now. */
export interface Agent {
  account: Account;
  /** What they may do to anybody at all. */
  rights: ReadonlySet<Right>;
  /** In which groups those are to whom they may do it; not all of them, for groups can be taken out. */
  groups(right: Right): readonly string[];
  /** Asked again at the moment of acting, with the groups that the person has then. */
  may(right: Right, target: Subject): boolean;
}

export interface HelpDeskParts {
  accounts: Accounts;
  attempts: Attempts;
  credentials: Credentials;
  devices: TrustedDevices;
  holds: Holds;
  issuing: Issuing;
  logins: Logins;
  methods: Methods;
  reports: Reports;
}

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
