import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { OidcApplication } from '../application.ts';
import { demandsOf } from '../demands.ts';
import { UNPLAIN } from '../plain.ts';
import type { OidcPorts } from '../ports.ts';
import { templateOf } from './store.ts';

type Properties = Record<string, unknown>;

/** What a client may say of itself; everything else is its template's, or nobody's. */
const SAID = new Set([
  ...['client_id', 'client_id_issued_at', 'client_secret', 'client_secret_expires_at', 'client_name'],
  ...['redirect_uris', 'post_logout_redirect_uris', 'backchannel_logout_uri', 'frontchannel_logout_uri'],
  ...[
    'logo_uri',
    'token_endpoint_auth_method',
    'jwks',
    'jwks_uri',
    'scope',
    'grant_types',
    'response_types',
    'application_type',
  ],
]);
/** Those that must be at the hosts that the template names. */
const ADDRESSES = [
  ...['redirect_uris', 'post_logout_redirect_uris', 'backchannel_logout_uri', 'frontchannel_logout_uri'],
  // Of somebody else's host it would be somebody else's picture, and the gateway would fetch it for strangers.
  ...['jwks_uri', 'logo_uri'],
];
const METHODS = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'];
/** Addresses of a kind, and characters of a name. */
const MOST = 10;
const LONGEST = 100;

/**
 * `https`, a host without a name before it, and no fragment, in letters that every reader of addresses takes alike: blanks
 * and ends of lines some leave out, and a backslash is a slash to some.
 */
const PLAIN = /^https:\/\/[a-z0-9.-]+(:[0-9]+)?([/?][!-"$-[\]-~]*)?$/i;

const invalid = (message: string) => new errors.InvalidClientMetadata(message);

/** Addresses at hosts that the template names: `lab.example.org`, or `*.lab.example.org` for any below it. */
function checkAddresses(properties: Properties, name: string, hosts: readonly string[]): void {
  const value = properties[name];
  if (value === undefined) return;
  const all: unknown[] = Array.isArray(value) ? value : [value];
  if (all.length > MOST) throw invalid(`${name} has more than ${MOST} addresses`);
  for (const one of all) {
    const url = typeof one === 'string' && PLAIN.test(one) ? URL.parse(one) : null;
    const allowed =
      url !== null &&
      hosts.some((host) => (host.startsWith('*.') ? url.hostname.endsWith(host.slice(1)) : url.hostname === host));
    if (allowed) continue;
    const message = `${name} must be https addresses without fragment, at hosts that are allowed here`;
    throw name === 'redirect_uris' ? new errors.InvalidRedirectUri(message) : invalid(message);
  }
}

/** A page that frames may show is of an origin that its redirects lead to (Front-Channel Logout 1.0 section 2). */
function checkFrontChannel(properties: Properties, redirects: readonly unknown[]): void {
  const { frontchannel_logout_uri: uri, backchannel_logout_uri: better } = properties;
  if (uri === undefined) return;
  const { origin } = new URL(String(uri));
  if (!redirects.some((it) => URL.parse(String(it))?.origin === origin))
    throw invalid('frontchannel_logout_uri must be of the same origin as a redirect URI');
  // It is for those that know nothing better.
  if (better === undefined) properties.frontchannel_logout_session_required = true;
  else delete properties.frontchannel_logout_uri;
}

/**
 * Holds a registration, and each change of one, to what its template allows: what isn't asked for is taken from it, and
 * what it doesn't allow is refused (RFC 7591 section 3.2.1 lets a server replace what it likes).
 */
export function registrationPolicy({ applications }: Pick<OidcPorts, 'applications'>) {
  return async (_ctx: KoaContextWithOIDC, properties: Properties): Promise<void> => {
    const template = applications.get(templateOf(String(properties.client_id)));
    const settings = template?.settings as OidcApplication | undefined;
    const { registration } = settings ?? {};
    if (settings === undefined || registration === undefined) throw invalid('nobody may register here');
    for (const name of Object.keys(properties)) if (!SAID.has(name)) delete properties[name];

    for (const name of ADDRESSES) checkAddresses(properties, name, registration.hosts);
    if (!Array.isArray(properties.redirect_uris) || properties.redirect_uris.length === 0)
      throw new errors.InvalidRedirectUri('redirect_uris is needed');
    checkFrontChannel(properties, properties.redirect_uris);

    const method = properties.token_endpoint_auth_method ?? 'client_secret_basic';
    if (!METHODS.includes(String(method)))
      throw invalid(`token_endpoint_auth_method must be one of ${METHODS.join(', ')}`);
    const scope = typeof properties.scope === 'string' ? properties.scope.split(' ') : settings.scopes;
    const beyond = scope.find((one) => !settings.scopes.some((allowed) => allowed === one));
    if (beyond !== undefined) throw invalid(`scope ${beyond.slice(0, 40)} is not allowed here`);
    const name = properties.client_name;
    if (name !== undefined && (typeof name !== 'string' || name.length > LONGEST || UNPLAIN.test(name)))
      throw invalid(`client_name must be text of at most ${LONGEST} characters`);

    const { algorithm, pushed, senderConstraint } = demandsOf(settings);
    Object.assign(properties, {
      application_type: 'web',
      grant_types: ['authorization_code', ...(settings.reauthenticate ? ['refresh_token'] : [])],
      response_types: ['code'],
      scope: [...new Set(['openid', ...scope])].join(' '),
      subject_type: settings.subject,
      token_endpoint_auth_method: method,
      id_token_signed_response_alg: algorithm,
      require_pushed_authorization_requests: pushed,
      dpop_bound_access_tokens: senderConstraint === 'dpop',
    });
  };
}
