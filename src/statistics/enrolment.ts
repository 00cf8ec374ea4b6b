import type { Account } from '../core/account.ts';
import type { StatisticsNeeds } from './needs.ts';
import { type Counted, type InScope, peopleIn, strangersIn } from './people.ts';
import { createRollout, type Due } from './rollout.ts';

/** A group, or all together: how many people, how many without a method of their own, and from when they need one. */
export interface Enrolled {
  /** Absent: everybody in scope, each once. */
  group?: string;
  people: number;
  without: number;
  /** Of those without: whom applications ask already. */
  due: number;
  /** The next date on which applications begin to ask some of the others, epoch milliseconds. */
  next?: number;
}

/** Somebody without a method of their own. */
export interface NotEnrolled {
  account: Account;
  /** They have never signed in. */
  stranger?: true;
  due?: Due;
}

/** Groups that are told apart; a directory that makes one for each person doesn't fill the memory. */
const MOST_GROUPS = 2_000;

/** Who has set up a method that brings a second kind, is their own and doesn't run out. */
export function createEnrolmentReport(
  deps: Pick<StatisticsNeeds, 'durable' | 'directories' | 'factors' | 'rules' | 'applications' | 'now'>,
) {
  const dueOf = createRollout(deps.rules, deps.applications.values());
  const own = new Set(
    [...deps.factors.values()]
      .filter(({ module }) => module.standing === undefined && module.kinds.some((kind) => kind !== 'knowledge'))
      .map(({ module }) => module.id),
  );
  const isEnrolled = ({ methods }: Counted) => methods.some(({ factor }) => own.has(factor));

  /** Those who have signed in, then those whom only a directory knows. */
  async function* everybody(inScope: InScope): AsyncGenerator<Counted[]> {
    yield* peopleIn(deps, inScope);
    yield* strangersIn(deps, inScope);
  }

  function count(row: Enrolled, person: Counted, due: Due | undefined, now: number): void {
    row.people += 1;
    if (isEnrolled(person)) return;
    row.without += 1;
    if (due === undefined) return;
    if (due.at === undefined || due.at <= now) row.due += 1;
    else row.next = Math.min(row.next ?? due.at, due.at);
  }

  return {
    /** All together first, then by group, those with most people without in front. */
    async byGroup(inScope: InScope, groups: readonly string[]): Promise<[Enrolled, ...Enrolled[]]> {
      const now = deps.now();
      const all: Enrolled = { people: 0, without: 0, due: 0 };
      const rows = new Map<string, Enrolled>();
      const told = groups.length === 0 ? undefined : new Set(groups);
      for await (const page of everybody(inScope)) {
        for (const person of page) {
          const due = isEnrolled(person) ? undefined : dueOf(person.account, now);
          count(all, person, due, now);
          for (const group of new Set(person.account.groups)) {
            if (told && !told.has(group)) continue;
            const row = rows.get(group) ?? { group, people: 0, without: 0, due: 0 };
            if (rows.size < MOST_GROUPS || rows.has(group)) rows.set(group, row);
            count(row, person, due, now);
          }
        }
      }
      return [all, ...[...rows.values()].sort((a, b) => b.without - a.without || b.people - a.people)];
    },

    /** Everybody, each with whether they have one, and where they don't from when they need it. */
    async *standing(inScope: InScope): AsyncGenerator<Counted & { enrolled: boolean; due?: Due }> {
      const now = deps.now();
      for await (const page of everybody(inScope)) {
        for (const person of page) {
          const enrolled = isEnrolled(person);
          const due = enrolled ? undefined : dueOf(person.account, now);
          yield { ...person, enrolled, ...(due ? { due } : {}) };
        }
      }
    },

    async *people(inScope: InScope): AsyncGenerator<NotEnrolled> {
      const now = deps.now();
      for await (const page of everybody(inScope)) {
        for (const person of page) {
          if (isEnrolled(person)) continue;
          const due = dueOf(person.account, now);
          const { account, stranger } = person;
          yield { account, ...(stranger ? { stranger } : {}), ...(due ? { due } : {}) };
        }
      }
    },
  };
}
