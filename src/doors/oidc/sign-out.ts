import type { AdapterPayload, KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { LocalizedText } from '../../core/account.ts';
import type { Exchange } from '../../core/exchange.ts';
import { type Frame, framesOf, MOST_FRAMES } from './frames.ts';
import { applicationsOf, byWayOf, signOutOtherDoors, type Told } from './logout.ts';
import type { OidcPorts } from './ports.ts';
import { ROUTES } from './routes.ts';

/** Which page says so, and what it has to say. */
interface Left extends Pick<Pages, 'houses'> {
  unreached: string[];
  frames?: Frame[];
  /** Where the request to sign out wanted to go. */
  next?: string;
  /** There is something to read first: it doesn't go on by itself. */
  waits?: boolean;
}

/** What the page shows of it. */
interface Pages {
  unreached?: LocalizedText[];
  next?: string;
  houses?: { name: LocalizedText; href: string }[];
  frames?: { name: LocalizedText; address: string }[];
  after?: number;
  atMost?: number;
}

const LIFETIME = 600_000;
/** How long after its frames are there the page goes on, and how long it waits for them, milliseconds. */
const AFTER = 500;
const AT_MOST = 4_000;
const PARAMETER = 'left';
const KIND = 'signed-out';

/** Pages of ours that would only say again that everything is over. */
const ENDS: ReadonlySet<string> = new Set(['/', '/signed-out', `${ROUTES.end_session}/success`]);

function isEnd({ issuer }: Pick<OidcPorts, 'issuer'>, next: string): boolean {
  const url = URL.parse(next, issuer);
  return url?.origin === issuer && ENDS.has(url.pathname);
}

/**
 * Address to go to once everything is over: `next`, or first a page that tells those that know nothing but frames, and
 * names what couldn't be reached, and other houses where people still are signed in. The application that asked has its
 * person back even so, who reads it on the account page; but at a shared machine the next one at it would still be signed in there.
 */
export async function addressAfter(ports: OidcPorts, told: Told, next: string, exchange: Exchange): Promise<string> {
  const returns = !isEnd(ports, next) && !ports.browser(exchange.res).shared;
  const houses = returns ? [] : await ports.houseSessions.offer(exchange, told.houses);
  const waits = !returns && told.unreached.length + houses.length > 0;
  if (told.frames.length === 0 && !waits) return byWayOf(told, next, exchange);
  const { unreached, frames } = told;
  const on = isEnd(ports, next) ? {} : { next };
  const left: Left = { unreached, frames, waits, ...(houses.length > 0 ? { houses } : {}), ...on };
  const id = await ports.deposits.put(exchange, KIND, JSON.stringify(left), LIFETIME);
  return byWayOf(told, `${ROUTES.end_session}/success?${PARAMETER}=${id}`, exchange);
}

/** For the page after a sign-out, in the same browser: the applications that couldn't be told, frames, and the way on. */
export async function readLeft(ports: OidcPorts, ctx: KoaContextWithOIDC): Promise<Pages> {
  const stored = await ports.deposits.look(ctx, KIND, ctx.query[PARAMETER]);
  if (stored === undefined) return {};
  const { unreached, frames = [], waits, ...left } = JSON.parse(stored) as Left;
  const nameOf = async (id: string): Promise<LocalizedText> => (await ports.applications.find(id))?.name ?? id;
  const named = await Promise.all(unreached.map(nameOf));
  const framed = await Promise.all(
    frames.map(async ({ application, address }) => ({ name: await nameOf(application), address })),
  );
  if (framed.length > 0)
    ports.render.allowFrames(ctx.res, ...new Set(framed.map(({ address }) => new URL(address).origin)));
  const byItself = left.next !== undefined && !waits ? { after: AFTER, atMost: AT_MOST } : {};
  return { unreached: named, frames: framed, ...left, ...byItself };
}

/** Frames for this browser, as many as a page may have, and in the audit; what is left over is unreached. */
export function framed({ audit }: Pick<OidcPorts, 'audit'>, account: string, told: Told): Told {
  const frames = told.frames.slice(0, MOST_FRAMES);
  const over = told.frames.slice(MOST_FRAMES).map(({ application }) => application);
  for (const application of over) audit.note({ event: 'logout.unreached', account, application });
  if (frames.length > 0)
    audit.note({ event: 'logout.in-frames', account, applications: frames.map(({ application }) => application) });
  return { ...told, frames, unreached: [...told.unreached, ...over] };
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
export function signOutElsewhere(provider: () => Provider, ports: OidcPorts) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> => {
    await next();
    const location = ctx.response.get('location');
    if (ctx.oidc?.route !== 'end_session_confirm' || !location) return;
    const { session, params } = ctx.oidc;
    if (!params?.logout || session === undefined) return;
    const ended = { accountId: session.accountId, authorizations: session.authorizations } as AdapterPayload;
    const [others, frames] = await Promise.all([
      signOutOtherDoors(ports, ended),
      framesOf(provider(), ports, applicationsOf(ended)),
    ]);
    const account = String(session.accountId);
    const unreached = [...others.unreached, ...unreachedIn(ctx)];
    const told = framed(ports, account, { ...others, unreached, frames });
    if (session.accountId) told.houses = await ports.houseSessions.of(session.uid, session.accountId);
    ctx.set('location', await addressAfter(ports, told, location, ctx));
  };
}
