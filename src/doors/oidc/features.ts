import { randomBytes, randomUUID } from 'node:crypto';
import { type Client, type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { OidcSettings } from './application.ts';
import { checkRequestObject } from './assertions.ts';
import { isVouchedFor, matches, readAuthorities } from './certificates.ts';
import { applicationsOf, settingsOf } from './clients.ts';
import { demandsOf, usedBy } from './demands.ts';
import { begunAt, CODES, deviceEnds } from './device.ts';
import { nonceNeeded } from './nonces.ts';
import type { Pages } from './pages.ts';
import type { ProviderParts } from './parts.ts';
import type { OidcPorts } from './ports.ts';
import { POLICY } from './registration/adapters.ts';
import { registrationPolicy } from './registration/policy.ts';
import { seconds } from './sessions.ts';

/** What is served besides the code flow: a token is revoked by its client, looked at by that and by its resource. */
export function features(
  {
    settings,
    ports,
    nonceSecret,
    backchannel,
  }: Pick<ProviderParts, 'settings' | 'ports' | 'nonceSecret' | 'backchannel'>,
  { signOut, signedOut, error }: Pages,
): NonNullable<Configuration['features']> {
  const { resources } = settings;
  const { done, failed } = deviceEnds(ports, error);
  const used = usedBy(applicationsOf(ports));
  const demands = (client: Client | undefined) => demandsOf(settingsOf(ports, client?.clientId));
  return {
    backchannelLogout: { enabled: true },
    ciba: backchannel.feature,
    claimsParameter: { enabled: true },
    clientCredentials: { enabled: used.clientCredentials },
    deviceFlow: {
      enabled: used.deviceFlow,
      ...CODES,
      deviceInfo: begunAt(ports),
      userCodeInputSource: failed,
      successSource: done,
    },
    devInteractions: { enabled: false },
    dPoP: { enabled: true, nonceSecret, requireNonce: nonceNeeded(ports) },
    fapi: { enabled: true, profile: (_ctx, client) => (demands(client).fapi ? '2.0' : undefined) },
    introspection: {
      enabled: true,
      allowedPolicy: (_ctx, client, token) =>
        client.tokenEndpointAuthMethod !== 'none' &&
        isStillGiven(resources, token) &&
        (token.clientId === client.clientId ||
          ('aud' in token && resources[String(token.aud)]?.introspectedBy.includes(client.clientId)) === true),
    },
    mTLS: certificates(settings, ports, used.certificates),
    jwtIntrospection: { enabled: true },
    jwtResponseModes: { enabled: used.signedResponses },
    pushedAuthorizationRequests: { enabled: true },
    registration: {
      enabled: used.registration,
      initialAccessToken: true,
      policies: { [POLICY]: registrationPolicy(ports) },
      idFactory: (ctx) => `${(ctx.state.invitation as { application: string }).application}:${randomUUID()}`,
      secretFactory: async () => randomBytes(32).toString('base64url'),
    },
    registrationManagement: { enabled: used.registration, rotateRegistrationAccessToken: true },
    requestObjects: { enabled: used.requestObjects, assertJwtClaimsAndHeader: checkRequestObject(ports) },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined as never,
      getResourceServerInfo: (ctx, indicator, client) => {
        const resource = resources[indicator];
        const scopes = resource && scopesFor(resource, client.clientId, ctx.oidc.params?.grant_type);
        if (resource === undefined || scopes === undefined) throw new errors.InvalidTarget();
        return {
          scope: scopes.join(' '),
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
    rpInitiatedLogout: { enabled: true, logoutSource: signOut, postLogoutSuccessSource: signedOut },
    userinfo: { enabled: true },
  };
}

type Resource = OidcSettings['resources'][string];

/** What an application may ask of a resource: with a person, or by itself. */
function scopesFor({ applications, programs, scopes }: Resource, id: string, grant: unknown): string[] | undefined {
  if (grant === 'client_credentials') return Object.hasOwn(programs, id) ? programs[id] : undefined;
  return applications.includes(id) ? scopes : undefined;
}

/** Whether the configuration of now would still give a program what it has without a person: no grant tells of its end. */
function isStillGiven(
  resources: OidcSettings['resources'],
  token: { kind: string; clientId?: string | undefined; aud?: unknown },
): boolean {
  if (token.kind !== 'ClientCredentials') return true;
  const resource = resources[String(token.aud)];
  return resource !== undefined && scopesFor(resource, String(token.clientId), 'client_credentials') !== undefined;
}

/** Mutual TLS (RFC 8705): what a program showed, to us or to a proxy that says so. */
function certificates(
  { certificateAuthorities = '' }: OidcSettings,
  ports: OidcPorts,
  enabled: boolean,
): NonNullable<NonNullable<Configuration['features']>['mTLS']> {
  const authorities = readAuthorities(certificateAuthorities);
  const shown = ({ res }: KoaContextWithOIDC) => ports.certificate(res);
  return {
    enabled,
    certificateBoundAccessTokens: enabled,
    selfSignedTlsClientAuth: enabled,
    tlsClientAuth: enabled,
    getCertificate: shown,
    certificateAuthorized(ctx) {
      const certificate = shown(ctx);
      return certificate !== undefined && isVouchedFor(certificate, authorities, ports.now());
    },
    certificateSubjectMatches(ctx, property, expected) {
      const certificate = shown(ctx);
      return certificate !== undefined && matches(certificate, property, expected);
    },
  };
}
