import type { Account } from '../core/account.ts';
import { decide, outlook } from '../policy/index.ts';
import { byKind, factsOf } from './kinds.ts';
import type { StatisticsNeeds } from './needs.ts';
import { type Counted, type InScope, peopleIn } from './people.ts';

/** An application that still lets in what people are led away from. */
export interface Asking {
  application: string;
  factor: string;
  /** Whom it lets in by that. */
  people: number;
  /** When the last of them is asked for something else; absent: no rule ends it. */
  until?: number;
}

type Asks = Omit<Asking, 'people'>;

/** What still asks for the old: factors that a calendar ends, or a campaign leads away from. */
export function createAskingReport(
  deps: Pick<StatisticsNeeds, 'durable' | 'rules' | 'applications' | 'campaigns' | 'factors' | 'now'>,
) {
  const { rules, campaigns } = deps;
  const ending = rules.flatMap(({ calendar = [] }) => calendar.filter(({ until }) => until !== undefined));
  const leaving = new Set([...ending.flatMap(({ use }) => use), ...campaigns.flatMap(({ leaves }) => leaves)]);
  /** What is asked for where no rule says by what. */
  const usual = [...deps.factors.values()].filter(({ module }) => !module.onlyIfNamed).map(({ module }) => module.id);
  const applications = [...deps.applications.values()].filter(({ internal }) => !internal).map(({ id }) => id);

  function askedOf(account: Account, now: number): Asks[] {
    return applications.flatMap((application) => {
      const facts = factsOf(account, application, now);
      const { deny, level, factors = level === 'sfa' ? [] : usual } = decide(rules, facts);
      if (deny) return [];
      const later = outlook(rules, facts);
      return factors
        .filter((factor) => leaving.has(factor))
        .map((factor) => {
          const end = later.find(({ requirement: { deny, factors: then = usual } }) => deny || !then.includes(factor));
          return { application, factor, ...(end ? { until: end.at } : {}) };
        });
    });
  }

  async function* people(inScope: InScope): AsyncGenerator<Counted & { asks: Asks[] }> {
    if (leaving.size === 0) return;
    const now = deps.now();
    const asked = byKind(rules, (account) => askedOf(account, now));
    for await (const page of peopleIn(deps, inScope)) {
      for (const person of page) {
        const asks = asked(person.account);
        if (asks.length > 0) yield { ...person, asks };
      }
    }
  }

  return {
    people,

    /** By application and factor: the more people, the further up. */
    async counts(inScope: InScope): Promise<Asking[]> {
      const rows: AskedOf = {};
      for await (const { asks } of people(inScope)) for (const one of asks) addAsking(rows, { ...one, people: 1 });
      return askingIn(rows);
    },
  };
}

/** By application, and by the factor that it lets in. */
export type AskedOf = Record<string, Record<string, Omit<Asking, 'application' | 'factor'>>>;

/** It ends where it ends for the last of them. */
export function addAsking(to: AskedOf, { application, factor, people, until }: Asking): void {
  to[application] ??= {};
  const known = to[application][factor];
  const end = known === undefined ? until : until && known.until && Math.max(until, known.until);
  to[application][factor] = { people: (known?.people ?? 0) + people, ...(end === undefined ? {} : { until: end }) };
}

export const askingIn = (asked: AskedOf): Asking[] =>
  Object.entries(asked)
    .flatMap(([application, factors]) =>
      Object.entries(factors).map(([factor, rest]) => ({ application, factor, ...rest })),
    )
    .sort((a, b) => b.people - a.people);
