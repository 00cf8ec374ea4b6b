import { createHash } from 'node:crypto';
import type { Profile } from '../../core/account.ts';
import type { Person } from '../../core/person.ts';
import type { Said } from '../../core/said.ts';
import type { Settings, Ways } from './settings.ts';

/** Claims of an ID token that was checked. */
export type Claims = Readonly<Record<string, unknown>>;

const MOST_VALUES = 20;
const LONGEST = 200;
/** Groups that a claim may name; with more it is taken for one that doesn't name all. */
const MOST_GROUPS = 2_000;

/** Texts of a claim that has one or a list. */
export function textsOf(value: unknown): string[] {
  const all: unknown[] = Array.isArray(value) ? value : [value];
  return all.filter((one): one is string => typeof one === 'string' && one !== '' && one.length <= LONGEST);
}

const textOf = (value: unknown): string | undefined => textsOf(value)[0];

/** Nobody else's, whatever tenant or provider says it: never a name or an address, which change and are given anew. */
export const keyOf = (issuer: string, claim: string, value: string): string =>
  createHash('sha256')
    .update(JSON.stringify(['iss', issuer, claim, value]))
    .digest('base64url');

/** What it says of how somebody was shown, by the names that tables use. */
export function saidIn(claims: Claims): Said {
  const names = ['acr', 'amr', 'acrs'] as const;
  const said = names.map((name) => [name, textsOf(claims[name]).slice(0, MOST_VALUES)] as const);
  const { auth_time: time } = claims;
  return {
    values: Object.fromEntries(said.filter(([, values]) => values.length > 0)),
    ...(typeof time === 'number' && Number.isFinite(time) && time > 0 ? { at: time * 1000 } : {}),
    ...(typeof claims.sid === 'string' && claims.sid.length <= LONGEST ? { session: claims.sid } : {}),
  };
}

/**
 * When its session ends at the latest (OpenID Connect Enterprise Extensions, `session_expiry`): epoch milliseconds. An end
 * that can't be read, or has come, is a reason to believe nothing.
 */
export function endIn({ session_expiry: end }: Claims, now: number): { until?: number } | { reason: string } {
  if (end === undefined) return {};
  if (typeof end !== 'number' || !Number.isFinite(end)) return { reason: 'session_expiry is no time' };
  return end * 1000 > now ? { until: end * 1000 } : { reason: 'session_expiry has passed' };
}

/** Who it is, and what is said of how they were shown; a reason where nobody of that provider's and tenant's. */
export function identified(
  claims: Claims,
  { issuer, claims: names }: Pick<Settings, 'issuer' | 'claims'>,
  { subject, requires, groups }: Pick<Ways, 'subject' | 'requires' | 'groups'>,
): { person: Person; said: Said } | { reason: string } {
  const value = claims[subject];
  if (typeof value !== 'string') return { reason: `no claim ${subject}` };
  for (const [name, allowed] of Object.entries(requires)) {
    if (!textsOf(claims[name]).some((one) => allowed.includes(one))) return { reason: `${name} is another` };
  }
  const key = keyOf(issuer, subject, value);
  return { person: personIn(claims, key, { claims: names, groups }), said: { ...saidIn(claims), key } };
}

/** Whether claims say how somebody is called, and so all else of them that the provider would. */
export const describes = (claims: Claims, { claims: names }: Pick<Settings, 'claims'>): boolean =>
  textOf(claims[names.username ?? 'preferred_username']) !== undefined;

/** A person, as their provider describes them. */
export function personIn(
  claims: Claims,
  key: string,
  { claims: names, ...settings }: Pick<Settings, 'claims'> & Pick<Ways, 'groups'>,
): Person {
  const email = textOf(claims[names.email ?? 'email']);
  const username =
    textOf(claims[names.username ?? 'preferred_username']) ?? email ?? String(claims.sub).slice(0, LONGEST);
  const groups = groupsIn(claims, settings.groups);
  const profile = profileIn(claims, names);
  return {
    ...{ key, username, name: textOf(claims[names.name ?? 'name']) ?? username, status: 'active' },
    ...(email === undefined ? {} : { email }),
    ...(groups ? { groups } : {}),
    ...(Object.keys(profile).length > 0 ? { profile } : {}),
  };
}

/**
 * What their groups stand for here: another house names none of ours by itself. A claim that isn't there, or that only
 * says where the groups could be read (Entra, from 200 on: `_claim_names`), leaves them unknown, which isn't none.
 */
function groupsIn(claims: Claims, { claim, map, always }: Ways['groups']): string[] | undefined {
  if (map === undefined) return [...always];
  const elsewhere = claims._claim_names;
  const isElsewhere = typeof elsewhere === 'object' && elsewhere !== null && claim in elsewhere;
  const given = claims[claim];
  if (isElsewhere || claims.hasgroups !== undefined || given === undefined) return undefined;
  if (Array.isArray(given) && given.length > MOST_GROUPS) return undefined;
  const mapped = textsOf(given).flatMap((theirs) => (Object.hasOwn(map, theirs) ? [map[theirs] as string] : []));
  return [...new Set([...always, ...mapped])];
}

function profileIn(claims: Claims, names: Settings['claims']): Profile {
  const texts = {
    givenName: textOf(claims[names.givenName ?? 'given_name']),
    familyName: textOf(claims[names.familyName ?? 'family_name']),
    phone: textOf(claims[names.phone ?? 'phone_number']),
    department: textOf(claims[names.department ?? 'department']),
    locale: textOf(claims[names.locale ?? 'locale']),
  };
  // Entra says it of the address' domain alone, and only where that is verified (`xms_edov`).
  const verified = claims.email_verified ?? claims.xms_edov;
  const isVerified = verified === true || verified === 1 || verified === '1' || verified === 'true';
  return {
    ...Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== undefined)),
    ...(verified === undefined ? {} : { emailVerified: isVerified }),
  };
}
