import type { EventEmitter } from 'node:events';
import type { errors, KoaContextWithOIDC, Provider } from 'oidc-provider';
import { isUnencoded } from './basic.ts';
import type { OidcPorts } from './ports.ts';

/** Events by which oidc-provider says that it refused a request, and the endpoint that each is of. */
const EVENTS = {
  'authorization.error': 'authorization',
  'backchannel_authentication.error': 'backchannel_authentication',
  'code_verification.error': 'code_verification',
  'device_authorization.error': 'device_authorization',
  'device_resume.error': 'code_verification',
  'end_session.error': 'end_session',
  'end_session_confirm.error': 'end_session',
  'grant.error': 'token',
  'introspection.error': 'introspection',
  'pushed_authorization_request.error': 'pushed_authorization_request',
  'registration_create.error': 'registration',
  'registration_delete.error': 'registration',
  'registration_read.error': 'registration',
  'registration_update.error': 'registration',
  'revocation.error': 'revocation',
  'userinfo.error': 'userinfo',
} as const;

/** Answers that a request asked for, or a person chose (OpenID Connect Core section 3.1.2.6): no fault of anybody's. */
const EXPECTED: ReadonlySet<string> = new Set([
  'access_denied',
  'account_selection_required',
  // What a device hears while it asks (RFC 8628 section 3.5).
  'authorization_pending',
  'expired_token',
  'slow_down',
  'consent_required',
  'interaction_required',
  'login_required',
  'unmet_authentication_requirements',
]);

/** How long one kind of refusal of one application is audited only once, milliseconds: strangers can cause them. */
const QUIET = 60_000;
/** Kinds remembered at most. */
const MOST = 1_000;

const UNENCODED =
  'the secret is right, but was sent as it stands: the Authorization header wants it percent-encoded (RFC 6749 section 2.3.1)';

/** An answer that names the fault to who has proven to know the secret already. */
export function detailOf(err: errors.OIDCProviderError, ctx: KoaContextWithOIDC): string | undefined {
  if (err.error === 'invalid_client' || err.error === 'invalid_request') {
    if (isUnencoded(ctx.get('authorization') || undefined, ctx.oidc?.client?.clientSecret)) return UNENCODED;
  }
  return err.error_detail ?? err.error_description;
}

/**
 * Says of each refusal what an application's developer will ask: which application, why, and the reference that
 * its person reads. One line in the log; in the audit what isn't an ordinary answer.
 */
export function recordRefusals(provider: Provider, ports: Pick<OidcPorts, 'audit' | 'browser' | 'log' | 'now'>): void {
  const seen = new Map<string, number>();
  const logged = new WeakSet<object>();

  function isNews(key: string): boolean {
    const at = seen.get(key);
    if (at !== undefined && ports.now() - at < QUIET) return false;
    seen.delete(key);
    seen.set(key, ports.now());
    const [oldest] = seen.keys();
    if (seen.size > MOST && oldest !== undefined) seen.delete(oldest);
    return true;
  }

  function record(endpoint: string, ctx: KoaContextWithOIDC, err: errors.OIDCProviderError): void {
    // An address that may not be redirected to is said twice: the first is the cause.
    if (logged.has(ctx.res)) return;
    logged.add(ctx.res);
    const application = ctx.oidc?.client?.clientId;
    const { reference, ip } = ports.browser(ctx.res);
    const { error } = err;
    const reason = detailOf(err, ctx);
    ports.log.info({ application, endpoint, error, reason, reference }, 'an OpenID Connect request was refused');
    if (application === undefined || EXPECTED.has(error) || !isNews(`${application} ${endpoint} ${error}`)) return;
    ports.audit.note({ event: 'oidc.refused', application, endpoint, error, reason, reference, ip });
  }

  for (const [event, endpoint] of Object.entries(EVENTS)) {
    (provider as EventEmitter).on(event, (ctx: KoaContextWithOIDC, err: errors.OIDCProviderError) =>
      record(endpoint, ctx, err),
    );
  }
}
