import type { Account } from '../core/account.ts';
import { decide, outlook } from '../policy/index.ts';
import { byKind, factsOf } from './kinds.ts';
import type { StatisticsNeeds } from './needs.ts';
import { type InScope, peopleIn } from './people.ts';

/** An application that still lets in what people are led away from. */
export interface Asking {
  application: string;
  factor: string;
  /** Whom it lets in by that. */
  people: number;
  /** When the last of them is asked for something else; absent: no rule ends it. */
  until?: number;
}

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

  function askedOf(account: Account, now: number): Omit<Asking, 'people'>[] {
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

  return async function asking(inScope: InScope): Promise<Asking[]> {
    if (leaving.size === 0) return [];
    const now = deps.now();
    const asked = byKind(rules, (account) => askedOf(account, now));
    const rows = new Map<string, Asking>();
    for await (const page of peopleIn(deps, inScope)) {
      for (const one of page.flatMap(({ account }) => asked(account))) {
        const key = `${one.application} ${one.factor}`;
        const { people, until } = rows.get(key) ?? { people: 0, until: one.until };
        const last = until === undefined || one.until === undefined ? {} : { until: Math.max(until, one.until) };
        rows.set(key, { application: one.application, factor: one.factor, people: people + 1, ...last });
      }
    }
    return [...rows.values()].sort((a, b) => b.people - a.people);
  };
}
