import type { AdapterPayload, KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { LocalizedText } from '../../core/account.ts';
import type { Exchange } from '../../core/exchange.ts';
import { byWayOf, signOutOtherDoors, type Told } from './logout.ts';
import type { OidcPorts } from './ports.ts';
import { ROUTES } from './routes.ts';

/** Which page says so, and what it has to say. */
interface Left extends Pick<Pages, 'houses'> {
  unreached: string[];
  /** Where the request to sign out wanted to go. */
  next?: string;
}

/** What the page shows of it. */
interface Pages {
  unreached?: LocalizedText[];
  next?: string;
  houses?: { name: LocalizedText; href: string }[];
}

const LIFETIME = 600_000;
const PARAMETER = 'left';
const KIND = 'signed-out';

/** Pages of ours that would only say again that everything is over. */
const ENDS: ReadonlySet<string> = new Set(['/', '/signed-out', `${ROUTES.end_session}/success`]);

function isEnd({ issuer }: Pick<OidcPorts, 'issuer'>, next: string): boolean {
  const url = URL.parse(next, issuer);
  return url?.origin === issuer && ENDS.has(url.pathname);
}

/**
 * Address to go to once everything is over: `next`, or first a page that names what couldn't be reached, and other
 * houses where people still are signed in. The application that asked has its person back even so, who reads it on the
 * account page; but at a shared machine the next one at it would still be signed in there.
 */
export async function addressAfter(ports: OidcPorts, told: Told, next: string, exchange: Exchange): Promise<string> {
  let address = next;
  const returns = !isEnd(ports, next) && !ports.browser(exchange.res).shared;
  const houses = returns ? [] : await ports.houseSessions.offer(exchange, told.houses);
  if (!returns && told.unreached.length + houses.length > 0) {
    const on = isEnd(ports, next) ? {} : { next };
    const left: Left = { unreached: told.unreached, ...(houses.length > 0 ? { houses } : {}), ...on };
    const id = await ports.deposits.put(exchange, KIND, JSON.stringify(left), LIFETIME);
    address = `${ROUTES.end_session}/success?${PARAMETER}=${id}`;
  }
  return byWayOf(told, address, exchange);
}

/** For the page after a sign-out, in the same browser: the applications that couldn't be told, and the way on. */
export async function readLeft(ports: OidcPorts, ctx: KoaContextWithOIDC): Promise<Pages> {
  const stored = await ports.deposits.look(ctx, KIND, ctx.query[PARAMETER]);
  if (stored === undefined) return {};
  const { unreached, ...left } = JSON.parse(stored) as Left;
  const named = await Promise.all(unreached.map(async (it) => (await ports.applications.find(it))?.name ?? it));
  return { unreached: named, ...left };
}

/** Clients that oidc-provider couldn't tell while it handled this request. */
function unreachedIn({ state }: KoaContextWithOIDC): string[] {
  state.unreached ??= [];
  return state.unreached as string[];
}

/** What oidc-provider says of its own back-channel logouts, for the audit and for the page afterwards. */
export function recordLogouts(provider: Provider, { audit, log }: Pick<OidcPorts, 'audit' | 'log'>): void {
  provider.on('backchannel.success', (_ctx, { clientId }, account) =>
    audit.note({ event: 'logout.application', account, application: clientId }),
  );
  provider.on('backchannel.error', (ctx, err, { clientId }, account) => {
    unreachedIn(ctx).push(clientId);
    log.warn({ err, application: clientId }, 'back-channel logout failed');
    audit.note({ event: 'logout.unreached', account, application: clientId });
  });
}

/**
 * Runs around oidc-provider, which tells its own clients when an application asks to sign out (RP-Initiated Logout):
 * those of other doors are told here.
 */
export function signOutElsewhere(ports: OidcPorts) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> => {
    await next();
    const location = ctx.response.get('location');
    if (ctx.oidc?.route !== 'end_session_confirm' || !location) return;
    const { session, params } = ctx.oidc;
    if (!params?.logout || session === undefined) return;
    const ended = { accountId: session.accountId, authorizations: session.authorizations } as AdapterPayload;
    const told = await signOutOtherDoors(ports, ended);
    if (session.accountId) told.houses = await ports.houseSessions.of(session.uid, session.accountId);
    told.unreached.push(...unreachedIn(ctx));
    ctx.set('location', await addressAfter(ports, told, location, ctx));
  };
}
