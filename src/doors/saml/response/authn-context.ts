import { type AcrTable, LEVELS, type Level, reaches } from '../../../core/assurance.ts';
import type { Wants } from '../../../core/sign-in.ts';
import type { AuthnRequest } from '../../../saml/index.ts';
import type { Classes } from './classes.ts';

type Requested = NonNullable<AuthnRequest['requestedAuthnContext']>;

/** Means anything (saml-authn-context section 3.4.25): satisfied by whatever was proven, and sent where nothing better is. */
export const UNSPECIFIED = 'urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified';

/** The request's part in this; absent without RequestedAuthnContext. */
export type ContextRequest = Pick<AuthnRequest, 'requestedAuthnContext' | 'forceAuthn'>;

/**
 * What an AuthnRequest asks for of the sign-in (saml-core sections 3.3.2.2.1 and 3.4.1). Undefined where nothing that
 * anybody could prove answers it: NoAuthnContext, without a page.
 */
export function wantsOf(request: ContextRequest, { table, coreName, asksNothing }: Classes): Wants | undefined {
  const force = request.forceAuthn ? { maxAge: 0, reauthenticate: true } : { reauthenticate: false };
  const nothing = { acrValues: [], acrEssential: false, ...force };
  if (request.requestedAuthnContext === undefined) return nothing;
  const accepted = acceptedOf(request.requestedAuthnContext, table);
  if (accepted.length === 0) return undefined;
  const anything = accepted.findIndex((name) => rankOf(name, table) === ANYTHING);
  // What stands behind "anything" is liked less than anything: nobody is asked to prove it.
  // Whoever has signed in at all has proven as much; `classOf` says by which name.
  if (anything < 0 && accepted.some(asksNothing)) return nothing;
  const wanted = [...new Set((anything >= 0 ? accepted.slice(0, anything) : accepted).map(coreName))];
  return { acrValues: wanted, acrEssential: anything < 0, ...force };
}

/**
 * The class to send for a level: the first accepted one that it satisfies; without RequestedAuthnContext the level's
 * own, `acr`. Undefined where none does: NoAuthnContext, never a lower class in silence.
 */
export function classOf(
  request: Pick<ContextRequest, 'requestedAuthnContext'>,
  { table }: Classes,
  evaluation: { level?: Level | undefined; acr?: string | undefined; withheld?: readonly string[] },
): string | undefined {
  if (request.requestedAuthnContext === undefined) return evaluation.acr ?? UNSPECIFIED;
  const { level, withheld = [] } = evaluation;
  const accepted = acceptedOf(request.requestedAuthnContext, table).filter((name) => !withheld.includes(name));
  return accepted.find((name) => satisfies(level, name, table));
}

/** Below every level. */
const ANYTHING = -1;

function rankOf(name: string, table: AcrTable): number | undefined {
  const level = table.get(name);
  if (level !== undefined) return LEVELS.indexOf(level);
  return name === UNSPECIFIED ? ANYTHING : undefined;
}

function satisfies(level: Level | undefined, name: string, table: AcrTable): boolean {
  const wanted = table.get(name);
  return wanted === undefined ? name === UNSPECIFIED : reaches(level, wanted);
}

/** Classes that may be sent in answer, most welcome first. */
function acceptedOf({ classes, comparison, declarations }: Requested, table: AcrTable): string[] {
  if (declarations) return [];
  return ACCEPTED[comparison](classes, table);
}

type Accepted = (classes: readonly string[], table: AcrTable) => string[];

/** One of these. Stronger evidence satisfies a weaker class as well, which is then what is sent. */
const anyOfThem: Accepted = (classes, table) => classes.filter((name) => rankOf(name, table) !== undefined);

const ACCEPTED: Readonly<Record<Requested['comparison'], Accepted>> = {
  exact: anyOfThem,

  /** At least as strong as one of them: whoever is has satisfied that one, which the provider knows by name. */
  minimum: anyOfThem,

  /** As strong as possible, no stronger than the strongest of them. */
  maximum(classes, table) {
    const ranks = classes.flatMap((name) => rankOf(name, table) ?? []);
    if (ranks.length === 0) return [];
    const limit = Math.max(...ranks);
    // The provider's own names first: it knows them.
    const names = [...new Set([...anyOfThem(classes, table), ...table.keys()])];
    const within = strongestFirst(names, table).filter(
      (name) => (rankOf(name, table) ?? Number.POSITIVE_INFINITY) <= limit,
    );
    return within;
  },

  /** Stronger than each of them. Nothing is known to be stronger than a class that isn't known. */
  better(classes, table) {
    const ranks = classes.map((name) => rankOf(name, table) ?? Number.POSITIVE_INFINITY);
    const limit = ranks.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...ranks);
    return strongestFirst([...table.keys()], table).filter((name) => (rankOf(name, table) ?? ANYTHING) > limit);
  },
};

/** Within a level the order stays: the first is the one that is sent. */
function strongestFirst(names: readonly string[], table: AcrTable): string[] {
  return [...names].sort((a, b) => (rankOf(b, table) ?? ANYTHING) - (rankOf(a, table) ?? ANYTHING));
}
