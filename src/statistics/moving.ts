import type { Account } from '../core/account.ts';
import type { EnabledFactor } from '../core/enabled-factor.ts';
import { type Ending, endingOf } from '../policy/index.ts';
import { departmentsBy } from './departments.ts';
import { byKind, factsOf } from './kinds.ts';
import type { StatisticsNeeds } from './needs.ts';
import { type Counted, type InScope, peopleIn } from './people.ts';

/** An application that will ask somebody otherwise, and whether they have what it lets in then. */
export interface Move extends Ending {
  application: string;
  through: boolean;
}

/** How far people are, for an application, in a group or in a department. */
export interface Moved {
  /** Empty: in no department that anybody says. */
  of: string;
  /** Of those whom a date concerns; the earliest of these. */
  people: number;
  through: number;
  at: number;
  /** What ends there. */
  ends: readonly string[];
}

/** Groups, and departments, that are told apart. */
const MOST_GROUPS = 2_000;

const isOwn = ({ module }: EnabledFactor): boolean =>
  module.standing === undefined && module.implied !== true && module.kinds.some((kind) => kind !== 'knowledge');

/** Who is through, where rules let in one factor until a date and others after it. */
export function createMovingReport(
  deps: Pick<StatisticsNeeds, 'durable' | 'factors' | 'rules' | 'applications' | 'now' | 'departmentPrefix'>,
) {
  const { rules, factors } = deps;
  const departmentsOf = departmentsBy(deps.departmentPrefix);
  const moves = rules.some(({ calendar }) => calendar !== undefined);
  const applications = [...deps.applications.values()].filter(({ internal }) => !internal).map(({ id }) => id);
  const own = new Set([...factors.values()].filter(isOwn).map(({ module }) => module.id));

  function endingsFor(account: Account, now: number): { application: string; ending: Ending }[] {
    return applications.flatMap((application) => {
      const ending = endingOf(rules, factsOf(account, application, now));
      return ending ? [{ application, ending }] : [];
    });
  }

  function movesOf(endings: ReturnType<typeof endingsFor>, methods: readonly { factor: string }[]): Move[] {
    const theirs = new Set(methods.map(({ factor }) => factor).filter((factor) => own.has(factor)));
    return endings.map(({ application, ending }) => ({
      ...{ application, ...ending },
      through: ending.after.some((factor) => theirs.has(factor)),
    }));
  }

  /** `application`: for that one alone. */
  async function* people(inScope: InScope, application?: string): AsyncGenerator<Counted & { moves: Move[] }> {
    if (!moves) return;
    const now = deps.now();
    const endingsOf = byKind(rules, (account) => endingsFor(account, now));
    for await (const page of peopleIn(deps, inScope)) {
      for (const person of page) {
        const endings = endingsOf(person.account).filter((it) => (application ?? it.application) === it.application);
        const theirs = movesOf(endings, person.methods);
        if (theirs.length > 0) yield { ...person, moves: theirs };
      }
    }
  }

  function count(rows: Map<string, Moved>, of: string, { at, ends }: Ending, through: boolean): void {
    const row = rows.get(of) ?? { of, people: 0, through: 0, at, ends };
    if (rows.size >= MOST_GROUPS && !rows.has(of)) return;
    const earlier = at < row.at ? { at, ends } : {};
    rows.set(of, { ...row, ...earlier, people: row.people + 1, through: row.through + Number(through) });
  }

  return {
    /** What a date will end for one person. */
    of: (account: Account, methods: readonly { factor: string }[]): Move[] =>
      moves ? movesOf(endingsFor(account, deps.now()), methods) : [],

    people,
    departmentsOf,

    /** By application, by group and by department: of these those are through who are so everywhere. */
    async counts(
      inScope: InScope,
      groups: readonly string[],
      only?: string,
    ): Promise<Record<'applications' | 'groups' | 'departments', Moved[]>> {
      const told = groups.length === 0 ? undefined : new Set(groups);
      const [byApplication, byGroup] = [new Map<string, Moved>(), new Map<string, Moved>()];
      const byDepartment = new Map<string, Moved>();
      for await (const { account, moves: theirs } of people(inScope, only)) {
        for (const move of theirs) count(byApplication, move.application, move, move.through);
        const through = theirs.every((move) => move.through);
        const first = theirs.reduce((a, b) => (b.at < a.at ? b : a));
        for (const group of new Set(account.groups))
          if (!told || told.has(group)) count(byGroup, group, first, through);
        const departments = departmentsOf(account);
        for (const department of departments.length === 0 ? [''] : departments)
          count(byDepartment, department, first, through);
      }
      const left = ({ people: all, through }: Moved) => all - through;
      const sorted = (rows: Map<string, Moved>) =>
        [...rows.values()].sort((a, b) => left(b) - left(a) || b.people - a.people);
      return { applications: sorted(byApplication), groups: sorted(byGroup), departments: sorted(byDepartment) };
    },
  };
}
