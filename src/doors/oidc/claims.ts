import type { Client, Provider } from 'oidc-provider';
import type { Account, PostalAddress } from '../../core/account.ts';
import { seconds } from './sessions.ts';

/** Scopes of OpenID Connect that are served; a resource server brings its own. */
export const SCOPES: readonly string[] = ['openid', 'offline_access', 'profile', 'email', 'phone', 'address', 'groups'];

/** Claims by scope (OpenID Connect Core section 5.4); `acr`, `amr` and `auth_time` come with every ID token. */
export const CLAIMS = {
  openid: ['sub', 'acr', 'amr', 'auth_time'],
  profile: ['name', 'given_name', 'family_name', 'preferred_username', 'locale', 'updated_at'],
  email: ['email', 'email_verified'],
  phone: ['phone_number', 'phone_number_verified'],
  address: ['address'],
  groups: ['groups'],
};

const SCOPE_OF: ReadonlyMap<string, string> = new Map(
  Object.entries(CLAIMS).flatMap(([scope, claims]) => claims.map((claim) => [claim, scope] as const)),
);

/** Which claims an application may have at all: those of its scopes, whatever its requests ask for one by one. */
export function allowedTo(client: Pick<Client, 'scope'> | undefined): (claim: string) => boolean {
  const scopes = ['openid', ...(client?.scope?.split(' ') ?? [])];
  return (claim) => scopes.includes(SCOPE_OF.get(claim) ?? '');
}

/**
 * The `claims` parameter asks for what the application may have, and for nothing else: nobody is asked for consent to
 * the rest, and no grant holds it.
 */
export function withinScopes(provider: Provider): void {
  // The published types lack this getter of the provider's.
  const { prototype } = (provider as unknown as { OIDCContext: { prototype: object } }).OIDCContext;
  const original = Object.getOwnPropertyDescriptor(prototype, 'requestParamClaims')?.get;
  if (original === undefined) throw new Error('oidc-provider has no requestParamClaims');
  Object.defineProperty(prototype, 'requestParamClaims', {
    get(this: { client?: Client }) {
      const asked: ReadonlySet<string> = original.call(this);
      return new Set([...asked].filter(allowedTo(this.client)));
    },
  });
}

/** What isn't known is undefined, and so isn't sent (OpenID Connect Core section 5.3.2). */
export function claimsOf(person: Account, allowed: (claim: string) => boolean): { sub: string } {
  const { id, name, username, email, groups, locale, profile = {} } = person;
  const claims = {
    name,
    given_name: profile.givenName,
    family_name: profile.familyName,
    preferred_username: username,
    locale: locale ?? profile.locale,
    updated_at: profile.updatedAt === undefined ? undefined : seconds(profile.updatedAt),
    email,
    email_verified: email === undefined ? undefined : profile.emailVerified,
    phone_number: profile.phone,
    phone_number_verified: profile.phone === undefined ? undefined : profile.phoneVerified,
    address: profile.address && addressOf(profile.address),
    groups,
  };
  return { sub: id, ...Object.fromEntries(Object.entries(claims).filter(([claim]) => allowed(claim))) };
}

/** OpenID Connect Core section 5.1.1. */
function addressOf({ formatted, streetAddress, locality, region, postalCode, country }: PostalAddress) {
  return {
    formatted,
    street_address: streetAddress,
    locality,
    region,
    postal_code: postalCode,
    country,
  };
}
