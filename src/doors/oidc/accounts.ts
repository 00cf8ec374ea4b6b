import type { Account, FindAccount } from 'oidc-provider';
import type { Account as Person } from '../../core/account.ts';
import type { DoorPorts } from '../../core/door.ts';
import { proofsOf } from './resting.ts';

/** Scopes of OpenID Connect that are served; a resource server brings its own. */
export const SCOPES: readonly string[] = ['openid', 'offline_access', 'profile', 'email', 'groups'];

/** Claims by scope (OpenID Connect Core section 5.4); `acr`, `amr` and `auth_time` come with every ID token. */
export const CLAIMS = {
  openid: ['sub', 'acr', 'amr', 'auth_time'],
  profile: ['name', 'preferred_username', 'locale'],
  email: ['email'],
  groups: ['groups'],
};

const claimsOf = (person: Person) => ({
  sub: person.id,
  name: person.name,
  preferred_username: person.username,
  locale: person.locale,
  email: person.email,
  groups: person.groups,
});

/**
 * Loads the account behind a session or token. A token is asked about with it: one from before the account's
 * `revokedBefore`, or a refresh that policy or directory no longer allow, finds no account and so ends in invalid_grant.
 */
export function findAccount(ports: DoorPorts): FindAccount {
  return async (ctx, sub, token): Promise<Account | undefined> => {
    const person = await ports.account(sub);
    if (person === undefined) return undefined;
    if (token !== undefined && 'iat' in token) {
      const issuedAt = 'iiat' in token ? Number(token.iiat) : Number(token.iat);
      const allowed = await ports.stillAllowed({
        application: String(token.clientId),
        account: sub,
        // A code was issued a minute ago at most, by policy that knew where the browser is.
        kind: token.kind === 'RefreshToken' ? 'issue' : 'use',
        ...('acr' in token && typeof token.acr === 'string' ? { acr: token.acr } : {}),
        proofs: proofsOf(ctx.oidc.entities.Grant),
        issuedAt: issuedAt * 1000,
      });
      if (!allowed) return undefined;
    }
    return { accountId: sub, claims: async () => claimsOf(person) };
  };
}
