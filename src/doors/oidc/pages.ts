import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { DoorPorts } from '../../core/door.ts';
import { hasCode, secondsToWait, TooManyError } from '../../core/errors.ts';
import { FOR_PROGRAMS, ROUTES } from './routes.ts';
import { schemeOf } from './scheme.ts';
import { readLeft } from './sign-out.ts';

type Next = () => Promise<unknown>;

/** What oidc-provider answers where a form must be submitted by the browser; its inline script never runs under our CSP. */
const OWN_FORM = '<title>Submitting Callback</title>';

const BELOW_AUTHORIZATION = new RegExp(`^(${ROUTES.authorization}/).*`);
/** Marks our own sign-out, after an application's that couldn't be read. */
const UNREAD = 'unread';
/** Until the store may be back, seconds. */
const RETRY_AFTER = '30';

/** Our pages in the place of oidc-provider's own. */
export function pages(ports: DoorPorts) {
  const show = (ctx: KoaContextWithOIDC, name: string, model: Record<string, unknown>, status = 200) => {
    ctx.status = status;
    ctx.type = 'html';
    ctx.body = ports.render.page(ctx.res, name, model, status);
  };
  const nameOf = (ctx: KoaContextWithOIDC) => {
    const application = ports.applications.get(ctx.oidc.client?.clientId ?? '');
    return application && { application: application.name, homepage: application.homepage };
  };

  /** Asks before signing out: the request came from another site (OpenID Connect RP-Initiated Logout section 2). */
  async function signOut(ctx: KoaContextWithOIDC): Promise<void> {
    const state = ctx.oidc.session?.state as { secret: string; postLogoutRedirectUri?: string } | undefined;
    const target = ctx.oidc.params?.post_logout_redirect_uri;
    if (typeof target === 'string') ports.render.allowFormAction(ctx.res, schemeOf(target));
    show(ctx, 'sign-out', {
      action: `${ROUTES.end_session}/confirm`,
      xsrf: state?.secret,
      stay: '/account',
      ...(ctx.query[UNREAD] === undefined ? {} : { unread: true }),
      ...nameOf(ctx),
    });
  }

  async function signedOut(ctx: KoaContextWithOIDC): Promise<void> {
    show(ctx, 'signed-out', { ...nameOf(ctx), ...(await readLeft(ports, ctx)) });
  }

  async function error(ctx: KoaContextWithOIDC, out: { error: string; error_description?: string }, cause: Error) {
    const [key, status] = classify(cause, ctx.status);
    // Whoever asked to be signed out is asked whether to, whatever the application got wrong: only nothing leads back to it.
    if (key === 'request' && ctx.path === ROUTES.end_session && ctx.query[UNREAD] === undefined) {
      ctx.redirect(`${ROUTES.end_session}?${UNREAD}=1`);
      ctx.status = 303;
      ctx.body = '';
      return;
    }
    if (status === 503) ctx.set('retry-after', RETRY_AFTER);
    const code = key === 'request' ? { code: out.error, detail: out.error_description } : {};
    show(ctx, 'error', { status, key, ...code }, status);
  }

  /** Runs around oidc-provider: replaces what it wrote where that can't be configured. */
  async function replace(ctx: KoaContextWithOIDC, next: Next): Promise<void> {
    if (FOR_PROGRAMS.has(ctx.path)) ctx.req.headers.accept = 'application/json';
    try {
      await next();
    } catch (cause) {
      ctx.state.failure = cause;
    }
    if (ctx.state.failure !== undefined) return fail(ctx, ctx.state.failure as Error);
    if (ctx.status === 404 && ctx.body == null) return otherMethod(ctx);
    if (typeof ctx.body === 'string' && ctx.body.includes(OWN_FORM)) submit(ctx, ctx.body);
    if (ctx.state.staleSessionId !== undefined) keepNewerCookie(ctx, ctx.state.staleSessionId as string);
  }

  function fail(ctx: KoaContextWithOIDC, cause: Error): void {
    const { key, status, error, retryAfter } = failureOf(cause);
    // What follows is a sign-in's id, half of a key.
    const path = ctx.path.replace(BELOW_AUTHORIZATION, '$1*');
    const { reference } = ports.browser(ctx.res);
    const facts = { err: cause, path, reference };
    ctx.remove('location');
    const refusal = refusalOf(cause);
    if (refusal !== undefined) {
      ports.log.info(facts, 'request refused');
      return void show(ctx, 'error', { status: 400, key: refusal }, 400);
    }
    ports.log[status >= 500 ? 'error' : 'info'](facts, status >= 500 ? 'request failed' : 'request refused');
    if (retryAfter !== undefined) ctx.set('retry-after', retryAfter);
    if (ctx.accepts('json', 'html') === 'html') {
      show(ctx, 'error', { status, key }, status);
      return;
    }
    ctx.status = status;
    ctx.body = { error, error_description: `reference ${reference}` };
  }

  /** The path is ours, the method isn't served there (RFC 9110 section 15.5.6). */
  function otherMethod(ctx: KoaContextWithOIDC): void {
    if (ctx.accepts('json', 'html') === 'html') {
      show(ctx, 'error', { status: 405, key: 'method' }, 405);
      return;
    }
    ctx.status = 405;
    ctx.body = { error: 'invalid_request', error_description: 'this method is not served here' };
  }

  function submit(ctx: KoaContextWithOIDC, html: string): void {
    const { action, inputs } = readForm(html);
    if (ctx.path === ROUTES.end_session) {
      // Nobody is signed in, so there is nothing to confirm: go where the confirmed request would.
      const { state, post_logout_redirect_uri: target } = ctx.oidc.params ?? {};
      const url = new URL(typeof target === 'string' ? target : `${ports.issuer}${ROUTES.end_session}/success`);
      if (typeof target === 'string' && typeof state === 'string') url.searchParams.set('state', state);
      ctx.status = 303;
      ctx.body = '';
      ctx.redirect(url.href);
      return;
    }
    ports.render.allowFormAction(ctx.res, schemeOf(action));
    // Across sites `same-origin` would send `Origin: null` with the form, and some applications refuse that.
    ctx.set('referrer-policy', 'strict-origin');
    show(ctx, 'form-post', { action, inputs, ...nameOf(ctx) }, ctx.status);
  }

  return { signOut, signedOut, error, replace };
}

/** Another tab's answer carries the newer session id: this one must not put the old one back. */
function keepNewerCookie(ctx: KoaContextWithOIDC, stale: string): void {
  const cookies = ctx.res.getHeader('set-cookie');
  if (!Array.isArray(cookies)) return;
  ctx.res.setHeader(
    'set-cookie',
    cookies.filter((cookie) => !cookie.includes(`=${stale};`)),
  );
}

/** What our own code around oidc-provider refuses: the key of the page's texts. */
function refusalOf(cause: Error): string | undefined {
  if (hasCode(cause, 'ERR_SIGN_IN_OTHER_BROWSER')) return 'other-browser';
  return hasCode(cause, 'ERR_SIGN_IN_EXPIRED') ? 'expired' : undefined;
}

/** What isn't the request's fault: the page and its status, the error of a program, and when to come again. */
function failureOf(cause: Error): { key: string; status: number; error: string; retryAfter?: string } {
  if (hasCode(cause, 'ERR_STORE_UNAVAILABLE')) {
    return { key: 'unavailable', status: 503, error: 'temporarily_unavailable', retryAfter: RETRY_AFTER };
  }
  if (cause instanceof TooManyError) {
    return { key: 'too-many', status: 429, error: 'temporarily_unavailable', retryAfter: secondsToWait(cause) };
  }
  return { key: 'server', status: 500, error: 'server_error' };
}

function classify(cause: Error, status: number): [key: string, status: number] {
  if (hasCode(cause, 'ERR_STORE_UNAVAILABLE')) return ['unavailable', 503];
  if (cause instanceof errors.SessionNotFound) return ['expired', 400];
  if (cause instanceof errors.OIDCProviderError && cause.statusCode < 500) return ['request', status];
  return ['server', 500];
}

const plain = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

/** Reads oidc-provider's own self-submitting form back: its handler can't be replaced. */
function readForm(html: string): { action: string; inputs: { name: string; value: string }[] } {
  const action = plain(/<form method="post" action="([^"]*)"/.exec(html)?.[1] ?? '');
  const inputs = [...html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)];
  return {
    action,
    inputs: inputs.map(([, name = '', value = '']) => ({ name: plain(name), value: plain(value) })),
  };
}
