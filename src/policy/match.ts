import { configuredId } from '../core/application.ts';
import type { Facts, Reason, Rule } from '../core/policy.ts';

type Condition = (rule: Rule, facts: Facts) => boolean;

/** An absent or empty list binds nothing. */
function given(list: readonly string[] | undefined): list is readonly string[] {
  return list !== undefined && list.length > 0;
}

function overlap(a: readonly string[], b: readonly string[]): boolean {
  return a.some((value) => b.includes(value));
}

/**
 * The conditions of a rule; a rule matches when all of them hold. Conditions on groups, negated
 * ones too, hold for nobody before the person is known, and for everybody whose groups aren't known.
 */
const CONDITIONS: readonly Condition[] = [
  ({ applications }, facts) => !given(applications) || applications.includes(configuredId(facts.application)),
  ({ groups }, { account }) => !given(groups) || (account !== undefined && inAny(groups, account.groups) !== false),
  ({ notGroups }, { account }) =>
    !given(notGroups) || (account !== undefined && inAny(notGroups, account.groups) !== true),
  ({ networks }, facts) => !given(networks) || overlap(networks, facts.networks),
  ({ notNetworks }, facts) => !given(notNetworks) || !overlap(notNetworks, facts.networks),
];

/** Whether somebody is in one of these; undefined where that isn't known. */
function inAny(groups: readonly string[], theirs: readonly string[] | undefined): boolean | undefined {
  return theirs && overlap(groups, theirs);
}

/** Whether it matches because nobody knows whether it does: such a rule can ask for more, and never for less. */
export function matchesUnknown({ groups, notGroups }: Rule, { account }: Facts): boolean {
  return account !== undefined && account.groups === undefined && (given(groups) || given(notGroups));
}

/** Whether a rule speaks of this sign-in at all, in force or not. */
export function matches(rule: Rule, facts: Facts): boolean {
  return CONDITIONS.every((holds) => holds(rule, facts));
}

/**
 * Whether a matching rule is in force (`applied`), and if not, why and until when (epoch milliseconds).
 * Grace is for a person known not to have enrolled: before the person is known the rule is in force.
 */
export function standing(rule: Rule, facts: Facts): Pick<Reason, 'effect' | 'until'> {
  const { from = 0, grace } = rule;
  if (facts.now < from) return { effect: 'not-yet', until: from };
  if (grace === undefined || facts.account === undefined || facts.account.enrolled) return { effect: 'applied' };
  const until = Math.max(from, facts.account.createdAt) + grace;
  return facts.now < until ? { effect: 'grace', until } : { effect: 'applied' };
}
