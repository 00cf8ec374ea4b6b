import type { KoaContextWithOIDC } from 'oidc-provider';
import { classify, RETRY_AFTER } from './failures.ts';
import { nameOf, show } from './page.ts';
import type { OidcPorts } from './ports.ts';
import { ROUTES } from './routes.ts';
import { schemeOf } from './scheme.ts';
import { readLeft } from './sign-out.ts';

/** Marks our own sign-out, after an application's that couldn't be read. */
const UNREAD = 'unread';

/** Our pages in the place of oidc-provider's own, where they can be configured. */
export function pages(ports: OidcPorts) {
  /** Asks before signing out: the request came from another site (OpenID Connect RP-Initiated Logout section 2). */
  async function signOut(ctx: KoaContextWithOIDC): Promise<void> {
    const state = ctx.oidc.session?.state as { secret: string; postLogoutRedirectUri?: string } | undefined;
    const target = ctx.oidc.params?.post_logout_redirect_uri;
    if (typeof target === 'string') ports.render.allowFormAction(ctx.res, schemeOf(target));
    show(ports, ctx, 'sign-out', {
      action: `${ROUTES.end_session}/confirm`,
      xsrf: state?.secret,
      stay: '/account',
      ...(ctx.query[UNREAD] === undefined ? {} : { unread: true }),
      ...nameOf(ports, ctx),
    });
  }

  async function signedOut(ctx: KoaContextWithOIDC): Promise<void> {
    show(ports, ctx, 'signed-out', { ...nameOf(ports, ctx), ...(await readLeft(ports, ctx)) });
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
    show(ports, ctx, 'error', { status, key, ...code }, status);
  }

  return { signOut, signedOut, error };
}

export type Pages = ReturnType<typeof pages>;
