import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { AdapterPayload, Client, KoaContextWithOIDC } from 'oidc-provider';
import type { Account } from '../../../core/account.ts';
import { parametersOf } from '../../../core/parameters.ts';
import type { Asked, PlainAddress, PlainAnswer } from '../../../core/plain.ts';
import { ArtifactAdapter } from '../adapter.ts';
import { allowedTo, claimsOf } from '../claims.ts';
import { withinGrant } from '../lifetimes.ts';
import { LONGEST } from '../parameters.ts';
import { ROUTES } from '../routes.ts';
import { seconds } from '../sessions.ts';
import { authenticated } from './clients.ts';
import {
  answeredAs,
  nowOf,
  type PlainCode,
  type PlainGrant,
  type PlainParts,
  plainCode,
  restsOn,
  scopesOf,
  whoMay,
} from './records.ts';
import { plainSettings } from './settings.ts';

const GTY = 'authorization_code';
const PARAMETERS: readonly string[] = ['grant_type', 'code', 'redirect_uri', 'code_verifier'];
const CODE = /^[\w-]{43}$/;
/** RFC 7636 section 4.1. */
const VERIFIER = /^[\w.~-]{43,128}$/;

interface Given {
  code: string;
  redirectUri: string;
  verifier: string;
}

const answered = answeredAs('DPoP-Nonce,WWW-Authenticate');

/** What is presented, each parameter once and none besides. */
function readForm(form: string): Given | undefined {
  // It is looked at by others as well.
  if (!form.includes(GTY)) return undefined;
  const read = parametersOf(form);
  const values = PARAMETERS.map((name) => (Object.hasOwn(read, name) ? read[name] : undefined));
  if (Object.keys(read).length !== values.length || values.some((it) => typeof it !== 'string')) return undefined;
  const [type, code = '', redirectUri = '', verifier = ''] = values as string[];
  return type === GTY && CODE.test(code) && VERIFIER.test(verifier) ? { code, redirectUri, verifier } : undefined;
}

function isProven(challenge: string, verifier: string): boolean {
  const [given, made] = [Buffer.from(challenge), Buffer.from(hash('sha256', verifier, 'base64url'))];
  return given.length === made.length && timingSafeEqual(given, made);
}

/** What both tokens have of the code. */
function carried({ accountId, clientId, grantId, sessionUid, sid, expiresWithSession }: PlainCode) {
  return { accountId, clientId, grantId, sessionUid, sid, expiresWithSession, gty: GTY };
}

function accessToken(code: PlainCode, jti: string, scope: string, [iat, exp]: readonly [number, number]) {
  const extra = { acr: code.acr, amr: code.amr, auth_time: code.authTime };
  return { iat, exp, jti, kind: 'AccessToken', ...carried(code), scope, extra };
}

function refreshToken(code: PlainCode, jti: string, [iat, exp]: readonly [number, number]) {
  const { acr, amr, authTime, nonce, scope } = code;
  const told = { acr, amr, authTime, nonce, scope };
  return { iat, exp, jti, kind: 'RefreshToken', ...carried(code), ...told, rotations: 0, iiat: iat };
}

/** The exchange of a code for tokens (OpenID Connect Core section 3.1.3). */
export function plainExchange(parts: PlainParts): PlainAddress {
  const { ports, settings } = parts;
  const [codes, tokens, refreshing] = ['AuthorizationCode', 'AccessToken', 'RefreshToken'].map(
    (kind) => new ArtifactAdapter(ports, kind),
  ) as [ArtifactAdapter, ArtifactAdapter, ArtifactAdapter];

  const settingsOf = ({ clientId }: Pick<Client, 'clientId'>) => plainSettings(ports.applications.get(clientId));

  const isPlain = (client: Client): boolean =>
    settingsOf(client) !== undefined && client.grantTypeAllowed(GTY) && !client.idTokenEncryptedResponseAlg;

  /** As oidc-provider makes it, and signs it. */
  function idToken(code: PlainCode, client: Client, grant: PlainGrant, person: Account): Promise<string> {
    const { IdToken } = parts.provider();
    // What a token's model reads of a request.
    const ctx = { oidc: { client, entities: { Grant: grant } } } as unknown as KoaContextWithOIDC;
    const told = { acr: code.acr, amr: code.amr, auth_time: code.authTime };
    const token = new IdToken({ ...claimsOf(person, allowedTo(client)), ...told } as never, { ctx });
    Object.assign(token, { scope: 'openid' });
    token.set('nonce', code.nonce as never);
    token.set('sid', code.sid as never);
    return token.issue({ use: 'idtoken' });
  }

  /**
   * Uses the code up and writes what it is exchanged for, together; nothing is answered before all of it is there. Where
   * another was first, the grant ends.
   */
  async function issue(code: PlainCode, client: Client, grant: PlainGrant, scopes: string[], person: Account) {
    const [access, refresh] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')];
    const now = nowOf(ports);
    const lifetime = withinGrant(ports, grant.exp, seconds(settings.lifetimes.accessToken));
    const lasts = seconds(settingsOf(client)?.reauthenticate ?? 0);
    const refreshes = client.grantTypeAllowed('refresh_token');
    const scope = scopes.join(' ');
    const record = accessToken(code, access, scope, [now, now + lifetime]);
    const [id_token] = await Promise.all([
      idToken(code, client, grant, person),
      // The record as it was read.
      codes.consumeFound(code.jti, code as unknown as AdapterPayload),
      tokens.upsert(access, record, lifetime),
      refreshes ? refreshing.upsert(refresh, refreshToken(code, refresh, [now, now + lasts]), lasts) : undefined,
    ]);
    const given = { access_token: access, expires_in: lifetime, id_token };
    return { ...given, ...(refreshes ? { refresh_token: refresh } : {}), scope, token_type: 'Bearer' };
  }

  /** Undefined where it isn't plain, or can't be exchanged: then it is used up, and told of, the long way. */
  async function answer(asked: Asked, given: Given): Promise<PlainAnswer | undefined> {
    const [client, code] = await Promise.all([authenticated(parts, asked), plainCode(ports, given.code)]);
    if (client === undefined || code?.clientId !== client.clientId || !isPlain(client)) return undefined;
    if (code.redirectUri !== given.redirectUri || !isProven(code.codeChallenge, given.verifier)) return undefined;
    const found = restsOn(ports, code);
    const [grant, person] = await Promise.all([
      found,
      whoMay(ports, code, found, { kind: 'use', at: code.iat, acr: code.acr }),
    ]);
    const scopes = grant && scopesOf(code, grant);
    if (grant?.generation === undefined || scopes === undefined || person === undefined) return undefined;
    const body = await issue(code, client, grant, scopes, person);
    // Everything of the account may have been ended meanwhile: then none of it is told (`ended.ts`).
    const account = await ports.durable.accounts.byId(code.accountId);
    return account?.generation === grant.generation ? answered(body) : undefined;
  }

  return {
    path: ROUTES.token,
    method: 'POST',
    form: LONGEST,
    answer(asked, form) {
      const given = readForm(form);
      return given && answer(asked, given);
    },
  };
}
