import type { Account } from '../core/account.ts';
import type { Facts, Rule } from '../core/policy.ts';

/** Kinds of people that are remembered: to each the same rules speak. */
const MOST_KINDS = 2_000;

/** The same answer for everybody who is in the same of the groups that rules speak of: nobody else is told apart. */
export function byKind<T>(rules: readonly Rule[], answerOf: (account: Account) => T): (account: Account) => T {
  const named = new Set(rules.flatMap(({ groups = [], notGroups = [] }) => [...groups, ...notGroups]));
  const kinds = new Map<string, T>();
  return (account) => {
    const kind = JSON.stringify(account.groups?.filter((group) => named.has(group)).sort() ?? null);
    const known = kinds.get(kind) ?? answerOf(account);
    if (kinds.size < MOST_KINDS) kinds.set(kind, known);
    return known;
  };
}

/** A sign-in of theirs, wherever they are: whoever has no method yet, or a time of grace, is to have one by then. */
export function factsOf({ id, groups, createdAt }: Account, application: string, now: number): Facts {
  return { now, application, account: { id, groups, createdAt, enrolled: true }, networks: [] };
}
