import type { LocalizedText } from './account.ts';

/** By what people go, and what may stand around it. */
export interface SignInWith {
  names: readonly ('username' | 'email')[];
  /** What may stand before a backslash, as a Windows domain. */
  domains: readonly string[];
  /** What may stand after the last @ of a user name, as a realm. */
  realms: readonly string[];
  /** What the institution calls it, in the place of the password factor's own words. */
  label?: LocalizedText | undefined;
  hint?: LocalizedText | undefined;
}

/** Names that are for one directory alone: what may stand behind the last @, and before a backslash. */
export type Route = Pick<SignInWith, 'realms' | 'domains'>;

/** By what people go where directories have realms and domains of their own. */
export function routedTo<T extends SignInWith>(signInWith: T, routes: Iterable<Route>): T {
  const all = [signInWith, ...routes];
  const of = (key: keyof Route) => [...new Set(all.flatMap((route) => route[key]))];
  return { ...signInWith, realms: of('realms'), domains: of('domains') };
}

/** Longest name that is looked up, in UTF-16 code units. */
const LONGEST = 256;

/**
 * What names and addresses are compared by: compatibility characters and width, case and outer white space don't
 * count (after RFC 8265 section 3.3, UsernameCaseMapped). Undefined where none can be meant.
 */
export function foldName(typed: string): string | undefined {
  if (typed.length > LONGEST) return undefined;
  // Lower case can decompose, and what it gives can compose again: the second round settles it.
  const fold = (text: string) => text.normalize('NFKC').toLowerCase().normalize('NFKC');
  const folded = fold(fold(typed)).trim();
  return folded === '' ? undefined : folded;
}

/** What records of people are found by whose address it is; undefined where it is nobody's. */
export function emailKey(email: string): string | undefined {
  const name = foldName(email);
  return name === undefined ? undefined : `email:${name}`;
}

/** A name as typed, read in all the ways that are configured. Folded. */
export interface Login {
  /** Without domain or realm: what attempts are counted under, whoever goes by it. */
  name: string;
  /** User names that may be meant. */
  usernames: string[];
  /** A mail address that may be meant. */
  email?: string;
  /** What stands behind the last @, where it is configured. */
  realm?: string;
  /** What stands before the backslash, where it is configured. */
  domain?: string;
}

const folded = (names: readonly string[]) => names.flatMap((name) => foldName(name) ?? []);

/** The ways in which a name can be read; undefined where it can be nobody's. */
export function readLogin(typed: string, { names, domains, realms }: SignInWith): Login | undefined {
  const whole = foldName(typed);
  if (whole === undefined) return undefined;
  const [, domain = '', after = ''] = /^([^\\]+)\\(.+)$/su.exec(whole) ?? [];
  const [, before = '', realm = ''] = /^(.+)@([^@]+)$/su.exec(whole) ?? [];
  const inDomain = folded(domains).includes(domain);
  const inRealm = !inDomain && folded(realms).includes(realm);
  const name = inDomain ? after : inRealm ? before : whole;
  // Who is called by the whole of it in the directory is meant by the part as well.
  const wholes = inDomain || whole.includes('@') ? [] : folded(realms).map((one) => `${name}@${one}`);
  return {
    name,
    usernames: names.includes('username') ? [...new Set([name, ...(inDomain ? [] : [whole]), ...wholes])] : [],
    ...(names.includes('email') && !inDomain && whole.includes('@') ? { email: whole } : {}),
    ...(inDomain ? { domain } : inRealm ? { realm } : {}),
  };
}

/** What people are found by who are called so: by each of it nobody else may be found. */
export function loginsOf(
  { username, aliases = [], email }: { username: string; aliases?: readonly string[]; email?: string | undefined },
  { names, realms }: SignInWith,
): string[] {
  const bare = [username, ...aliases].flatMap((name) =>
    name.includes('@') ? [name] : [name, ...realms.map((realm) => `${name}@${realm}`)],
  );
  return [...(names.includes('username') ? bare : []), ...(names.includes('email') && email ? [email] : [])];
}

/**
 * Whether a directory is asked about a name: one with a realm or domain of some directories is for those alone, any
 * other one for all.
 */
export function isFor({ realm, domain }: Login, own: Route, all: Iterable<Route>): boolean {
  const has = (route: Route): boolean =>
    (realm !== undefined && folded(route.realms).includes(realm)) ||
    (domain !== undefined && folded(route.domains).includes(domain));
  return has(own) || ![...all].some(has);
}
