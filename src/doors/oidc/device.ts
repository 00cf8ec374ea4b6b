import type { DeviceCode, KoaContextWithOIDC, Provider } from 'oidc-provider';
import { parametersOf } from '../../core/parameters.ts';
import { nameOf, show } from './page.ts';
import { again } from './parameters.ts';
import { INTERVAL } from './polled.ts';
import type { OidcPorts } from './ports.ts';
import { ROUTES } from './routes.ts';

const KIND = 'device';
/** How long a person may look at the question, milliseconds. */
const LIFETIME = 600_000;

/** Four and four consonants: 34 bits, and no word comes of them. */
export const CODES = { charset: 'base-20', mask: '****-****' } as const;

/** Where a device code was asked for, and when: epoch milliseconds. */
type Begun = { ip: string; at: number };

type Code = InstanceType<Provider['DeviceCode']> & {
  deviceInfo?: Begun;
  inFlight?: boolean;
  params?: { scope?: string };
};

const normalised = (typed: string): string => typed.toUpperCase().replace(/[^A-Z0-9]/g, '');
const shown = (code: string): string => code.replace(/^(.{4})(?=.)/, '$1-');
const isFresh = (code: DeviceCode | undefined): code is Code => {
  const { isValid, accountId, error, inFlight } = (code ?? {}) as Partial<Code>;
  return isValid === true && accountId === undefined && error === undefined && inFlight !== true;
};

/** By what browsers say of where a form comes from; one that says nothing of it isn't ours. */
function isOwnForm({ headers }: KoaContextWithOIDC, issuer: string): boolean {
  const { origin, 'sec-fetch-site': site } = headers;
  return origin === undefined ? site === 'same-origin' : origin === new URL(issuer).origin;
}

/**
 * The pages of the device flow (RFC 8628 section 3.3), in the place of oidc-provider's, whose form is held by a session
 * that nobody has yet. A code is asked about once it is typed; what the person answers counts in that browser alone, so
 * that no other site can answer in their place (section 5.4: whoever sends somebody a code has the person asked about
 * an application and a place that they don't know).
 */
export function devicePages(provider: () => Provider, ports: OidcPorts) {
  async function enter(ctx: KoaContextWithOIDC, typed: string): Promise<void> {
    const code = normalised(typed).slice(0, 32);
    const by = { browser: ports.browser(ctx.res) };
    // Before it is looked for: who guesses is told nothing more often than who types.
    const guess = await ports.strangers.guess('user-code', by);
    const found = (await provider().DeviceCode.findByUserCode(code, { ignoreExpiration: true })) as Code | undefined;
    const client = isFresh(found) ? await provider().Client.find(String(found.clientId)) : undefined;
    if (!isFresh(found) || client === undefined)
      return void show(ports, ctx, 'device', { code: typed.slice(0, 32), error: true }, 400);
    await guess.right();
    const ticket = await ports.deposits.put(ctx, KIND, ports.sealer.seal(code, KIND), LIFETIME);
    const application = ports.applications.get(client.clientId);
    const { ip = '', at = 0 } = found.deviceInfo ?? {};
    show(ports, ctx, 'device-confirm', {
      ...{ ticket, code: shown(code), at, where: { address: ip, ...ports.place(ctx.res, ip) } },
      application: application?.name ?? client.clientId,
    });
  }

  /** Hands on to oidc-provider what the person answered, as its own form would; true where there is nothing to hand on. */
  async function answered(ctx: KoaContextWithOIDC, { ticket, answer }: Record<string, string>): Promise<boolean> {
    const sealed = await ports.deposits.take(ctx, KIND, ticket);
    if (sealed === undefined) {
      show(ports, ctx, 'device', { error: true }, 400);
      return true;
    }
    const xsrf = Buffer.from(ports.random(16)).toString('base64url');
    ctx.state.deviceAnswer = xsrf;
    const fields = {
      xsrf,
      user_code: ports.sealer.open(sealed, KIND),
      [answer === 'yes' ? 'confirm' : 'abort']: 'yes',
    };
    const text = new URLSearchParams(fields).toString();
    ctx.req.headers['content-length'] = String(Buffer.byteLength(text));
    again(ctx.req, text);
    return false;
  }

  async function pages(ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> {
    if (ctx.path !== ROUTES.code_verification) return next() as Promise<void>;
    if (ctx.method === 'GET') {
      const typed = ctx.query.user_code;
      return show(ports, ctx, 'device', { code: typeof typed === 'string' ? typed.slice(0, 32) : '' });
    }
    const { body } = ctx.req as { body?: unknown };
    if (ctx.method !== 'POST' || typeof body !== 'string') return next() as Promise<void>;
    const fields = parametersOf(body) as Record<string, string>;
    if (typeof fields.ticket !== 'string') {
      const typed = String(fields.user_code ?? '');
      // Another site's form is no more than a link to ours: it would use up the guesses of whoever visits it.
      return isOwnForm(ctx, ports.issuer)
        ? enter(ctx, typed)
        : show(ports, ctx, 'device', { code: typed.slice(0, 32) });
    }
    if (!(await answered(ctx, fields))) await next();
  }

  return pages;
}

/**
 * oidc-provider compares its form with the session's state; ours is compared with what this browser was shown, and
 * the state is what was found there.
 */
export function answerForDevices({ Session }: Provider): void {
  const own = Session as unknown as { get(ctx: KoaContextWithOIDC): Promise<{ state?: unknown }> };
  const get = own.get.bind(Session);
  own.get = async (ctx) => {
    const session = await get(ctx);
    if (typeof ctx.state.deviceAnswer === 'string') session.state = { secret: ctx.state.deviceAnswer };
    return session;
  };
}

/** Runs around oidc-provider: a device is told how often it may ask (RFC 8628 section 3.2). */
export async function tellInterval(ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> {
  await next();
  if (ctx.path === ROUTES.device_authorization && ctx.status === 200) {
    ctx.body = { ...(ctx.body as object), interval: INTERVAL };
  }
}

/** What oidc-provider shows at the end of it, or where it can't go on. */
export function deviceEnds(ports: OidcPorts, otherwise: (ctx: KoaContextWithOIDC, out: never, err: Error) => unknown) {
  return {
    done: async (ctx: KoaContextWithOIDC) => void show(ports, ctx, 'device-end', { done: true, ...nameOf(ports, ctx) }),
    async failed(ctx: KoaContextWithOIDC, _form: string, out?: unknown, err?: Error): Promise<void> {
      if (err === undefined) return;
      if (err.name === 'AbortedError') return show(ports, ctx, 'device-end', { done: false, ...nameOf(ports, ctx) });
      const used = ['NotFoundError', 'ExpiredError', 'AlreadyUsedError', 'NoCodeError'].includes(err.name);
      if (used) return show(ports, ctx, 'device', { error: true }, 400);
      await otherwise(ctx, out as never, err);
    },
  };
}

export function begunAt(ports: OidcPorts) {
  return (ctx: KoaContextWithOIDC): Begun => ({ ip: ports.browser(ctx.res).ip, at: ports.now() });
}
