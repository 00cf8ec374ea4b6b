import { type ClientMetadata, Provider } from 'oidc-provider';
import type { Application } from '../../core/application.ts';
import { ArtifactAdapter } from './adapter.ts';
import type { OidcApplication } from './application.ts';
import type { OidcPorts } from './ports.ts';

/** Methods by which a client authenticates (OpenID Connect Core section 9), from what it was given. */
function authenticationOf(settings: OidcApplication): NonNullable<OidcApplication['authentication']> {
  if (settings.authentication) return settings.authentication;
  if (settings.clientSecret) return 'client_secret_basic';
  return settings.jwks || settings.jwksUri ? 'private_key_jwt' : 'none';
}

/** Where the gateway's own pages come back to after a sign-in. */
export interface InternalApplication {
  redirectUris: string[];
}

/** Client metadata (RFC 7591) of an application. One of another door's gets no tokens: its door asks for the session. */
export function clientOf(application: Application, issuer: string): ClientMetadata {
  if (application.internal) {
    const { redirectUris } = application.settings as InternalApplication;
    return {
      client_id: application.id,
      redirect_uris: redirectUris,
      response_types: ['none'],
      grant_types: [],
      token_endpoint_auth_method: 'none',
    };
  }
  if (application.door !== 'oidc') {
    return {
      client_id: application.id,
      client_name: nameOf(application),
      redirect_uris: [`${issuer}/${application.door}/resume`],
      response_types: ['none'],
      grant_types: [],
      token_endpoint_auth_method: 'none',
    };
  }
  const settings = application.settings as OidcApplication;
  return {
    client_id: application.id,
    client_name: nameOf(application),
    application_type: settings.applicationType,
    redirect_uris: settings.redirectUris,
    post_logout_redirect_uris: settings.postLogoutRedirectUris,
    response_types: ['code'],
    grant_types: settings.reauthenticate ? ['authorization_code', 'refresh_token'] : ['authorization_code'],
    token_endpoint_auth_method: authenticationOf(settings),
    id_token_signed_response_alg: settings.idTokenAlgorithm,
    scope: settings.scopes.join(' '),
    subject_type: settings.subject,
    require_pushed_authorization_requests: settings.requirePushedAuthorizationRequests,
    ...(settings.clientSecret ? { client_secret: settings.clientSecret } : {}),
    ...(settings.jwks ? { jwks: settings.jwks as ClientMetadata['jwks'] } : {}),
    ...(settings.jwksUri ? { jwks_uri: settings.jwksUri } : {}),
    ...(settings.backchannelLogoutUri
      ? { backchannel_logout_uri: settings.backchannelLogoutUri, backchannel_logout_session_required: true }
      : {}),
    ...(settings.defaultMaxAge === undefined ? {} : { default_max_age: settings.defaultMaxAge / 1000 }),
    ...(settings.defaultAcrValues ? { default_acr_values: settings.defaultAcrValues } : {}),
  };
}

/** An application's own settings of this door; none of one that came by another, or isn't configured. */
export function settingsOf(
  { applications }: Pick<OidcPorts, 'applications'>,
  id: string | undefined,
): Partial<OidcApplication> {
  const application = applications.get(id ?? '');
  return application?.door === 'oidc' ? (application.settings as OidcApplication) : {};
}

/** Clients that aren't configured one by one: members of another door's federation. Nobody else comes at run time. */
export class MemberAdapter extends ArtifactAdapter {
  readonly #ports: OidcPorts;

  constructor(ports: OidcPorts) {
    super(ports, 'Client');
    this.#ports = ports;
  }

  override async find(id: string): Promise<ClientMetadata | undefined> {
    const { applications, strangers, browser } = this.#ports;
    // Anybody can name a member of a federation, whose door may have to ask somebody for it.
    const { ctx } = Provider;
    if (ctx && applications.get(id) === undefined) await strangers.ask({ browser: browser(ctx.res) });
    const found = await applications.find(id);
    return found && clientOf(found, this.#ports.issuer);
  }
}

function nameOf({ name, id }: Application): string {
  return typeof name === 'string' ? name : (name.en ?? Object.values(name)[0] ?? id);
}

/** Faults that the schema can't see. */
export function checkApplications(applications: readonly (Application & { settings: OidcApplication })[]) {
  const faults: { application: string; path: string; message: string }[] = [];
  for (const { id, settings } of applications) {
    const fault = (path: string, message: string) => faults.push({ application: id, path, message });
    const method = authenticationOf(settings);
    if (method.startsWith('client_secret') && !settings.clientSecret) fault('clientSecret', `is needed for ${method}`);
    if (method === 'private_key_jwt' && !settings.jwks && !settings.jwksUri)
      fault('jwks', 'or jwksUri is needed for private_key_jwt');
    if (settings.corsOrigins.length > 0 && method !== 'none') {
      fault('corsOrigins', 'is for public applications: one with a secret or a key in a browser would give it away');
    }
    if (settings.dangerouslySilentNative && settings.applicationType !== 'native') {
      fault('dangerouslySilentNative', 'is for applications with applicationType: native');
    }
    if (settings.dangerouslyWithoutPkce && method === 'none') {
      fault('dangerouslyWithoutPkce', 'a public client must use PKCE (RFC 9700 section 2.1.1)');
    }
    // Its subjects go by its redirect URIs' host (OpenID Connect Core section 8.1).
    const hosts = new Set(settings.redirectUris.map((uri) => new URL(uri).host));
    if (settings.subject === 'pairwise' && hosts.size > 1) {
      fault('redirectUris', 'must all be of one host where subject is pairwise');
    }
    if (!settings.scopes.includes('openid')) fault('scopes', 'must include openid');
    if (settings.scopes.includes('offline_access') && !settings.reauthenticate) {
      fault('scopes', 'offline_access needs reauthenticate, the absolute life of its refresh tokens');
    }
  }
  return faults;
}
