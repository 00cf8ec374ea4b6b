import { createHash, timingSafeEqual } from 'node:crypto';
import { typedCrockford } from '../../core/crockford.ts';

/** Characters of a code: 60 random bits. */
export const LENGTH = 12;
const LONGEST = 100;

/** What was typed, where it could be a code. */
export function normalise(typed: string | undefined): string | undefined {
  const code = typedCrockford(typed, LONGEST);
  return code?.length === LENGTH ? code : undefined;
}

/**
 * A fast hash is enough for 60 random bits: they can't be searched through, as what people choose can. The salt keeps
 * one search from serving for all accounts. Base64url.
 */
export function hashOf(code: string, salt: string): string {
  return createHash('sha256').update(`${salt}\0${code}`).digest('base64url');
}

/** The hash among those kept, if what was typed is one of the codes; all of them are compared. */
export function findHash(typed: string | undefined, salt: string, kept: readonly string[]): string | undefined {
  const given = Buffer.from(hashOf(normalise(typed) ?? '', salt));
  return kept.filter((hash) => hash.length === given.length && timingSafeEqual(Buffer.from(hash), given)).at(0);
}
