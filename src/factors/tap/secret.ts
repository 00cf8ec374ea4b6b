import { scrypt, timingSafeEqual } from 'node:crypto';
import { typedCode } from '../../core/typed.ts';

/** Crockford's base32: none of these is easily taken for another. */
const SYMBOLS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LONGEST = 200;

/** 5 bits from each byte: 256 is a multiple of 32, so that no symbol is likelier. */
export function secretFrom(bytes: Uint8Array): string {
  return [...bytes].map((byte) => SYMBOLS[byte % SYMBOLS.length]).join('');
}

/** As it is shown: in groups of four. */
export const grouped = (secret: string): string => secret.replace(/.{4}(?=.)/g, '$&-');

/** What was typed, as it was issued: without separators, in capitals, with the letters that stand for digits. */
export function normalise(typed: string | undefined): string | undefined {
  const secret = typedCode(typed, LONGEST)?.toUpperCase().replaceAll('O', '0').replace(/[IL]/g, '1');
  return /^[0-9A-HJKMNP-TV-Z]+$/.test(secret ?? '') ? secret : undefined;
}

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
