import type { FactorPeriod, Rule } from '../core/policy.ts';

/** Whether a period holds at a moment: its end is no part of it. */
export function holdsAt({ from, until }: FactorPeriod, at: number): boolean {
  return (from === undefined || from <= at) && (until === undefined || at < until);
}

/**
 * Whom a rule lets in at a moment: by a calendar the factors of all periods that hold then, and nobody in a gap;
 * undefined where it names none.
 */
export function factorsAt({ factors, calendar }: Rule, at: number): readonly string[] | undefined {
  if (calendar === undefined) return factors;
  return [...new Set(calendar.filter((period) => holdsAt(period, at)).flatMap(({ use }) => use))];
}

/** Whom it lets in at any time. */
export function factorsEver({ factors = [], calendar = [] }: Rule): readonly string[] {
  return [...new Set([...factors, ...calendar.flatMap(({ use }) => use)])];
}
