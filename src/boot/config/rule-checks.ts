import { INTERNAL_APPLICATIONS } from '../../core/application.ts';
import type { Fault } from './faults.ts';
import type { Subject } from './subject.ts';
import { suggestion } from './suggest.ts';
import { isTree, type Tree, valueAt } from './tree.ts';

/** What a rule names must exist: a misspelt condition would make a rule match nobody, silently. */
export function ruleFaults({ tree }: Subject): Fault[] {
  const rules = valueAt(tree, ['policy', 'rules']);
  const suggested = suggestionFaults(tree);
  if (!Array.isArray(rules)) return suggested;
  const known = {
    applications: [...keys(tree.applications), ...INTERNAL_APPLICATIONS],
    networks: keys(tree.networks),
    notNetworks: keys(tree.networks),
    factors: keys(tree.factors),
  };
  const ofRules = rules.flatMap((rule: unknown, index) => {
    if (!isTree(rule)) return [];
    const names = Object.entries(known).flatMap(([key, ids]) => unknownNames(rule, index, key, ids));
    return [...names, ...repeatedName(rules, rule, index)];
  });
  return [...ofRules, ...suggested];
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

function unknownNames(rule: Tree, index: number, key: string, known: readonly string[]): Fault[] {
  const named: unknown = rule[key];
  if (!Array.isArray(named)) return [];
  return named.flatMap((name: unknown, place) => {
    if (typeof name !== 'string' || known.includes(name)) return [];
    const hint = suggestion(name, known) || `; known: ${known.join(', ') || 'none'}`;
    return [{ path: ['policy', 'rules', index, key, place], message: `${name} isn't in ${WHERE[key]}${hint}` }];
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
