import { highest, type Level, reaches } from '../core/assurance.ts';
import type { Facts, Reason, Requirement, Rule } from '../core/policy.ts';
import { matches, matchesUnknown, standing } from './match.ts';
import { factorsAt } from './periods.ts';
import { demandsOf } from './words.ts';

/** Bounds that no rule can widen, milliseconds. */
export interface Limits {
  /** Life of a remembered device. */
  remember: number;
}

const DEFAULT_LIMITS: Limits = { remember: 30 * 86_400_000 };

/** What holds where no rule in force names a level. */
const DEFAULT_RULE: Rule = { name: 'default', level: 'mfa', remember: 'never' };

/**
 * What policy demands of this sign-in, and why. Pure: the rules that match and are in force join
 * component-wise, so their order doesn't matter and one more in force never demands less. Where none
 * of them names a level the default joins them: `mfa`, never remembered. Nor does a rule lower what the default asks
 * where it isn't known whether it is about this person.
 */
export function decide(rules: readonly Rule[], facts: Facts, limits: Limits = DEFAULT_LIMITS): Requirement {
  const looked = rules
    .filter((rule) => matches(rule, facts))
    .map(withImpliedRemember)
    .map((rule) => ({ rule, ...standing(rule, facts) }));
  const inForce = looked.filter(({ effect }) => effect === 'applied').map(({ rule }) => rule);
  const reasons = looked.map(({ rule, effect, until }) => reasonOf(rule, effect, until)).sort(byRule);
  const sure = inForce.filter((rule) => !matchesUnknown(rule, facts));
  const named = sure.some(({ level }) => level !== undefined);
  const joined = join(named ? inForce : [...inForce, DEFAULT_RULE], facts.now, limits);
  return {
    ...joined,
    ...connectionOf(joined, inForce, sure),
    ...shortestWithout(inForce, sure),
    reasons: named ? reasons : [...reasons, reasonOf(DEFAULT_RULE, 'default')],
  };
}

/** The joins, a row per component. */
function join(
  rules: readonly Rule[],
  now: number,
  limits: Limits,
): Omit<Requirement, 'reasons' | 'withoutDirectory' | 'connection'> {
  const level = rules.flatMap((rule) => rule.level ?? []).reduce<Level>(highest, 'sfa');
  const factors = common(rules.flatMap((rule) => [factorsAt(rule, now)].filter((list) => list !== undefined)));
  const freshness = rules.flatMap((rule) => rule.freshness ?? []);
  const remember = rules.flatMap((rule) => rule.remember ?? []);
  return {
    deny: rules.some((rule) => rule.deny === true) || factors?.length === 0,
    level,
    ...(freshness.length > 0 && { freshness: Math.min(...freshness) }),
    ...(factors && { factors }),
    remember: reaches(level, 'phr') ? 0 : Math.min(limits.remember, ...remember.map(asWindow)),
    perRequest: remember.includes('never'),
    firstEnrolment: rules.every((rule) => rule.firstEnrolment !== false),
  };
}

/**
 * The shortest that is said, where at least one rule that is surely about this person says it, else 0: rules without a
 * word on it neither allow nor forbid.
 */
function shortest(
  what: 'connection' | 'dangerouslyWithoutDirectory',
  inForce: readonly Rule[],
  sure: readonly Rule[],
): number {
  if (sure.every((rule) => rule[what] === undefined)) return 0;
  return Math.min(...inForce.flatMap((rule) => rule[what] ?? []).map(asWindow));
}

function shortestWithout(inForce: readonly Rule[], sure: readonly Rule[]): Pick<Requirement, 'withoutDirectory'> {
  const withoutDirectory = shortest('dangerouslyWithoutDirectory', inForce, sure);
  return withoutDirectory > 0 ? { withoutDirectory } : {};
}

/** Where nothing may be remembered, or nothing for so long, no connection counts for longer: it is less than a cookie. */
function connectionOf(
  { remember, perRequest }: Pick<Requirement, 'remember' | 'perRequest'>,
  inForce: readonly Rule[],
  sure: readonly Rule[],
): Pick<Requirement, 'connection'> {
  const connection = Math.min(shortest('connection', inForce, sure), perRequest ? 0 : remember);
  return connection > 0 ? { connection } : {};
}

/** Who asks for more than one factor and says nothing of remembering doesn't get it by accident. */
function withImpliedRemember(rule: Rule): Rule {
  return rule.remember === undefined && reaches(rule.level, 'mfa') ? { ...rule, remember: 'never' } : rule;
}

function asWindow(said: number | 'never'): number {
  return said === 'never' ? 0 : Math.max(0, said);
}

/** What all lists have in common, sorted; undefined where there is no list. */
function common(lists: readonly (readonly string[])[]): string[] | undefined {
  const [first, ...others] = lists;
  return first && [...new Set(first)].filter((factor) => others.every((list) => list.includes(factor))).sort();
}

function reasonOf(rule: Rule, effect: Reason['effect'], until?: number): Reason {
  return { rule: rule.name, effect, demands: demandsOf(rule), ...(until !== undefined && { until }) };
}

/** By name; rules of one name by what they say, so that the order of the rules never shows. */
function byRule(a: Reason, b: Reason): number {
  const [left, right] = [JSON.stringify(a), JSON.stringify(b)];
  if (a.rule !== b.rule) return a.rule < b.rule ? -1 : 1;
  return left < right ? -1 : Number(left > right);
}
