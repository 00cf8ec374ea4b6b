import type { Account } from '../core/account.ts';
import type { Agent, Doer } from './agent.ts';
import type { HelpDeskNeeds, HelpDeskParts } from './needs.ts';
import type { Right } from './scope.ts';

/** Rows that a search looks at, and people that it shows. */
const LOOKED_AT = 200;
const SHOWN = 20;

/** People, as far as an agent may see them: for whoever is out of scope the answer is the same as for nobody. */
export function createPeople(
  deps: Pick<HelpDeskNeeds, 'durable' | 'factors'>,
  { accounts, credentials, logins }: Pick<HelpDeskParts, 'accounts' | 'credentials' | 'logins'>,
  current: (account: Account) => Promise<Account | undefined>,
) {
  const { durable } = deps;

  /** Whoever signs in by exactly this, also one who never signed in; kept as an account only in scope. */
  async function known(doer: Pick<Doer, 'may'>, login: string, right: Right): Promise<Account | undefined> {
    const found = await logins.find(login);
    if (found === undefined) return undefined;
    const account = await durable.accounts.byDirectoryKey(found.directory, found.person.key);
    const subject = { id: account?.id ?? '', groups: found.person.groups };
    return doer.may(right, subject) ? accounts.keep(found) : undefined;
  }

  /** Whose device bears this number. */
  async function holders(typed: string): Promise<Account[]> {
    const found = await Promise.all(
      [...deps.factors].map(async ([id, { factor }]) => {
        const key = factor.assigns?.lookupOf(typed);
        const credential = key === undefined ? undefined : await credentials.byLookup(id, key);
        return credential && durable.accounts.byId(credential.account);
      }),
    );
    return found.filter((account) => account !== undefined);
  }

  return {
    /** By name, user name, mail address, the directory's key, or the number of a device; in order of user name. */
    async search(agent: Pick<Agent, 'may' | 'groups'>, typed: string): Promise<{ people: Account[]; more: boolean }> {
      const login = typed.trim().slice(0, 256);
      if (login === '') return { people: [], more: false };
      const stored = await durable.accounts.search(login, { limit: LOOKED_AT, groups: agent.groups('view') });
      const exact = await known(agent, login, 'view');
      const all = [...(exact ? [exact] : []), ...(await holders(login)), ...stored];
      const people: Account[] = [];
      const seen = new Set<string>();
      for (const account of all) {
        if (seen.has(account.id)) continue;
        seen.add(account.id);
        // First by what is stored, which costs no question: those are the groups of their last sign-in.
        const now = agent.may('view', account) ? await current(account) : undefined;
        if (now === undefined || !agent.may('view', now)) continue;
        if (people.length === SHOWN) return { people: people.sort(byUsername), more: true };
        people.push(now);
      }
      return { people: people.sort(byUsername), more: stored.length === LOOKED_AT };
    },

    /** By id, if the agent may see them. */
    async person(agent: Pick<Agent, 'may'>, id: string): Promise<Account | undefined> {
      const account = await durable.accounts.byId(id);
      const now = account && (await current(account));
      return now && agent.may('view', now) ? now : undefined;
    },

    /** By what a directory knows them by, exactly. */
    known,
  };
}

function byUsername(a: Account, b: Account): number {
  return a.username < b.username ? -1 : 1;
}
