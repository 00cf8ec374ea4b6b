import { type Configuration, errors, type KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { DoorPorts } from '../../core/door.ts';
import { findAccount } from './accounts.ts';
import { ArtifactAdapter } from './adapter.ts';
import type { OidcApplication, OidcSettings } from './application.ts';
import { leaveEnded } from './bridge.ts';
import { bindInteractions, resumeInItsBrowser } from './browser-bound.ts';
import { CLAIMS, SCOPES, withinScopes } from './claims.ts';
import { clientOf, MemberAdapter } from './clients.ts';
import { endOf, overrideContext } from './evaluation.ts';
import { loadExistingGrant } from './grants.ts';
import { InteractionAdapter } from './interactions.ts';
import { ownParameters } from './own-parameters.ts';
import { pages } from './pages.ts';
import { readQueries } from './parameters.ts';
import { prompts } from './prompts.ts';
import { recordRefusals } from './refusals.ts';
import { keepProofs } from './resting.ts';
import { answerAlike, rotates } from './rotation.ts';
import { ROUTES } from './routes.ts';
import { governSessions } from './session-model.ts';
import { lifeLeft, type SessionAdapter, seconds } from './sessions.ts';
import { recordLogouts, signOutElsewhere } from './sign-out.ts';
import type { Subjects } from './subjects.ts';

/** Cookies carry 256 random bits that are looked up in the store: a signature over them would prove nothing more. */
function cookies(issuer: string): Configuration['cookies'] {
  const secure = issuer.startsWith('https:');
  const options = { httpOnly: true, sameSite: 'lax', secure, signed: false } as const;
  return {
    names: {
      session: secure ? '__Host-sallyport_session' : 'sallyport_session',
      // Never set: see `resumeInItsBrowser`.
      interaction: 'interaction',
      resume: 'resume',
    },
    long: { ...options, path: '/' },
    short: options,
    keys: [],
  };
}

/**
 * oidc-provider with everything closed that it leaves open and RFC 9700 closes: PKCE for all, exact redirect
 * URIs, refresh tokens that rotate for public clients, with reuse detection, no pages, no interactions and no errors of its own.
 */
export function createProvider(
  settings: OidcSettings,
  ports: DoorPorts,
  sessions: SessionAdapter,
  jwks: Configuration['jwks'],
  subjects: Subjects,
): Provider {
  const settingsOf = (id: string | undefined): Partial<OidcApplication> => {
    const application = ports.applications.get(id ?? '');
    return application?.door === 'oidc' ? (application.settings as OidcApplication) : {};
  };
  const own = pages(ports);

  const provider = new Provider(ports.issuer, {
    adapter: (name: string) => {
      if (name === 'Session') return sessions;
      if (name === 'Client') return new MemberAdapter(ports);
      if (name === 'Interaction') return new InteractionAdapter(ports);
      return new ArtifactAdapter(ports, name);
    },
    acrValues: [...ports.acr.keys()],
    allowOmittingSingleRegisteredRedirectUri: false,
    claims: CLAIMS,
    clientBasedCORS: (_ctx, origin, client) =>
      client.tokenEndpointAuthMethod === 'none' &&
      [
        ...(client.redirectUris ?? []).map((uri) => URL.parse(uri)?.origin),
        ...(settingsOf(client.clientId).corsOrigins ?? []),
      ].includes(origin),
    clientDefaults: { grant_types: ['authorization_code'], response_types: ['code'] },
    clients: [...ports.applications.values()].map((it) => clientOf(it, ports.issuer)),
    conformIdTokenClaims: true,
    cookies: cookies(ports.issuer),
    discovery: {
      ui_locales_supported: [...ports.locales],
      claims_locales_supported: undefined,
    },
    enabledJWA: {
      idTokenSigningAlgValues: ['RS256', 'ES256'],
      clientAuthSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA'],
    },
    expiresWithSession: (_ctx, token) => settingsOf(token.clientId).reauthenticate === undefined,
    extraTokenClaims: (ctx, token) => {
      const source = ctx.oidc.entities.RefreshToken ?? ctx.oidc.entities.AuthorizationCode;
      if (token.kind !== 'AccessToken' || source === undefined) return undefined;
      return { acr: source.acr, amr: source.amr as string[] | undefined, auth_time: source.authTime };
    },
    extraParams: ownParameters(ports),
    features: {
      backchannelLogout: { enabled: true },
      claimsParameter: { enabled: true },
      clientCredentials: { enabled: false },
      devInteractions: { enabled: false },
      dPoP: { enabled: true },
      introspection: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) =>
          client.tokenEndpointAuthMethod !== 'none' &&
          (token.clientId === client.clientId ||
            ('aud' in token && settings.resources[String(token.aud)]?.introspectedBy.includes(client.clientId)) ===
              true),
      },
      pushedAuthorizationRequests: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => undefined as never,
        getResourceServerInfo: (_ctx, indicator, client) => {
          const resource = settings.resources[indicator];
          if (!resource?.applications.includes(client.clientId)) throw new errors.InvalidTarget();
          return {
            scope: resource.scopes.join(' '),
            accessTokenTTL: seconds(resource.lifetime),
            accessTokenFormat: resource.format,
            ...(resource.format === 'jwt' ? { jwt: { sign: { alg: resource.algorithm } } } : {}),
          };
        },
        // Asked for in the authorization request alone, the token is for it all the same (RFC 8707 section 2.2).
        useGrantedResource: () => true,
      },
      revocation: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId,
      },
      rpInitiatedLogout: { enabled: true, logoutSource: own.signOut, postLogoutSuccessSource: own.signedOut },
      userinfo: { enabled: true },
    },
    fetch: (url, options) => ports.fetch(url instanceof Request ? url.url : url, options),
    findAccount: findAccount(ports),
    interactions: { policy: prompts(ports), url: (_ctx, interaction) => `/sign-in/${interaction.uid}` },
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    jwks,
    loadExistingGrant: (ctx) => loadExistingGrant(ports, ctx),
    pairwiseIdentifier: (_ctx, accountId, client) => subjects.pairwise(accountId, client),
    pkce: { required: (_ctx, client) => settingsOf(client.clientId).dangerouslyWithoutPkce !== true },
    renderError: own.error,
    responseTypes: ['code', 'none'],
    rotateRefreshToken: rotates,
    routes: ROUTES,
    scopes: [...SCOPES],
    subjectTypes: ['public', 'pairwise'],
    ttl: {
      AccessToken: (ctx, token) =>
        withinGrant(ctx, token.resourceServer?.accessTokenTTL ?? seconds(settings.lifetimes.accessToken)),
      AuthorizationCode: 60,
      Grant: (ctx, grant) => {
        const usual = (settingsOf(grant.clientId).reauthenticate ?? 0) + ports.sessions.lifetime;
        return seconds(Math.min(usual, (endOf(ctx) ?? Number.POSITIVE_INFINITY) - ports.now()));
      },
      IdToken: (ctx) => withinGrant(ctx, seconds(settings.lifetimes.idToken)),
      Interaction: seconds(settings.lifetimes.signIn),
      // Absolute from the first one on: rotation never prolongs it.
      RefreshToken: (_ctx, token) => {
        const end = (token.iiat ?? seconds(ports.now())) + seconds(settingsOf(token.clientId).reauthenticate ?? 0);
        return Math.max(1, end - seconds(ports.now()));
      },
      Session: (_ctx, it) => lifeLeft(ports, it).idle,
    },
  });
  // The web layer has checked Host and set the scheme from the issuer.
  provider.proxy = true;
  readQueries(provider);
  provider.use(own.replace);
  provider.use(resumeInItsBrowser(provider, ports));
  provider.use(leaveEnded(ports));
  provider.use(answerAlike(ports.ephemeral));
  provider.use(signOutElsewhere(ports));
  recordLogouts(provider, ports);
  recordRefusals(provider, ports);
  overrideContext(provider);
  withinScopes(provider);
  keepProofs(provider);
  bindInteractions(provider, ports);
  governSessions(provider, sessions);
  return provider;
}

/** A JWT is good wherever it is: it must not say that it lives longer than the grant that it was issued under. */
function withinGrant(ctx: KoaContextWithOIDC, usual: number): number {
  const { exp } = ctx.oidc.entities.Grant ?? {};
  return exp === undefined ? usual : Math.max(1, Math.min(usual, exp - Math.floor(Date.now() / 1000)));
}
