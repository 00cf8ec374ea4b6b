import { INTERNAL_APPLICATIONS } from '../../core/application.ts';
import { UPSTREAM } from '../../core/said.ts';
import { gapsOf } from '../../policy/index.ts';
import { dateWords, momentIn, rulesOf } from './calendars.ts';
import type { Fault } from './faults.ts';
import type { Subject } from './subject.ts';
import { suggestion } from './suggest.ts';
import { isTree, type Path, type Tree, valueAt } from './tree.ts';

/** What a rule names must exist: a misspelt condition would make a rule match nobody, silently. */
export function ruleFaults({ tree, parsed }: Subject): Fault[] {
  const rules = valueAt(tree, ['policy', 'rules']);
  const suggested = suggestionFaults(tree);
  if (!Array.isArray(rules)) return suggested;
  const known = {
    applications: [...keys(tree.applications), ...INTERNAL_APPLICATIONS],
    networks: keys(tree.networks),
    notNetworks: keys(tree.networks),
    factors: [...keys(tree.factors), UPSTREAM],
  };
  const gaps = gapFaults(parsed);
  const ofRules = rules.flatMap((rule: unknown, index) => {
    if (!isTree(rule)) return [];
    const names = Object.entries(known).flatMap(([key, ids]) => unknownNames(rule, index, key, ids));
    const enabled = known.factors;
    return [...names, ...calendarFaults(rule, index, enabled), ...repeatedName(rules, rule, index)];
  });
  return [...ofRules, ...gaps, ...suggested];
}

function suggestionFaults(tree: Tree): Fault[] {
  const suggestions = valueAt(tree, ['policy', 'suggestions']);
  if (!Array.isArray(suggestions)) return [];
  const enabled = keys(tree.factors);
  return suggestions.flatMap((one: unknown, index) => {
    const factor = isTree(one) ? one.factor : undefined;
    if (typeof factor !== 'string' || enabled.includes(factor)) return [];
    return [{ path: ['policy', 'suggestions', index, 'factor'], message: `${factor} isn't in factors` }];
  });
}

const WHERE: Readonly<Record<string, string>> = {
  applications: 'applications',
  networks: 'networks',
  notNetworks: 'networks',
  factors: 'factors',
};

/** Periods by themselves: what they name, and that they end after they begin. */
function calendarFaults(rule: Tree, index: number, enabled: readonly string[]): Fault[] {
  const { factors } = rule;
  if (!Array.isArray(factors)) return [];
  return factors.flatMap((period: unknown, place) => {
    if (!isTree(period)) return [];
    const path = ['policy', 'rules', index, 'factors', place];
    return [...unknownIn(period.use, [...path, 'use'], enabled, 'factors'), ...backwards(period, path)];
  });
}

function backwards({ from, until }: Tree, path: Path): Fault[] {
  if (typeof from !== 'string' || typeof until !== 'string') return [];
  if (!(momentIn(from, 'UTC') >= momentIn(until, 'UTC'))) return [];
  return [{ path: [...path, 'until'], message: `must be after from, ${from}: until is no part of the period` }];
}

/** Between periods: then nobody could show anything. That one ends at last may be meant, and is a warning. */
function gapFaults({ policy, timeZone }: Subject['parsed']): Fault[] {
  return rulesOf(policy?.rules ?? [], timeZone).flatMap((rule, index) =>
    gapsOf(rule).flatMap(({ from, until }) => {
      if (until === undefined) return [];
      const since = Number.isFinite(from) ? `from ${dateWords(from, timeZone)} ` : '';
      const message = `lets in no factor ${since}until ${dateWords(until, timeZone)}: have one period begin where another ends`;
      return [{ path: ['policy', 'rules', index, 'factors'], message }];
    }),
  );
}

function unknownNames(rule: Tree, index: number, key: string, known: readonly string[]): Fault[] {
  return unknownIn(rule[key], ['policy', 'rules', index, key], known, WHERE[key] ?? key);
}

function unknownIn(named: unknown, path: Path, known: readonly string[], section: string): Fault[] {
  if (!Array.isArray(named)) return [];
  return named.flatMap((name: unknown, place) => {
    if (typeof name !== 'string' || known.includes(name)) return [];
    const hint = suggestion(name, known) || `; known: ${known.join(', ') || 'none'}`;
    return [{ path: [...path, place], message: `${name} isn't in ${section}${hint}` }];
  });
}

function repeatedName(rules: readonly unknown[], rule: Tree, index: number): Fault[] {
  const first = rules.findIndex((other) => isTree(other) && other.name === rule.name);
  if (typeof rule.name !== 'string' || first === index) return [];
  return [
    {
      path: ['policy', 'rules', index, 'name'],
      message: `is the name of policy.rules[${first}] as well: choose another`,
    },
  ];
}

function keys(value: unknown): string[] {
  return isTree(value) ? Object.keys(value) : [];
}
