import { type Configuration, Provider } from 'oidc-provider';
import type { KeyAlgorithm } from '../../core/keyring.ts';
import { findAccount } from './accounts.ts';
import { ArtifactAdapter } from './adapter.ts';
import { checkAssertion } from './assertions.ts';
import { sayNoUserCodes } from './backchannel/index.ts';
import { leaveEnded } from './bridge.ts';
import { bindInteractions, resumeInItsBrowser } from './browser-bound.ts';
import { CLAIMS, SCOPES, withinScopes } from './claims.ts';
import { applicationsOf, clientOf, MemberAdapter, settingsOf } from './clients.ts';
import { followClock } from './clock.ts';
import { usedBy } from './demands.ts';
import { answerForDevices, devicePages, tellInterval } from './device.ts';
import { DeviceCodeAdapter } from './device-codes.ts';
import { keepDocuments } from './documents.ts';
import { refuseEnded } from './ended.ts';
import { overrideContext } from './evaluation.ts';
import { type Exchanged, serveExchange } from './exchange.ts';
import { features } from './features.ts';
import { FRONT_CHANNEL, includeSids } from './frames.ts';
import { loadExistingGrant } from './grants.ts';
import { writeLeft } from './in-hand.ts';
import { InteractionAdapter } from './interactions.ts';
import { BODY_LIMITS, outgoing } from './key-sets.ts';
import { lifetimes } from './lifetimes.ts';
import { knowHolder } from './nonces.ts';
import { ownParameters } from './own-parameters.ts';
import { pages } from './pages.ts';
import { readQueries } from './parameters.ts';
import type { ProviderParts } from './parts.ts';
import { nameEndpoints } from './program-host.ts';
import { recordPrograms } from './programs.ts';
import { prompts } from './prompts.ts';
import { recordRefusals } from './refusals.ts';
import { InvitationAdapter, ManagementTokenAdapter } from './registration/adapters.ts';
import { replaceAnswers } from './replaced-answers.ts';
import { keepResting } from './resting.ts';
import { answerAlike, rotates } from './rotation.ts';
import { FOR_PROGRAMS, ROUTES } from './routes.ts';
import { governSessions } from './session-model.ts';
import { recordLogouts, signOutElsewhere } from './sign-out.ts';
import { writeTogether } from './token-models.ts';

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

const AUTHENTICATION = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'] as const;
const BY_CERTIFICATE = ['tls_client_auth', 'self_signed_tls_client_auth'] as const;

/** Endpoints by the name under which programs are asked for a certificate (RFC 8705 section 5). */
function aliases(origin: string): Record<string, string> {
  const named = Object.entries(ROUTES).filter(([name, path]) => FOR_PROGRAMS.has(path) && name !== 'jwks');
  return Object.fromEntries(named.map(([name, path]) => [`${name}_endpoint`, `${origin}${path}`]));
}

/** What clients sign their assertions, request objects and proofs with. No secret of theirs is a key. */
const OF_CLIENTS: KeyAlgorithm[] = ['RS256', 'PS256', 'ES256', 'EdDSA'];

/**
 * oidc-provider with everything closed that it leaves open and RFC 9700 closes: PKCE for all, exact redirect
 * URIs, refresh tokens that rotate for public clients, with reuse detection, no pages, no interactions and no errors of its own.
 */
export function createProvider(parts: ProviderParts, jwks: Configuration['jwks']): Provider {
  const { settings, ports, sessions, subjects, algorithms, registered } = parts;
  const used = usedBy(applicationsOf(ports));
  followClock(ports.now);
  const own = pages(ports);
  const provider = new Provider(ports.issuer, {
    assertJwtClientAuthClaimsAndHeader: checkAssertion(ports),
    adapter: (name: string) => {
      if (name === 'Session') return sessions;
      if (name === 'Client') return new MemberAdapter(ports, registered);
      if (name === 'InitialAccessToken') return new InvitationAdapter(registered);
      if (name === 'RegistrationAccessToken') return new ManagementTokenAdapter(registered);
      if (name === 'BackchannelAuthenticationRequest') return parts.backchannel.adapter;
      if (name === 'DeviceCode') return new DeviceCodeAdapter(ports);
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
        ...(settingsOf(ports, client.clientId).corsOrigins ?? []),
      ].includes(origin),
    clientDefaults: { grant_types: ['authorization_code'], response_types: ['code'] },
    clientAuthMethods: [...AUTHENTICATION, ...(used.certificates ? BY_CERTIFICATE : [])],
    clients: [...ports.applications.values()].map((it) => clientOf(it, ports.issuer)),
    conformIdTokenClaims: true,
    cookies: cookies(ports.issuer),
    discovery: {
      ui_locales_supported: [...ports.locales],
      claims_locales_supported: undefined,
      frontchannel_logout_supported: true,
      frontchannel_logout_session_supported: true,
      ...(settings.programsAt ? { mtls_endpoint_aliases: aliases(settings.programsAt) } : {}),
    },
    enabledJWA: {
      idTokenSigningAlgValues: [...algorithms],
      authorizationSigningAlgValues: [...algorithms],
      introspectionSigningAlgValues: [...algorithms],
      clientAuthSigningAlgValues: [...OF_CLIENTS],
      requestObjectSigningAlgValues: [...OF_CLIENTS],
      dPoPSigningAlgValues: ['ES256', 'PS256', 'EdDSA', 'Ed25519'],
    },
    expiresWithSession: (_ctx, token) => settingsOf(ports, token.clientId).reauthenticate === undefined,
    extraTokenClaims: (ctx, token) => {
      const { RefreshToken, AuthorizationCode, DeviceCode, BackchannelAuthenticationRequest } = ctx.oidc.entities;
      if (token.kind === 'AccessToken' && ctx.state.exchanged) return { ...(ctx.state.exchanged as Exchanged) };
      const source = RefreshToken ?? AuthorizationCode ?? DeviceCode ?? BackchannelAuthenticationRequest;
      if (token.kind !== 'AccessToken' || source === undefined) return undefined;
      return { acr: source.acr, amr: source.amr as string[] | undefined, auth_time: source.authTime };
    },
    extraClientMetadata: { properties: [...FRONT_CHANNEL] },
    extraParams: ownParameters(ports),
    features: features(parts, own),
    fetch: outgoing(ports),
    fetchResponseBodyLimits: BODY_LIMITS,
    findAccount: findAccount(ports),
    interactions: { policy: prompts(ports), url: (_ctx, interaction) => `/sign-in/${interaction.uid}` },
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    jwks,
    loadExistingGrant: (ctx) => loadExistingGrant(ports, ctx),
    pairwiseIdentifier: (_ctx, accountId, client) => subjects.pairwise(accountId, client),
    pkce: { required: (_ctx, client) => settingsOf(ports, client.clientId).dangerouslyWithoutPkce !== true },
    renderError: own.error,
    responseTypes: ['code', 'none'],
    rotateRefreshToken: rotates,
    routes: ROUTES,
    scopes: [...SCOPES],
    subjectTypes: ['public', 'pairwise'],
    ttl: lifetimes(settings, ports),
  });
  amend(provider, parts);
  return provider;
}

/** What no option of oidc-provider's decides: steps around it, in this order, and changes to its models. */
function amend(provider: Provider, { ports, sessions, settings }: ProviderParts): void {
  // The web layer has checked Host and set the scheme from the issuer.
  provider.proxy = true;
  readQueries(provider);
  provider.use(keepDocuments(provider));
  provider.use(sayNoUserCodes);
  provider.use(replaceAnswers(ports));
  provider.use(resumeInItsBrowser(provider, ports));
  provider.use(devicePages(() => provider, ports));
  provider.use(tellInterval);
  provider.use(leaveEnded(ports));
  provider.use(knowHolder(() => provider));
  provider.use(refuseEnded(ports));
  provider.use(answerAlike(ports.ephemeral));
  provider.use(signOutElsewhere(() => provider, ports));
  provider.use(writeLeft);
  recordLogouts(provider, ports);
  recordRefusals(provider, ports);
  overrideContext(provider);
  nameEndpoints(provider, settings, ports);
  withinScopes(provider);
  includeSids(provider);
  keepResting(provider);
  bindInteractions(provider, ports);
  governSessions(provider, sessions, ports.now);
  answerForDevices(provider);
  recordPrograms(provider, ports);
  if (usedBy(applicationsOf(ports)).tokenExchange) serveExchange(provider, settings, ports);
  writeTogether(provider);
}
