import type { Facts, Rule } from '../core/policy.ts';
import { decide } from './decide.ts';

type Condition = 'groups' | 'notGroups' | 'networks' | 'notNetworks';

/**
 * The most that could be allowed while a directory is away, milliseconds: by rules whose conditions can all be looked
 * at, and any one of those that name what can't be seen now. 0: nobody gets in, whoever it is and wherever they are.
 */
export function longestWithout(rules: readonly Rule[], facts: Facts, unseen: readonly Condition[]): number {
  const isBlind = (rule: Rule) => unseen.some((condition) => rule[condition] !== undefined);
  const seen = rules.filter((rule) => !isBlind(rule));
  const perhaps = rules.filter((rule) => isBlind(rule) && typeof rule.dangerouslyWithoutDirectory === 'number');
  const anything = Object.fromEntries(unseen.map((condition) => [condition, []]));
  const cases = [seen, ...perhaps.map((rule) => [...seen, { ...rule, ...anything }])];
  return Math.max(...cases.map((some) => decide(some, facts).withoutDirectory ?? 0));
}
