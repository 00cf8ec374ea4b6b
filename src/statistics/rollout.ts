import type { Account } from '../core/account.ts';
import type { Application } from '../core/application.ts';
import { reaches } from '../core/assurance.ts';
import type { Facts, Rule } from '../core/policy.ts';
import { matches, standing } from '../policy/index.ts';

/** From when on a second step is asked of somebody, and by which rule: `default` where none names a level. */
export interface Due {
  /** Epoch milliseconds; absent: it is already. */
  at?: number;
  rule: string;
}

const AT_ONCE = Number.NEGATIVE_INFINITY;

/**
 * When the rules ask a second step of people who have none: for any application that isn't the gateway's own, from
 * a network that no rule names. Grace of their own counts.
 */
export function createRollout(rules: readonly Rule[], applications: Iterable<Application>) {
  const named = [...applications].filter(({ internal }) => !internal).map(({ id }) => id);
  /** Applications under the same rules ask for the same. */
  const kinds = new Map(
    named.map((id): [string, string] => [
      rules.flatMap((rule, index) => (rule.applications?.includes(id) === false ? [] : [index])).join(),
      id,
    ]),
  );

  function dueFor(application: string, account: NonNullable<Facts['account']>, now: number): Due | undefined {
    const facts: Facts = { now, application, account, networks: [] };
    const looked = rules
      .filter((rule) => rule.level !== undefined && matches(rule, facts))
      .map((rule) => ({ rule, ...standing(rule, facts) }));
    const inForce = looked.filter(({ effect }) => effect === 'applied');
    if (inForce.length === 0) return { rule: 'default' };
    const asking = looked.filter(({ rule }) => reaches(rule.level, 'mfa'));
    const first = asking.find(({ effect }) => effect === 'applied');
    if (first) return { rule: first.rule.name };
    const dates = asking.flatMap(({ rule, until }) => (until === undefined ? [] : [{ at: until, rule: rule.name }]));
    return dates.sort((a, b) => a.at - b.at)[0];
  }

  /** The earliest; undefined where a password is all that is ever asked for. */
  return function dueOf({ id, groups, createdAt }: Account, now: number): Due | undefined {
    const account = { id, groups, createdAt, enrolled: false };
    const dues = [...kinds.values()].flatMap((application) => dueFor(application, account, now) ?? []);
    return dues.sort((a, b) => (a.at ?? AT_ONCE) - (b.at ?? AT_ONCE))[0];
  };
}
