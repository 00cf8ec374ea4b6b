import type { KoaContextWithOIDC } from 'oidc-provider';
import { hasCode } from '../../core/errors.ts';
import { failureOf, refusalOf } from './failures.ts';
import { nameOf, show } from './page.ts';
import type { OidcPorts } from './ports.ts';
import { FOR_PROGRAMS, ROUTES } from './routes.ts';
import { schemeOf } from './scheme.ts';

/** What oidc-provider answers where a form must be submitted by the browser; its inline script never runs under our CSP. */
const OWN_FORM = '<title>Submitting Callback</title>';

const SIGNED_INTROSPECTION = 'application/token-introspection+jwt';

/** Programs read JSON, and a signed answer where they ask for one by name (RFC 9701 section 4). */
function acceptedBy({ path, req }: KoaContextWithOIDC): string {
  const signed = path === ROUTES.introspection && req.headers.accept?.includes(SIGNED_INTROSPECTION);
  return signed ? `${SIGNED_INTROSPECTION}, application/json;q=0.5` : 'application/json';
}

const BELOW_AUTHORIZATION = new RegExp(`^((?:${ROUTES.authorization}|${ROUTES.code_verification})/).*`);

/** Replaces what oidc-provider wrote where that can't be configured: failures, other methods, its self-submitting form. */
export function replaceAnswers(ports: OidcPorts) {
  async function replace(ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> {
    if (FOR_PROGRAMS.has(ctx.path)) ctx.req.headers.accept = acceptedBy(ctx);
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
      return void show(ports, ctx, 'error', { status: 400, key: refusal }, 400);
    }
    const failed = status >= 500 && !hasCode(cause, 'ERR_OVERLOADED');
    ports.log[failed ? 'error' : 'info'](facts, failed ? 'request failed' : 'request refused');
    if (retryAfter !== undefined) ctx.set('retry-after', retryAfter);
    if (ctx.accepts('json', 'html') === 'html') {
      show(ports, ctx, 'error', { status, key }, status);
      return;
    }
    ctx.status = status;
    ctx.body = { error, error_description: `reference ${reference}` };
  }

  /** The path is ours, the method isn't served there (RFC 9110 section 15.5.6). */
  function otherMethod(ctx: KoaContextWithOIDC): void {
    if (ctx.accepts('json', 'html') === 'html') {
      show(ports, ctx, 'error', { status: 405, key: 'method' }, 405);
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
    show(ports, ctx, 'form-post', { action, inputs, ...nameOf(ports, ctx) }, ctx.status);
  }

  return replace;
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
