import { randomBytes } from 'node:crypto';
import type { Client, Provider } from 'oidc-provider';
import type { Account } from '../../../core/account.ts';
import type { Asked, PlainAddress, PlainAnswer } from '../../../core/plain.ts';
import { recordKey, writeRecord } from '../adapter.ts';
import { allowedTo, claimsOf } from '../claims.ts';
import { LONGEST } from '../parameters.ts';
import { ROUTES } from '../routes.ts';
import { seconds } from '../sessions.ts';
import { authenticated } from './clients.ts';
import {
  answeredAs,
  nowOf,
  type PlainGrant,
  type PlainParts,
  type PlainRefreshToken,
  plainRefreshToken,
  restsOn,
  scopesOf,
  whoMay,
} from './records.ts';

/** All that was granted, once more. */
const FORM =
  /^(?:grant_type=refresh_token&refresh_token=([\w-]{22,128})|refresh_token=([\w-]{22,128})&grant_type=refresh_token)$/;
const GTY = 'refresh_token';

const answered = answeredAs('DPoP-Nonce,WWW-Authenticate');

/** What the published types say less of. */
interface IdToken {
  scope: string;
  set(name: string, value: unknown): void;
  issue(options: { use: 'idtoken'; expiresAt: number }): Promise<string>;
}
type IdTokenModel = new (claims: object, of: { client: Client }) => IdToken;

/** A client that keeps its refresh token, since that is worth nothing without its secret, and whose tokens are bound to nothing else. */
const isPlain = (client: Client): boolean =>
  client.grantTypeAllowed('refresh_token') &&
  !client.dpopBoundAccessTokens &&
  !client.tlsClientCertificateBoundAccessTokens &&
  !client.idTokenEncryptedResponseAlg;

/** What oidc-provider takes from a refresh token for an access token. */
function accessToken(token: PlainRefreshToken, scope: string, [iat, exp]: readonly [number, number]) {
  const { accountId, clientId, grantId, sessionUid, expiresWithSession, sid, acr, amr, authTime, gty } = token;
  const through = gty === undefined || gty.endsWith(GTY) ? gty : `${gty} ${GTY}`;
  const jti = randomBytes(32).toString('base64url');
  const hangs = { accountId, clientId, grantId, sessionUid, expiresWithSession, sid };
  const extra = { acr, amr, auth_time: authTime };
  return { iat, exp, ...hangs, gty: through, scope, extra, jti, kind: 'AccessToken' };
}

/** Signed by oidc-provider, with its keys of now; what goes into it is what a request of its own would have. */
function idToken({ IdToken }: Provider, client: Client, person: Account, token: PlainRefreshToken, exp: number) {
  const { acr, amr, authTime: auth_time, nonce, sid } = token;
  const Model = IdToken as unknown as IdTokenModel; // as above
  const made = new Model({ ...claimsOf(person, allowedTo(client)), acr, amr, auth_time }, { client });
  made.scope = 'openid';
  made.set('nonce', nonce);
  made.set('sid', sid);
  return made.issue({ use: 'idtoken', expiresAt: exp });
}

/** Refreshing (RFC 6749 section 6, OpenID Connect Core section 12). */
export function plainRefresh(parts: PlainParts): PlainAddress {
  const { ports, settings, provider } = parts;

  /** Until when something may live that lives so long of itself (milliseconds). */
  const endOf = (lifetime: number, { exp = Number.POSITIVE_INFINITY }: PlainGrant, now: number): number =>
    now + Math.max(1, Math.min(seconds(lifetime), exp - now));

  /** Nothing is answered where everything of the account was ended meanwhile (`ended.ts`). */
  async function isAsBegun({ accountId }: PlainRefreshToken, { generation }: PlainGrant): Promise<boolean> {
    if (generation === undefined) return true;
    return (await ports.durable.accounts.byId(accountId))?.generation === generation;
  }

  async function issue(client: Client, token: PlainRefreshToken, id: string): Promise<PlainAnswer | undefined> {
    const found = restsOn(ports, token);
    const whose = whoMay(ports, token, found, { kind: 'issue', at: token.iiat, acr: token.acr });
    const [grant, person] = await Promise.all([found, whose]);
    const scopes = grant && scopesOf(token, grant);
    if (grant === undefined || scopes === undefined || person === undefined) return undefined;
    const now = nowOf(ports);
    const exp = endOf(settings.lifetimes.accessToken, grant, now);
    const scope = scopes.join(' ');
    const record = accessToken(token, scope, [now, exp]);
    const key = recordKey('AccessToken', record.jti);
    const written = ports.ephemeral.set(key, writeRecord(record, record.jti), (exp - now) * 1000);
    const [id_token, asBegun] = await Promise.all([
      idToken(provider(), client, person, token, endOf(settings.lifetimes.idToken, grant, now)),
      written.then(() => isAsBegun(token, grant)),
    ]);
    if (!asBegun) return undefined;
    const given = { access_token: record.jti, expires_in: exp - now, id_token };
    return answered({ ...given, refresh_token: id, scope, token_type: 'Bearer' });
  }

  async function answer(asked: Asked, id: string): Promise<PlainAnswer | undefined> {
    const client = await authenticated(parts, asked);
    if (client === undefined || !isPlain(client)) return undefined;
    const token = await plainRefreshToken(ports, id);
    return token?.clientId === client.clientId ? issue(client, token, id) : undefined;
  }

  return {
    path: ROUTES.token,
    method: 'POST',
    form: LONGEST,
    answer(asked, form) {
      const [, one, other] = FORM.exec(form) ?? [];
      const id = one ?? other;
      return id === undefined ? undefined : answer(asked, id);
    },
  };
}
