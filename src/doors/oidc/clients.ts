import { type AdapterPayload, type ClientMetadata, Provider } from 'oidc-provider';
import type { Application } from '../../core/application.ts';
import { ArtifactAdapter } from './adapter.ts';
import type { OidcApplication } from './application.ts';
import { SUBJECTS } from './certificates.ts';
import { demandsOf } from './demands.ts';
import type { OidcPorts } from './ports.ts';
import { keepClient } from './registration/adapters.ts';
import type { RegisteredClients } from './registration/store.ts';

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
  return ofThisDoor(application, application.settings as OidcApplication);
}

/** Response modes (OAuth 2.0 Multiple Response Type Encoding Practices, Form Post Response Mode, JARM section 2.3). */
const MODES = ['query', 'fragment', 'form_post'];
const SIGNED_MODES = ['jwt', 'query.jwt', 'fragment.jwt', 'form_post.jwt'];

const GRANT_TYPES = {
  authorization_code: 'authorization_code',
  client_credentials: 'client_credentials',
  device_code: 'urn:ietf:params:oauth:grant-type:device_code',
  ciba: 'urn:openid:params:grant-type:ciba',
  token_exchange: 'urn:ietf:params:oauth:grant-type:token-exchange',
} as const satisfies Record<OidcApplication['grants'][number], string>;

/** What a client that registered says of itself besides. */
interface Said {
  clientName?: string;
  logoUri?: string;
}

function ofThisDoor(application: Application, settings: OidcApplication & Said): ClientMetadata {
  const { authentication, algorithm, senderConstraint, pushed } = demandsOf(settings);
  return {
    client_id: application.id,
    // What a client called itself: people are shown whose it is besides.
    client_name: settings.clientName ?? nameOf(application),
    ...(settings.logoUri ? { logo_uri: settings.logoUri } : {}),
    application_type: settings.applicationType,
    redirect_uris: settings.redirectUris,
    post_logout_redirect_uris: settings.postLogoutRedirectUris,
    response_types: settings.grants.includes('authorization_code') && settings.redirectUris.length > 0 ? ['code'] : [],
    response_modes: settings.signedResponses ? SIGNED_MODES : MODES,
    grant_types: [
      ...settings.grants.map((it) => GRANT_TYPES[it]),
      ...(settings.reauthenticate ? ['refresh_token'] : []),
    ],
    token_endpoint_auth_method: authentication,
    id_token_signed_response_alg: algorithm,
    authorization_signed_response_alg: algorithm,
    introspection_signed_response_alg: algorithm,
    scope: settings.scopes.join(' '),
    subject_type: settings.subject,
    require_pushed_authorization_requests: pushed,
    require_signed_request_object: settings.requireSignedRequestObject,
    dpop_bound_access_tokens: senderConstraint === 'dpop',
    tls_client_certificate_bound_access_tokens: senderConstraint === 'mtls',
    ...subjectsOf(settings),
    ...backchannelOf(settings),
    ...(settings.clientSecret ? { client_secret: settings.clientSecret } : {}),
    ...(settings.jwks ? { jwks: settings.jwks as ClientMetadata['jwks'] } : {}),
    ...(settings.jwksUri ? { jwks_uri: settings.jwksUri } : {}),
    ...(settings.backchannelLogoutUri
      ? { backchannel_logout_uri: settings.backchannelLogoutUri, backchannel_logout_session_required: true }
      : {}),
    ...(settings.frontchannelLogoutUri
      ? { frontchannel_logout_uri: settings.frontchannelLogoutUri, frontchannel_logout_session_required: true }
      : {}),
    ...(settings.defaultMaxAge === undefined ? {} : { default_max_age: settings.defaultMaxAge / 1000 }),
    ...(settings.defaultAcrValues ? { default_acr_values: settings.defaultAcrValues } : {}),
  };
}

function backchannelOf(settings: OidcApplication): Partial<ClientMetadata> {
  const { grants, backchannelTokenDeliveryMode: mode, backchannelClientNotificationEndpoint: endpoint } = settings;
  if (!grants.includes('ciba')) return {};
  return {
    backchannel_token_delivery_mode: mode,
    ...(endpoint ? { backchannel_client_notification_endpoint: endpoint } : {}),
  };
}

function subjectsOf({ tlsClientAuth = {} }: OidcApplication): Partial<ClientMetadata> {
  const named = Object.entries(tlsClientAuth).map(([key, value]) => [SUBJECTS[key as keyof typeof SUBJECTS], value]);
  return Object.fromEntries(named);
}

/** Settings of all applications that are configured for this door. */
export function applicationsOf({ applications }: Pick<OidcPorts, 'applications'>): OidcApplication[] {
  const own = [...applications.values()].filter(({ door }) => door === 'oidc');
  return own.map(({ settings }) => settings as OidcApplication);
}

/** An application's own settings of this door; none of one that came by another, or isn't configured. */
export function settingsOf(
  { applications }: Pick<OidcPorts, 'applications'>,
  id: string | undefined,
): Partial<OidcApplication> {
  const application = applications.get(id ?? '');
  return application?.door === 'oidc' ? (application.settings as OidcApplication) : {};
}

/** Clients that aren't configured one by one: members of another door's federation, and those that registered. */
export class MemberAdapter extends ArtifactAdapter {
  readonly #ports: OidcPorts;

  readonly #registered: RegisteredClients;

  constructor(ports: OidcPorts, registered: RegisteredClients) {
    super(ports, 'Client');
    this.#ports = ports;
    this.#registered = registered;
  }

  override upsert(id: string, metadata: AdapterPayload): Promise<void> {
    return keepClient(this.#registered, this.#ports, id, metadata);
  }

  override async destroy(id: string): Promise<void> {
    await this.#ports.audit.commit({ event: 'client.removed', by: 'itself', application: id });
    await this.#registered.remove(id);
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
