import { createHmac } from 'node:crypto';
import { decodeJwt } from 'jose';
import type { AuthorizationParams } from './evaluation.ts';

/** What of a client decides its subject identifiers. */
interface Sector {
  subjectType?: string;
  sectorIdentifier?: string;
}

/** Subject identifiers of accounts (OpenID Connect Core section 8). */
export interface Subjects {
  /** One per sector, which no two sectors can compare. */
  pairwise(account: string, client: Sector): string;
  /** Whether this account is the one that the request names, if it names one. */
  isMeant(account: string, client: Sector, params: AuthorizationParams): boolean;
}

export function createSubjects(salt: string): Subjects {
  const pairwise = (account: string, { sectorIdentifier }: Sector) =>
    createHmac('sha256', salt).update(`${sectorIdentifier}\0${account}`).digest('base64url');
  return {
    pairwise,
    isMeant(account, client, params) {
      const subject = client.subjectType === 'pairwise' ? pairwise(account, client) : account;
      return namedBy(params).every((sub) => sub === subject);
    },
  };
}

/** `id_token_hint`, whose signature was checked when the request came, and the claims parameter's `sub`. */
function namedBy({ id_token_hint: hint, claims }: AuthorizationParams): unknown[] {
  const asked = typeof claims === 'string' ? JSON.parse(claims).id_token?.sub : undefined;
  return [
    ...(typeof hint === 'string' ? [decodeJwt(hint).sub] : []),
    ...(asked?.value === undefined ? [] : [asked.value]),
  ];
}
