import { z } from 'zod';
import { isCertificate } from '../../core/certificate.ts';
import { parseDuration } from '../../core/duration.ts';
import { KEY_ALGORITHMS } from '../../core/keyring.ts';

const duration = z.string().transform((text, context) => {
  const value = parseDuration(text);
  if (value === undefined || value === 0) {
    context.addIssue({ code: 'custom', message: 'write a duration as 90s, 30m, 8h or 30d' });
    return z.NEVER;
  }
  return value;
});

/** Loopback redirect URIs may use http (RFC 8252 section 7.3); everything else is https or a private-use scheme. */
const redirectUri = z.string().refine((text) => {
  const url = URL.parse(text);
  if (url === null || url.hash !== '') return false;
  if (url.protocol === 'http:') return ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  return url.protocol === 'https:' || /^[a-z][a-z0-9+-]*\.[a-z0-9+.-]+:$/.test(url.protocol);
}, 'must be an https address without fragment (http only on loopback; native apps may use a reverse-domain scheme)');

const origin = z.string().refine((text) => {
  const url = URL.parse(text);
  if (url === null || url.origin !== text) return false;
  return url.protocol === 'https:' || ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
}, 'must be an origin: https://app.university.example, without a path (http only on loopback)');

const webUri = z
  .string()
  .refine((text) => ['https:', 'http:'].includes(URL.parse(text)?.protocol ?? ''), 'must be an http or https address');

/** Ways to tokens beside refreshing (RFC 6749 sections 4.1 and 4.4, RFC 8628, RFC 8693, CIBA Core 1.0). */
const GRANTS = ['authorization_code', 'client_credentials', 'device_code', 'token_exchange', 'ciba'] as const;

/** `applications.<id>.oidc`: an OpenID Connect client. Its client_id is the application's id. */
export const oidcApplication = z.strictObject({
  profile: z
    .enum(['fapi2'])
    .optional()
    .describe('fapi2: FAPI 2.0 Security Profile, whatever the settings below would allow'),
  grants: z
    .array(z.enum(GRANTS))
    .min(1)
    .default(['authorization_code'])
    .describe(
      'How it gets tokens; client_credentials: without a person, device_code: on devices without a browser; ciba: asks on the phone of whom it names',
    ),
  registration: z
    .strictObject({
      hosts: z
        .array(z.string().regex(/^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+$/, { error: 'must be a host, or *. and a domain' }))
        .min(1)
        .describe('Hosts at which the addresses of clients may be; *.lab.example.org is any below it'),
    })
    .optional()
    .describe('Clients may register themselves below it, with an initial access token (RFC 7591)'),
  redirectUris: z.array(redirectUri).default([]).describe('Exact redirect URIs; nothing else is ever redirected to'),
  postLogoutRedirectUris: z.array(redirectUri).default([]).describe('Where a sign-out may return to'),
  backchannelLogoutUri: webUri.optional().describe('Told when a session ends (OpenID Connect Back-Channel Logout 1.0)'),
  frontchannelLogoutUri: webUri
    .optional()
    .describe(
      'Opened in a frame of the page after a sign-out, where nothing else reaches it (Front-Channel Logout 1.0)',
    ),
  backchannelTokenDeliveryMode: z
    .enum(['poll', 'ping'])
    .default('poll')
    .describe('For ciba: whether it asks for what became of a request, or is told when to'),
  backchannelClientNotificationEndpoint: z
    .url({ protocol: /^https$/, error: 'must be an https address' })
    .optional()
    .describe('For ciba with ping: where it is told (CIBA Core 1.0 section 10.2)'),
  clientSecret: z.string().min(22).optional().describe('At least 128 bits; from a file. Absent: a public client'),
  authentication: z
    .enum([
      'client_secret_basic',
      'client_secret_post',
      'private_key_jwt',
      'tls_client_auth',
      'self_signed_tls_client_auth',
      'none',
    ])
    .optional()
    .describe('How the client authenticates; client_secret_basic with a secret, private_key_jwt with keys, else none'),
  jwks: z
    .strictObject({ keys: z.array(z.record(z.string(), z.unknown())).min(1) })
    .optional()
    .describe('Public keys, for private_key_jwt'),
  jwksUri: webUri.optional().describe('Where its public keys are published'),
  tlsClientAuth: z
    .strictObject({
      subjectDn: z.string().min(1).optional().describe('Subject as RFC 4514 writes it: CN=app,O=Hospital,C=HK'),
      sanDns: z.string().min(1).optional(),
      sanUri: z.string().min(1).optional(),
      sanIp: z.string().min(1).optional(),
      sanEmail: z.string().min(1).optional(),
    })
    .optional()
    .describe('For tls_client_auth: the one name by which its certificate is known (RFC 8705 section 2.1.2)'),
  assertionAudience: z
    .enum(['issuer', 'token-endpoint'])
    .default('issuer')
    .describe('Whom its client assertions may be addressed to: the issuer alone, or the token endpoint as well'),
  senderConstraint: z
    .enum(['dpop', 'mtls'])
    .optional()
    .describe('Its tokens count with proof of a key of its own alone: DPoP (RFC 9449) or its certificate (RFC 8705)'),
  dpopNonce: z.boolean().optional().describe('Each DPoP proof must carry a nonce of ours; fapi2 by default'),
  applicationType: z.enum(['web', 'native']).default('web'),
  corsOrigins: z
    .array(origin)
    .default([])
    .describe('Of a public application: further sites whose scripts may call the token endpoint and userinfo'),
  dangerouslySilentNative: z
    .boolean()
    .default(false)
    .describe('Asks nobody before a native application on loopback or a scheme of its own gets an answer'),
  dangerouslyWithoutPkce: z.boolean().default(false).describe('For a confidential client that cannot do PKCE'),
  requirePushedAuthorizationRequests: z.boolean().default(false),
  requireSignedRequestObject: z
    .boolean()
    .default(false)
    .describe('Its authorization requests must be signed (RFC 9101)'),
  signedResponses: z.boolean().default(false).describe('Gets authorization responses signed alone (JARM)'),
  idTokenAlgorithm: z
    .enum(KEY_ALGORITHMS)
    .optional()
    .describe('Signs its ID tokens, and whatever else is signed for it; RS256, or PS256 for fapi2'),
  scopes: z
    .array(z.enum(['openid', 'profile', 'email', 'phone', 'address', 'groups', 'offline_access']))
    .default(['openid', 'profile', 'email'])
    .describe('Scopes that it may ask for'),
  subject: z.enum(['public', 'pairwise']).default('public'),
  reauthenticate: duration
    .optional()
    .describe('Gives refresh tokens, and this is their absolute life: after it the person signs in again'),
  defaultMaxAge: duration.optional(),
  defaultAcrValues: z.array(z.string()).optional(),
});

export type OidcApplication = z.output<typeof oidcApplication>;

/** `doors.oidc`: what concerns all OpenID Connect applications. */
export const oidcSettings = z.strictObject({
  resources: z
    .record(
      z.url(),
      z.strictObject({
        scopes: z.array(z.string()).min(1),
        applications: z.array(z.string()).describe('Applications that may ask for tokens for it'),
        programs: z
          .record(z.string(), z.array(z.string()).min(1))
          .default({})
          .describe('Scopes that applications may have without a person, by application (client_credentials)'),
        introspectedBy: z.array(z.string()).default([]).describe('Applications that may introspect its opaque tokens'),
        format: z.enum(['jwt', 'opaque']).default('jwt'),
        algorithm: z.enum(KEY_ALGORITHMS).default('RS256'),
        lifetime: duration.default(300_000),
      }),
    )
    .default({})
    .describe('Resource servers by resource indicator (RFC 8707)'),
  certificateAuthorities: z
    .string()
    .refine((text) => isCertificate(text), 'must be one or more certificates, PEM')
    .optional()
    .describe('Who issues certificates that tls_client_auth goes by, PEM'),
  programsAt: origin
    .optional()
    .describe('Another origin by which programs reach the endpoints, where they are asked for a certificate'),
  lifetimes: z
    .strictObject({
      accessToken: duration.default(900_000),
      idToken: duration.default(3_600_000),
      signIn: duration.default(1_800_000),
      deviceCode: duration.default(600_000),
    })
    .prefault({}),
});

export type OidcSettings = z.output<typeof oidcSettings>;
