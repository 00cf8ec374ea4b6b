import { scrypt, timingSafeEqual } from 'node:crypto';
import { typedCrockford } from '../../core/crockford.ts';

const LONGEST = 200;

/** What was typed, where it could be a pass. */
export const normalise = (typed: string | undefined): string | undefined => typedCrockford(typed, LONGEST);

/**
 * A slow hash: a pass may have no more than 40 bits, and must not be found in the minutes that it is good for by
 * someone who reads the database and holds its sealing key. Base64url.
 */
export function hashOf(secret: string, salt: string): Promise<string> {
  return new Promise((resolve, reject) => {
    scrypt(secret, salt, 32, (error, key) => (error ? reject(error) : resolve(key.toString('base64url'))));
  });
}

/** Which of these hashes is that of what was typed; undefined is none. Nothing typed costs the same. */
export async function findSecret(
  typed: string | undefined,
  { hashes, salt }: { hashes: readonly string[]; salt: string },
): Promise<string | undefined> {
  const given = Buffer.from(await hashOf(normalise(typed) ?? '', salt));
  let found: string | undefined;
  for (const hash of hashes) {
    const kept = Buffer.from(hash);
    if (given.length === kept.length && timingSafeEqual(given, kept)) found = hash;
  }
  return found;
}
