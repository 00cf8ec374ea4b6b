import { createHash, timingSafeEqual } from 'node:crypto';
import { typedCode } from '../../core/typed.ts';

/** Crockford's base32: none of these is easily taken for another. */
const SYMBOLS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** Characters of a code: 60 random bits. */
export const LENGTH = 12;
const LONGEST = 100;

/** 5 bits from each byte: 256 is a multiple of 32, so that no symbol is likelier. */
export function codeFrom(bytes: Uint8Array): string {
  return [...bytes].map((byte) => SYMBOLS[byte % SYMBOLS.length]).join('');
}

/** As it is printed: in groups of four. */
export const grouped = (code: string): string => code.replace(/.{4}(?=.)/g, '$&-');

/** What was typed, as it was printed: without separators, in capitals, with the letters that stand for digits. */
export function normalise(typed: string | undefined): string | undefined {
  const code = typedCode(typed, LONGEST)?.toUpperCase().replaceAll('O', '0').replace(/[IL]/g, '1');
  return code?.length === LENGTH && [...code].every((symbol) => SYMBOLS.includes(symbol)) ? code : undefined;
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
