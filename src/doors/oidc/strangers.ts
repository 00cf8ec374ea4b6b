import { type KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { OidcPorts } from './ports.ts';
import { ROUTES } from './routes.ts';

export type CountingPorts = Pick<OidcPorts, 'now' | 'ephemeral' | 'durable' | 'load' | 'strangers' | 'browser'>;

/** A client that has authenticated by what only it has is no stranger; one that anybody can be proves nothing. */
function hasProven({ oidc, path }: KoaContextWithOIDC): boolean {
  const { tokenEndpointAuthMethod = 'none' } = oidc?.client ?? {};
  return path === ROUTES.pushed_authorization_request && tokenEndpointAuthMethod !== 'none';
}

/**
 * Counts what oidc-provider is about to keep for whoever asks it now. Throws TooManyError. Outside of its requests
 * nothing new is kept: what is written there was counted when it began.
 */
export async function countKept(
  { strangers, browser }: CountingPorts,
  kept: { key: string; value: string; ttl: number },
  account?: string,
): Promise<void> {
  const ctx = Provider.ctx;
  if (ctx === undefined || hasProven(ctx)) return;
  await strangers.admit(kept, { browser: browser(ctx.res), account });
}
