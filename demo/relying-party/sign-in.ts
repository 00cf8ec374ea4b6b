import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildAuthorizationUrlWithPAR,
  type Configuration,
  calculatePKCECodeChallenge,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  refreshTokenGrant,
  type TokenEndpointResponse,
  type TokenEndpointResponseHelpers,
} from 'openid-client';
import { ApplicationError } from '../shared/error.ts';
import type { DemoApplication } from './application.ts';
import type { Pending, SignedIn } from './sessions.ts';

/** Parameters that `/<application>/login` hands on to the authorization request. */
const PASSED_ON = [
  'prompt',
  'max_age',
  'acr_values',
  'claims',
  'scope',
  'resource',
  'login_hint',
  'ui_locales',
] as const;

export type Query = Readonly<Record<string, unknown>>;

/** Builds an authorization request: pushed (RFC 9126) unless `par=0`, with PKCE, state and nonce. */
export async function authorizationRequest(
  config: Configuration,
  application: DemoApplication,
  redirectUri: string,
  query: Query,
): Promise<{ url: URL; state: string; pending: Pending }> {
  const state = randomState();
  const nonce = randomNonce();
  const verifier = randomPKCECodeVerifier();
  const parameters: Record<string, string> = {
    scope: application.scope ?? 'openid profile email offline_access',
    ...passedOn(query),
    redirect_uri: redirectUri,
    state,
    nonce,
    code_challenge: await calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  };
  const build = query.par === '0' ? buildAuthorizationUrl : buildAuthorizationUrlWithPAR;
  const maxAge = parameters.max_age;
  const essentialAcr = essential(parameters.claims);
  const pending: Pending = {
    nonce,
    verifier,
    ...(maxAge === undefined ? {} : { maxAge: Number(maxAge) }),
    ...(essentialAcr ? { essentialAcr } : {}),
  };
  return { url: await build(config, parameters), state, pending };
}

/** Turns the authorization response into tokens; openid-client checks state, iss, nonce, max_age and the ID token. */
export async function completed(config: Configuration, url: URL, state: string, pending: Pending): Promise<SignedIn> {
  const tokens = await authorizationCodeGrant(config, url, {
    expectedState: state,
    expectedNonce: pending.nonce,
    pkceCodeVerifier: pending.verifier,
    idTokenExpected: true,
    ...(pending.maxAge === undefined ? {} : { maxAge: pending.maxAge }),
  });
  const signedIn = fromTokens(tokens);
  const acr = String(signedIn.claims.acr ?? 'none');
  if (pending.essentialAcr && !pending.essentialAcr.includes(acr)) {
    throw new ApplicationError(400, 'unmet_authentication_requirements', `the issuer answered acr ${acr}`);
  }
  return signedIn;
}

/** Refreshes; a new ID token must speak of the same person (OpenID Connect Core, section 12.2). */
export async function refreshed(config: Configuration, before: SignedIn): Promise<SignedIn> {
  if (!before.refreshToken) throw new ApplicationError(400, 'invalid_grant', 'no refresh token was issued');
  const after = fromTokens(await refreshTokenGrant(config, before.refreshToken), before);
  if (after.claims.sub !== before.claims.sub) {
    throw new ApplicationError(400, 'invalid_grant', 'the new ID token is for another account');
  }
  return after;
}

function fromTokens(tokens: TokenEndpointResponse & TokenEndpointResponseHelpers, before?: SignedIn): SignedIn {
  const claims = tokens.claims() ?? before?.claims;
  const idToken = tokens.id_token ?? before?.idToken;
  if (!claims || !idToken) throw new ApplicationError(400, 'invalid_response', 'no ID token was issued');
  const expires = tokens.expires_in === undefined ? undefined : Date.now() + tokens.expires_in * 1000;
  const refreshToken = tokens.refresh_token ?? before?.refreshToken;
  const scope = tokens.scope ?? before?.scope;
  return {
    claims,
    idToken,
    accessToken: tokens.access_token,
    ...(expires === undefined ? {} : { accessTokenExpires: expires }),
    ...(refreshToken === undefined ? {} : { refreshToken }),
    ...(scope === undefined ? {} : { scope }),
  };
}

function passedOn(query: Query): Record<string, string> {
  const given: Record<string, string> = {};
  for (const name of PASSED_ON) {
    const value = query[name];
    if (typeof value === 'string') given[name] = value;
  }
  return given;
}

/** The classes of an essential `acr` in a `claims` parameter (OpenID Connect Core, section 5.5.1.1). */
function essential(claims: string | undefined): string[] | undefined {
  if (claims === undefined) return undefined;
  try {
    const acr = JSON.parse(claims)?.id_token?.acr;
    if (acr?.essential !== true) return undefined;
    return [acr.value, acr.values].flat().filter((name): name is string => typeof name === 'string');
  } catch {
    // Sent as it is: what the issuer makes of a broken one is for the tests to see.
    return undefined;
  }
}
