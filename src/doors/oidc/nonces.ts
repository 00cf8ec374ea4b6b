import type { Client, KoaContextWithOIDC, Provider } from 'oidc-provider';
import { settingsOf } from './clients.ts';
import { demandsOf } from './demands.ts';
import type { OidcPorts } from './ports.ts';
import { ROUTES } from './routes.ts';

/** Whether a DPoP proof needs a nonce of ours (RFC 9449 sections 8 and 9): of whose token, where no client is known yet. */
export function nonceNeeded(ports: Pick<OidcPorts, 'applications'>) {
  const demanded = (id: string | undefined) => demandsOf(settingsOf(ports, id)).dpopNonce;
  return ({ oidc, state }: { oidc: { client?: Client | undefined }; state: Record<string, unknown> }): boolean =>
    demanded(oidc.client?.clientId ?? (state.holder as string | undefined));
}

/**
 * oidc-provider asks for a nonce before it has looked at the token, and so of nobody at userinfo: whose it is is looked
 * up before, where a proof comes with it.
 */
export function knowHolder(provider: () => Provider) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> => {
    const token = /^DPoP ([\w~+/.-]+=*)$/i.exec(ctx.get('authorization'))?.[1];
    if (ctx.path === ROUTES.userinfo && token !== undefined && ctx.get('dpop') !== '')
      ctx.state.holder = (await provider().AccessToken.find(token))?.clientId;
    await next();
  };
}
