import type { Account } from '../core/account.ts';
import type { EnabledFactor } from '../core/enabled-factor.ts';
import { type Ending, endingOf } from '../policy/index.ts';
import { byKind, factsOf } from './kinds.ts';
import type { StatisticsNeeds } from './needs.ts';
import { type Counted, type InScope, peopleIn } from './people.ts';

/** An application that will ask somebody otherwise, and whether they have what it lets in then. */
export interface Move extends Ending {
  application: string;
  through: boolean;
}

/** How far people are, for an application or in a group. */
export interface Moved {
  of: string;
  /** Of those whom a date concerns; the earliest of these. */
  people: number;
  through: number;
  at: number;
  /** What ends there. */
  ends: readonly string[];
}

/** Groups that are told apart. */
const MOST_GROUPS = 2_000;

const isOwn = ({ module }: EnabledFactor): boolean =>
  module.standing === undefined && module.implied !== true && module.kinds.some((kind) => kind !== 'knowledge');

/** Who is through, where rules let in one factor until a date and others after it. */
export function createMovingReport(
  deps: Pick<StatisticsNeeds, 'durable' | 'factors' | 'rules' | 'applications' | 'now'>,
) {
  const { rules, factors } = deps;
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

  async function* people(inScope: InScope): AsyncGenerator<Counted & { moves: Move[] }> {
    if (!moves) return;
    const now = deps.now();
    const endingsOf = byKind(rules, (account) => endingsFor(account, now));
    for await (const page of peopleIn(deps, inScope)) {
      for (const person of page) {
        const theirs = movesOf(endingsOf(person.account), person.methods);
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

    /** By application, and by group: of a group those are through who are so everywhere. */
    async counts(inScope: InScope, groups: readonly string[]): Promise<{ applications: Moved[]; groups: Moved[] }> {
      const told = groups.length === 0 ? undefined : new Set(groups);
      const [byApplication, byGroup] = [new Map<string, Moved>(), new Map<string, Moved>()];
      for await (const { account, moves: theirs } of people(inScope)) {
        for (const move of theirs) count(byApplication, move.application, move, move.through);
        const through = theirs.every((move) => move.through);
        const first = theirs.reduce((a, b) => (b.at < a.at ? b : a));
        for (const group of new Set(account.groups))
          if (!told || told.has(group)) count(byGroup, group, first, through);
      }
      const left = ({ people: all, through }: Moved) => all - through;
      const sorted = (rows: Map<string, Moved>) =>
        [...rows.values()].sort((a, b) => left(b) - left(a) || b.people - a.people);
      return { applications: sorted(byApplication), groups: sorted(byGroup) };
    },
  };
}
