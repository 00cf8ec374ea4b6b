import type { KoaContextWithOIDC } from 'oidc-provider';
import type { BeginOptions, Ended } from '../../core/door.ts';
import { hashOf } from './adapter.ts';
import { ACR_ESSENTIAL, IDP_HINT } from './own-parameters.ts';
import type { OidcPorts } from './ports.ts';
import { ROUTES } from './routes.ts';

/** How long another door may take to fetch how its request ended, milliseconds. */
const LIFETIME = 60_000;
/** Where an authorization request comes to its end: at once, or after its interactions. */
const ENDS: ReadonlySet<string> = new Set(['authorization', 'resume']);

const endedKey = (state: string): string => `oidc:ended:${hashOf(state)}`;

/** Parameters of an authorization request for an application that gets no tokens. */
export function requestFor(application: string, redirectUri: string, options: BeginOptions): string {
  const { maxAge, returnTo, wants = {}, loginHint, houseHints = [], uiLocales = [] } = options;
  const classes = wants.acrValues ?? [];
  const age = wants.maxAge ?? maxAge;
  const query = new URLSearchParams({
    client_id: application,
    response_type: 'none',
    scope: 'openid',
    redirect_uri: redirectUri,
  });
  const add = (name: string, value: string | undefined) => value !== undefined && query.set(name, value);
  add('max_age', age === undefined ? undefined : String(Math.floor(age / 1000)));
  add('state', returnTo);
  add('acr_values', classes.length > 0 ? classes.join(' ') : undefined);
  add(ACR_ESSENTIAL, classes.length > 0 && wants.acrEssential ? 'true' : undefined);
  if (wants.reauthenticate) query.set('prompt', 'login');
  add('login_hint', loginHint);
  add(IDP_HINT, houseHints.length > 0 ? houseHints.join(' ') : undefined);
  if (uiLocales.length > 0) query.set('ui_locales', uiLocales.join(' '));
  return `${ROUTES.authorization}?${query}`;
}

/**
 * Runs around oidc-provider: leaves for another door how the request of its application ended. It travels
 * on the server: the address that the browser comes back by proves nothing.
 */
export function leaveEnded(ports: OidcPorts) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> => {
    await next();
    const target = URL.parse(ctx.response.get('location') ?? '');
    if (target === null || !ENDS.has(ctx.oidc?.route ?? '')) return;
    const { client, params, session, entities } = ctx.oidc;
    const application = ports.applications.get(client?.clientId ?? '');
    if (!application || application.internal || application.door === 'oidc') return;
    const came = String(params?.redirect_uri ?? '');
    if (`${target.origin}${target.pathname}` !== came || target.searchParams.has('error')) return;
    if (typeof params?.state !== 'string' || !session?.accountId) return;
    const ended: Ended = {
      application: application.id,
      request: entities.Interaction?.cid ?? '',
      account: session.accountId,
      session: session.uid,
    };
    await ports.ephemeral.set(endedKey(params.state), JSON.stringify(ended), LIFETIME);
  };
}

/** What `leaveEnded` left; once. */
export async function takeEnded(ports: OidcPorts, state: string): Promise<Ended | undefined> {
  const left = await ports.ephemeral.take(endedKey(state));
  return left === undefined ? undefined : (JSON.parse(left) as Ended);
}
