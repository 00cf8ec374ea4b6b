import type { Client } from 'oidc-provider';
import type { Account } from '../../../core/account.ts';
import type { PlainAddress, PlainAnswer } from '../../../core/plain.ts';
import { allowedTo, CLAIMS, claimsOf } from '../claims.ts';
import { ROUTES } from '../routes.ts';
import {
  answeredAs,
  type PlainParts,
  plainClient,
  plainToken,
  restsOn,
  scopesOf,
  subjectFor,
  whoMay,
} from './records.ts';

/** An opaque token, as its header alone carries it. */
const BEARER = /^Bearer ([\w-]{22,128})$/i;

const answered = answeredAs('DPoP-Nonce,WWW-Authenticate');

function claimsFor(parts: PlainParts, person: Account, client: Client, scopes: readonly string[]): object {
  const known = new Map<string, unknown>(Object.entries(claimsOf(person, allowedTo(client))));
  known.set('sub', subjectFor(parts, person.id, client));
  const names = scopes.flatMap((scope) => (Object.hasOwn(CLAIMS, scope) ? CLAIMS[scope as keyof typeof CLAIMS] : []));
  return Object.fromEntries(names.map((name) => [name, known.get(name)]));
}

/** OpenID Connect Core section 5.3. */
export function plainUserinfo(parts: PlainParts): PlainAddress {
  const { ports } = parts;

  async function answer(id: string): Promise<PlainAnswer | undefined> {
    const token = await plainToken(ports, id);
    if (token === undefined || token.aud !== undefined) return undefined;
    const client = await plainClient(parts, token.clientId);
    if (client === undefined || client.userinfoSignedResponseAlg || client.userinfoEncryptedResponseAlg)
      return undefined;
    const found = restsOn(ports, token);
    const [grant, person] = await Promise.all([
      found,
      whoMay(ports, token, found, { kind: 'use', at: token.iat, acr: token.extra?.acr }),
    ]);
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
