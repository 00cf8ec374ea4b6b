import { type KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { OidcPorts } from './ports.ts';
import { ROUTES } from './routes.ts';

export type CountingPorts = Pick<OidcPorts, 'now' | 'ephemeral' | 'durable' | 'load' | 'strangers' | 'browser'>;

const BY_CLIENTS: ReadonlySet<string> = new Set([
  ROUTES.backchannel_authentication,
  ROUTES.device_authorization,
  ROUTES.pushed_authorization_request,
]);

/** A client that has authenticated by what only it has is no stranger; one that anybody can be proves nothing. */
function hasProven({ oidc, path }: KoaContextWithOIDC): boolean {
  const { tokenEndpointAuthMethod = 'none' } = oidc?.client ?? {};
  return BY_CLIENTS.has(path) && tokenEndpointAuthMethod !== 'none';
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
