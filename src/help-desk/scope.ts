import type { LocalizedText } from '../core/account.ts';

/**
 * What the help desk can do for a person; `reports` is both reading reports and marking one handled. `totals` is about
 * nobody: numbers of everybody's sign-ins and messages.
 */
export const RIGHTS = ['view', 'issue', 'remove', 'unlock', 'end-sessions', 'assign', 'reports', 'totals'] as const;
export type Right = (typeof RIGHTS)[number];

/** Rights to read; they show nobody's page. */
export const READING: readonly Right[] = ['reports', 'totals'];

/** People in any of `groups` and in none of `notGroups`. Without groups it is nobody, never everybody. */
export interface Over {
  groups: readonly string[];
  notGroups?: readonly string[] | undefined;
}

/** What may be done, and to whom. */
export interface Grant {
  over: Over;
  may: readonly Right[];
}

/** A grant for the people in any of `groups`. */
export interface AgentRule extends Grant {
  name: string;
  groups: readonly string[];
}

export interface TextCosts {
  currency: string;
  prices: Readonly<Record<string, number>>;
  other: number;
  monthly?: number | undefined;
}

export interface HelpDeskSettings {
  agents: readonly AgentRule[];
  /** Whether agents may act on those whose rights are the same as theirs. */
  overEquals: boolean;
  /** What a text message costs, by country (ISO 3166-1), and what a month may; in that currency (ISO 4217). */
  textCosts?: TextCosts | undefined;
  /** How groups begin that name departments, for the reports. */
  departmentPrefix?: string | undefined;
  /** Identity checks; every one of them is ticked before anything is done. */
  checklist: readonly LocalizedText[];
}

/**
 * A person, as far as scope is concerned; the groups as their directory has them now. Whose groups it doesn't say is
 * in nobody's scope, and no agent.
 */
export interface Subject {
  id: string;
  groups?: readonly string[] | undefined;
}

/** Who acts: a person, or a script, which is no account. */
export interface Actor {
  id?: string;
  grants: readonly Grant[];
}

const overlap = (some: readonly string[], others: readonly string[]) => some.some((one) => others.includes(one));

/** What the configuration gives to a person; rules join. */
export function grantsOf(agents: readonly AgentRule[], person: Subject): AgentRule[] {
  return agents.filter(({ groups }) => overlap(groups, person.groups ?? []));
}

/** Whoever may do something to a person must see whom they have before them. */
export function has({ may }: Grant, right: Right): boolean {
  return may.includes(right) || (right === 'view' && may.some((other) => !READING.includes(other)));
}

/** Groups that say in whose scope somebody is: of two people in the same of these, each agent may do the same. */
export function scopeGroups(agents: readonly AgentRule[]): string[] {
  return [...new Set(agents.flatMap(({ groups, over }) => [...groups, ...over.groups, ...(over.notGroups ?? [])]))];
}

function includes({ groups, notGroups = [] }: Over, { groups: theirs = [] }: Subject): boolean {
  return overlap(groups, theirs) && !overlap(notGroups, theirs);
}

/**
 * Whether whatever `theirs` allow, to whomever, `mine` allow as well. Read from the configuration alone, whoever is
 * in its groups today: where it can't be told, the answer is no.
 */
export function covers(mine: readonly Grant[], theirs: readonly Grant[]): boolean {
  return theirs.every((their) =>
    RIGHTS.filter((right) => has(their, right)).every((right) =>
      their.over.groups.every((group) =>
        mine.some(
          (own) =>
            has(own, right) &&
            own.over.groups.includes(group) &&
            (own.over.notGroups ?? []).every((spared) => their.over.notGroups?.includes(spared)),
        ),
      ),
    ),
  );
}

/**
 * Whether this may be done to this person. Never to oneself. To another agent only where their rights are fewer and
 * lie within one's own: whoever issues a pass could sign in with it, and must not get further by that than before.
 */
export function mayActOn(
  settings: Pick<HelpDeskSettings, 'agents' | 'overEquals'>,
  { id, grants }: Actor,
  target: Subject,
  right: Right,
): boolean {
  if (id === target.id) return false;
  if (!grants.some((grant) => has(grant, right) && includes(grant.over, target))) return false;
  const theirs = grantsOf(settings.agents, target);
  if (theirs.length === 0) return true;
  return covers(grants, theirs) && (settings.overEquals || !covers(theirs, grants));
}
