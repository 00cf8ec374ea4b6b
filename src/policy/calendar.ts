import type { FactorPeriod, Facts, Requirement, Rule } from '../core/policy.ts';
import { decide, type Limits } from './decide.ts';
import { matches } from './match.ts';
import { holdsAt } from './periods.ts';

/** A stretch of time in which a calendar says nothing. Epoch milliseconds; without `until` it doesn't end. */
export interface Gap {
  from: number;
  until?: number;
}

/** A decision that comes after the present one, and from when on it holds. */
export interface Later {
  at: number;
  requirement: Requirement;
}

/** Borders that one decision looks ahead to: whoever writes more is not answered for the far ones. */
const MOST_BORDERS = 50;

/** The borders of a calendar in order, from a moment on. */
function bordersOf(calendar: readonly FactorPeriod[], after: number): number[] {
  const times = calendar.flatMap(({ from, until }) => [from, until]).filter((at) => at !== undefined);
  return [...new Set(times)].filter((at) => at > after).sort((a, b) => a - b);
}

/** Since the rule is in force: when none of its periods holds, so that nobody can show anything. */
export function gapsOf({ calendar, from = Number.NEGATIVE_INFINITY }: Rule): Gap[] {
  if (calendar === undefined) return [];
  const starts = [from, ...bordersOf(calendar, from)];
  const holds = (at: number) => calendar.some((period) => holdsAt(period, at));
  const gaps: Gap[] = [];
  for (const [index, start] of starts.entries()) {
    if (holds(start)) continue;
    const until = starts[index + 1];
    const last = gaps.at(-1);
    if (last?.until === start) gaps.pop();
    gaps.push({ from: last?.until === start ? last.from : start, ...(until === undefined ? {} : { until }) });
  }
  return gaps;
}

/** When what the rules ask can change by itself, from a moment on: calendars' borders and rules' own dates. */
export function datesOf(rules: readonly Rule[], after: number): number[] {
  const times = rules.flatMap(({ from, calendar = [] }) => [
    ...(from !== undefined && from > after ? [from] : []),
    ...bordersOf(calendar, after),
  ]);
  return [...new Set(times)].sort((a, b) => a - b);
}

/**
 * How the decision will change with the calendars of the rules that match, in order: each date on which other factors
 * are let in than before. Nothing else is looked ahead for: networks, groups and grace as they are now.
 */
export function outlook(rules: readonly Rule[], facts: Facts, limits?: Limits): Later[] {
  const speaking = rules.filter((rule) => matches(rule, facts));
  if (speaking.every(({ calendar }) => calendar === undefined)) return [];
  let before = decide(rules, facts, limits);
  return datesOf(speaking, facts.now)
    .slice(0, MOST_BORDERS)
    .flatMap((at) => {
      const requirement = decide(rules, { ...facts, now: at }, limits);
      const same = String(requirement.factors) === String(before.factors) && requirement.deny === before.deny;
      before = requirement;
      return same ? [] : [{ at, requirement }];
    });
}

/** A date on which factors that are let in now are so no more, and which are from then on; none: nobody gets in. */
export interface Ending {
  at: number;
  ends: readonly string[];
  after: readonly string[];
}

/** The first such date that lies ahead for somebody. */
export function endingOf(rules: readonly Rule[], facts: Facts, limits?: Limits): Ending | undefined {
  const { factors: now } = decide(rules, facts, limits);
  for (const { at, requirement } of outlook(rules, facts, limits)) {
    const after = requirement.deny ? [] : (requirement.factors ?? []);
    const ends = (now ?? []).filter((factor) => !after.includes(factor));
    if (ends.length > 0) return { at, ends, after };
  }
  return undefined;
}
