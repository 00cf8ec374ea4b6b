import { type Client, type Configuration, errors } from 'oidc-provider';
import { settingsOf } from './clients.ts';
import { demandsOf, FAPI_ALGORITHMS } from './demands.ts';
import type { OidcPorts } from './ports.ts';
import { ROUTES } from './routes.ts';

type Ports = Pick<OidcPorts, 'applications' | 'issuer' | 'now'>;
type Claims = Readonly<Record<string, unknown>>;
type Header = Readonly<Record<string, unknown>>;

/** How far ahead an assertion may end, seconds: its `jti` is kept so long. */
const FURTHEST = 3_600;
/** FAPI 2.0 Message Signing section 5.3.1: how long a request object lives at most, seconds. */
const LONGEST = 3_600;
/** What says that a JWT is an authorization request (RFC 9101 section 4). */
const REQUEST_TYPE = /^(application\/)?oauth-authz-req\+jwt$/i;

/**
 * Whom a client assertion is addressed to. oidc-provider takes the address that was called and lists of any length:
 * another server that a client also speaks to could hand on what was meant for both (RFC 7523bis section 4).
 */
export function checkAssertion(ports: Ports): NonNullable<Configuration['assertJwtClientAuthClaimsAndHeader']> {
  return async (_ctx, claims: Claims, header: Header, client: Client) => {
    const settings = settingsOf(ports, client.clientId);
    const { fapi } = demandsOf(settings);
    const refused = (message: string) => new errors.InvalidClientAuth(message);
    if (fapi && claims.aud !== ports.issuer) throw refused('audience (aud) must be the issuer, as one string');
    const accepted =
      settings.assertionAudience === 'token-endpoint'
        ? [ports.issuer, `${ports.issuer}${ROUTES.token}`]
        : [ports.issuer];
    const named: unknown[] = Array.isArray(claims.aud) ? claims.aud : [claims.aud];
    if (!named.every((it) => accepted.some((one) => one === it)))
      throw refused(`audience (aud) must be ${accepted.join(' or ')}, and nothing else`);
    if (fapi && !FAPI_ALGORITHMS.includes(String(header.alg))) throw refused('alg mismatch');
    if (typeof header.typ === 'string' && REQUEST_TYPE.test(header.typ))
      throw refused('a request object is no assertion');
    if (Number(claims.exp) > ports.now() / 1000 + FURTHEST) throw refused('exp is more than an hour ahead');
  };
}

type CheckRequestObject = NonNullable<
  NonNullable<NonNullable<Configuration['features']>['requestObjects']>['assertJwtClaimsAndHeader']
>;

/** Request objects (RFC 9101), and what FAPI 2.0 Message Signing section 5.3.1 wants of them. */
export function checkRequestObject(ports: Ports): CheckRequestObject {
  return async (ctx, claims: Claims, header: Header, client: Client) => {
    // What was pushed was looked at then; of one that wasn't signed oidc-provider has made its own.
    if (ctx.oidc.entities.PushedAuthorizationRequest !== undefined) return;
    const refused = (message: string) => new errors.InvalidRequestObject(message);
    // Whoever sees one in an address must not be able to use it as a client assertion (RFC 9101 section 10.8).
    if (claims.sub === client.clientId) throw refused('sub must not be the client');
    // CIBA Core 1.0 section 7.1.1.
    const asked = ctx.oidc.route === 'backchannel_authentication' ? ['exp', 'iat', 'nbf', 'jti'] : [];
    for (const claim of asked) if (claims[claim] === undefined) throw refused(`${claim} is missing`);
    if (!demandsOf(settingsOf(ports, client.clientId)).fapi) return;
    if (!FAPI_ALGORITHMS.includes(String(header.alg))) throw refused('unsupported signed request alg');
    for (const claim of ['exp', 'nbf', 'aud']) if (claims[claim] === undefined) throw refused(`${claim} is missing`);
    const life = Number(claims.exp) - Number(claims.nbf);
    if (!(life > 0 && life <= LONGEST)) throw refused('exp must be within an hour of nbf');
  };
}
