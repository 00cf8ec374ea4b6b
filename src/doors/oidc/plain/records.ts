import type { Client, Provider } from 'oidc-provider';
import type { Account } from '../../../core/account.ts';
import type { Proof } from '../../../core/assurance.ts';
import type { PlainAnswer } from '../../../core/plain.ts';
import { grantKey, markKey, readRecord, recordKey } from '../adapter.ts';
import type { OidcSettings } from '../application.ts';
import type { OidcPorts } from '../ports.ts';
import type { StoredSession } from '../session-record.ts';
import { sessionKey } from '../sessions.ts';
import type { Subjects } from '../subjects.ts';

export interface PlainParts {
  settings: OidcSettings;
  ports: OidcPorts;
  subjects: Subjects;
  /** Of now. */
  provider(): Provider;
}

/** An access token's record, of a person's and bound to nothing. */
export interface PlainToken {
  iat: number;
  exp: number;
  clientId: string;
  accountId: string;
  grantId: string;
  scope: string;
  aud?: string;
  sid?: string;
  extra?: Record<string, unknown>;
  expiresWithSession?: boolean;
  sessionUid?: string;
}

/** A grant's record. */
export interface PlainGrant {
  exp?: number;
  kind?: string;
  clientId?: string;
  accountId?: string;
  openid?: { scope?: string };
  rejected?: object;
  generation?: number;
  from?: string;
  proofs?: readonly Proof[];
}

/** What oidc-provider makes of them that isn't plain: bound to a key or a certificate, asked for by `claims`, of another form. */
const NOT_PLAIN = [
  ...['jkt', 'x5t#S256', 'attestationJkt', 'claims', 'rar', 'resource'],
  ...['consumed', 'format', 'jwt', 'nbf', 'iss', 'sub'],
];

export const nowOf = ({ now }: Pick<OidcPorts, 'now'>): number => Math.floor(now() / 1000);

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** A refresh token's record, likewise. */
export interface PlainRefreshToken extends PlainToken {
  iiat: number;
  gty?: string;
  nonce?: string;
  acr?: string;
  amr?: string[];
  authTime?: number;
}

/** A record if it is plain; whether what it hangs on has ended is for `restsOn` to say. */
function plainly<T extends PlainToken>(ports: OidcPorts, stored: string, id: string, kind: string): T | undefined {
  const token = readRecord(stored, id) as Partial<T> & Record<string, unknown>;
  const { jti, iat, exp, clientId, accountId, grantId, scope, aud } = token;
  if (token.kind !== kind || jti !== id || NOT_PLAIN.some((name) => token[name] !== undefined)) return undefined;
  if (typeof iat !== 'number' || typeof exp !== 'number' || exp <= nowOf(ports)) return undefined;
  if (![clientId, accountId, grantId, scope].every(isText) || (aud !== undefined && !isText(aud))) return undefined;
  return token as T & Record<string, unknown>;
}

export async function plainToken(ports: OidcPorts, id: string): Promise<PlainToken | undefined> {
  const stored = await ports.ephemeral.get(recordKey('AccessToken', id));
  return stored === undefined ? undefined : plainly(ports, stored, id, 'AccessToken');
}

/** One that was used already is nothing plain. */
export async function plainRefreshToken(ports: OidcPorts, id: string): Promise<PlainRefreshToken | undefined> {
  const [stored, used] = await ports.ephemeral.getMany([recordKey('RefreshToken', id), markKey('RefreshToken', id)]);
  if (stored === undefined || used !== undefined) return undefined;
  const token = plainly<PlainRefreshToken>(ports, stored, id, 'RefreshToken');
  return typeof token?.iiat === 'number' ? token : undefined;
}

/** A code's record, likewise. */
export interface PlainCode extends PlainToken {
  jti: string;
  nonce?: string;
  acr?: string;
  amr?: string[];
  authTime?: number;
  redirectUri: string;
  codeChallenge: string;
}

/** One that was used already, or that has to be presented with a key, is nothing plain. */
export async function plainCode(ports: OidcPorts, id: string): Promise<PlainCode | undefined> {
  const kind = 'AuthorizationCode';
  const [stored, used] = await ports.ephemeral.getMany([recordKey(kind, id), markKey(kind, id)]);
  if (stored === undefined || used !== undefined) return undefined;
  const code = plainly<PlainCode & { codeChallengeMethod?: string; dpopJkt?: string }>(ports, stored, id, kind);
  if (code === undefined || code.dpopJkt !== undefined || code.codeChallengeMethod !== 'S256') return undefined;
  return isText(code.redirectUri) && isText(code.codeChallenge) ? code : undefined;
}

/** What the token was given for and the grant still gives, in the grant's order; undefined where anything was taken away of it. */
export function scopesOf({ scope }: PlainToken, { openid, rejected = {} }: PlainGrant): string[] | undefined {
  const asked = new Set(scope.split(' '));
  if (!asked.has('openid') || Object.keys(rejected).length > 0) return undefined;
  return (openid?.scope ?? '').split(' ').filter((name) => asked.has(name));
}

/** The grant that a token hangs on, where that and the session that it may be bound to go on. */
export async function restsOn({ ephemeral, now }: OidcPorts, token: PlainToken): Promise<PlainGrant | undefined> {
  const bound = token.expiresWithSession === true;
  if (bound && !isText(token.sessionUid)) return undefined;
  const keys = [grantKey(token.grantId), ...(bound ? [sessionKey(token.sessionUid ?? '')] : [])];
  const [stored, session] = await ephemeral.getMany(keys);
  if (stored === undefined || (bound && !isOf(session, token, nowOf({ now })))) return undefined;
  const grant = readRecord(stored, token.grantId) as PlainGrant;
  // Given by exchange: whether what that was from still stands is looked at elsewhere.
  if (grant.from !== undefined) return undefined;
  const isOver = grant.exp !== undefined && grant.exp <= nowOf({ now });
  if (isOver || grant.kind !== 'Grant' || grant.clientId !== token.clientId) return undefined;
  return grant.accountId === token.accountId ? grant : undefined;
}

function isOf(stored: string | undefined, { accountId, clientId, grantId }: PlainToken, now: number): boolean {
  if (stored === undefined) return false;
  const session = JSON.parse(stored) as StoredSession;
  if (session.exp !== undefined && session.exp <= now) return false;
  const authorizations = new Map(Object.entries(session.authorizations ?? {}));
  return session.accountId === accountId && authorizations.get(clientId)?.grantId === grantId;
}

/** Whose the token is, if what they have may still be used, or give new ones; all that says so is asked side by side. */
export async function whoMay(
  ports: OidcPorts,
  { clientId: application, accountId: account }: PlainToken,
  grant: Promise<PlainGrant | undefined>,
  { kind, at, acr }: { kind: 'use' | 'issue'; at: number; acr: unknown },
): Promise<Account | undefined> {
  const within = {};
  const resting = grant.then((it) => ({ generation: it?.generation, proofs: it?.proofs ?? [] }));
  const [person, isAllowed] = await Promise.all([
    ports.account(account, within),
    ports.stillAllowed({
      ...{ application, account, kind, issuedAt: at * 1000, resting, within },
      ...(typeof acr === 'string' ? { acr } : {}),
    }),
  ]);
  return isAllowed ? person : undefined;
}

/** A client that is configured here: of others, whoever knows them has to be asked. */
export async function plainClient({ ports, provider }: PlainParts, id: string): Promise<Client | undefined> {
  return ports.applications.get(id)?.door === 'oidc' ? provider().Client.find(id) : undefined;
}

/** As a client of this sector knows the account. */
export const subjectFor = ({ subjects }: Pick<PlainParts, 'subjects'>, account: string, client: Client): string =>
  client.subjectType === 'pairwise' ? subjects.pairwise(account, client) : account;

/** As oidc-provider answers whoever names no origin. `exposed`: what a page of another origin might read. */
export function answeredAs(exposed: string) {
  const headers = [
    ...['vary', 'Origin', 'access-control-allow-origin', '*', 'access-control-expose-headers', exposed],
    ...['content-type', 'application/json; charset=utf-8'],
  ];
  return (body: object): PlainAnswer => ({ headers, body: JSON.stringify(body) });
}
