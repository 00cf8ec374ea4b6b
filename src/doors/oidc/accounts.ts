import type { Account, FindAccount } from 'oidc-provider';
import { allowedTo, claimsOf } from './claims.ts';
import type { OidcPorts } from './ports.ts';
import { proofsOf } from './resting.ts';

/**
 * Loads the account behind a session or token. A token is asked about with it: one from before the account's
 * `revokedBefore`, or a refresh that policy or directory no longer allow, finds no account and so ends in invalid_grant.
 */
export function findAccount(ports: OidcPorts): FindAccount {
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
    const allowed = allowedTo(ctx.oidc.client);
    return { accountId: sub, claims: async () => claimsOf(person, allowed) };
  };
}
