import { createHash } from 'node:crypto';
import type { Profile } from '../../core/account.ts';
import type { Person } from '../../core/person.ts';
import type { Said } from '../../core/said.ts';

/** Claims of an ID token that was checked. */
export type Claims = Readonly<Record<string, unknown>>;

const MOST_VALUES = 20;
const LONGEST = 200;

/** Texts of a claim that has one or a list. */
export function textsOf(value: unknown): string[] {
  const all: unknown[] = Array.isArray(value) ? value : [value];
  return all.filter((one): one is string => typeof one === 'string' && one !== '' && one.length <= LONGEST);
}

const textOf = (value: unknown): string | undefined => textsOf(value)[0];

/** Nobody else's, whatever tenant or provider says it: never a name or an address, which change and are given anew. */
export const keyOf = (issuer: string, subject: string): string =>
  createHash('sha256')
    .update(JSON.stringify(['iss', issuer, 'sub', subject]))
    .digest('base64url');

/** What it says of how somebody was shown, by the names that tables use. */
export function saidIn(claims: Claims): Said {
  const names = ['acr', 'amr', 'acrs'] as const;
  const said = names.map((name) => [name, textsOf(claims[name]).slice(0, MOST_VALUES)] as const);
  const { auth_time: time } = claims;
  return {
    values: Object.fromEntries(said.filter(([, values]) => values.length > 0)),
    ...(typeof time === 'number' && Number.isFinite(time) && time > 0 ? { at: time * 1000 } : {}),
  };
}

/** A person, as their provider describes them. */
export function personIn(claims: Claims, key: string): Person {
  const email = textOf(claims.email);
  const username = textOf(claims.preferred_username) ?? email ?? String(claims.sub);
  const groups = Array.isArray(claims.groups) ? textsOf(claims.groups) : undefined;
  const profile = profileIn(claims);
  return {
    key,
    username: username.slice(0, LONGEST),
    name: textOf(claims.name) ?? username.slice(0, LONGEST),
    ...(email === undefined ? {} : { email }),
    ...(groups ? { groups } : {}),
    status: 'active',
    ...(Object.keys(profile).length > 0 ? { profile } : {}),
  };
}

function profileIn(claims: Claims): Profile {
  const givenName = textOf(claims.given_name);
  const familyName = textOf(claims.family_name);
  const verified = claims.email_verified;
  return {
    ...(givenName === undefined ? {} : { givenName }),
    ...(familyName === undefined ? {} : { familyName }),
    ...(typeof verified === 'boolean' ? { emailVerified: verified } : {}),
  };
}
