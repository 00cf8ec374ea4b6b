import type { Client } from 'oidc-provider';
import type { Account } from '../../../core/account.ts';
import type { PlainAddress, PlainAnswer } from '../../../core/plain.ts';
import { allowedTo, CLAIMS, claimsOf } from '../claims.ts';
import { generationOf, proofsOf } from '../resting.ts';
import { ROUTES } from '../routes.ts';
import {
  answeredAs,
  type PlainGrant,
  type PlainParts,
  type PlainToken,
  plainClient,
  plainToken,
  restsOn,
  subjectFor,
} from './records.ts';

/** An opaque token, as its header alone carries it. */
const BEARER = /^Bearer ([\w-]{22,128})$/i;

const answered = answeredAs('DPoP-Nonce,WWW-Authenticate');

/** What the token was given for and the grant still gives, in the grant's order. */
function scopesOf({ scope }: PlainToken, { openid, rejected = {} }: PlainGrant): string[] | undefined {
  const asked = new Set(scope.split(' '));
  if (!asked.has('openid') || Object.keys(rejected).length > 0) return undefined;
  return (openid?.scope ?? '').split(' ').filter((name) => asked.has(name));
}

function claimsFor(parts: PlainParts, person: Account, client: Client, scopes: readonly string[]): object {
  const known = new Map<string, unknown>(Object.entries(claimsOf(person, allowedTo(client))));
  known.set('sub', subjectFor(parts, person.id, client));
  const names = scopes.flatMap((scope) => (Object.hasOwn(CLAIMS, scope) ? CLAIMS[scope as keyof typeof CLAIMS] : []));
  return Object.fromEntries(names.map((name) => [name, known.get(name)]));
}

/** OpenID Connect Core section 5.3. */
export function plainUserinfo(parts: PlainParts): PlainAddress {
  const { ports } = parts;

  /** Who it is, if all of it may still be used; asked side by side. */
  async function stillUsable(token: PlainToken, grant: Promise<PlainGrant | undefined>): Promise<Account | undefined> {
    const { clientId: application, accountId: account, iat, extra } = token;
    const within = {};
    const resting = grant.then((it) => ({ generation: generationOf(it as never), proofs: proofsOf(it as never) }));
    const [person, isAllowed] = await Promise.all([
      ports.account(account, within),
      ports.stillAllowed({
        ...{ application, account, kind: 'use', issuedAt: iat * 1000, resting, within },
        ...(typeof extra?.acr === 'string' ? { acr: extra.acr } : {}),
      }),
    ]);
    return isAllowed ? person : undefined;
  }

  async function answer(id: string): Promise<PlainAnswer | undefined> {
    const token = await plainToken(ports, id);
    if (token === undefined || token.aud !== undefined) return undefined;
    const client = await plainClient(parts, token.clientId);
    if (client === undefined || client.userinfoSignedResponseAlg || client.userinfoEncryptedResponseAlg)
      return undefined;
    const found = restsOn(ports, token);
    const [grant, person] = await Promise.all([found, stillUsable(token, found)]);
    const scopes = grant && scopesOf(token, grant);
    if (scopes === undefined || person === undefined) return undefined;
    return answered(claimsFor(parts, person, client, scopes));
  }

  return {
    path: ROUTES.userinfo,
    method: 'GET',
    answer({ headers }) {
      const id = BEARER.exec(headers.authorization ?? '')?.[1];
      return id === undefined || headers.origin !== undefined || headers.dpop !== undefined ? undefined : answer(id);
    },
  };
}
