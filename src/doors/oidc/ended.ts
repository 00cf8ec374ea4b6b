import type { KoaContextWithOIDC } from 'oidc-provider';
import type { OidcPorts } from './ports.ts';
import { generationOf } from './resting.ts';

/**
 * Runs around oidc-provider: no tokens are answered where everything of the account was ended while they were made. They
 * would be dead, but the ID token would still open the application, which was told of the end before it had a session.
 */
export function refuseEnded({ durable }: Pick<OidcPorts, 'durable'>) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> => {
    await next();
    const { Grant: grant } = ctx.oidc?.entities ?? {};
    const generation = generationOf(grant);
    if (ctx.status !== 200 || ctx.oidc?.route !== 'token' || !grant?.accountId || generation === undefined) return;
    const account = await durable.accounts.byId(grant.accountId);
    if (account?.generation === generation) return;
    ctx.status = 400;
    ctx.body = { error: 'invalid_grant', error_description: 'grant request is invalid' };
  };
}
