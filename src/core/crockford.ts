import { typedCode } from './typed.ts';

/** Crockford's base32: none of these is easily taken for another. */
const SYMBOLS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** A code to be handed out, a symbol for each random byte: of 5 bits, for 256 is a multiple of 32 and none is likelier. */
export function crockford(bytes: Uint8Array): string {
  return [...bytes].map((byte) => SYMBOLS[byte % SYMBOLS.length]).join('');
}

/** As it is shown and printed: in groups of four. */
export const grouped = (code: string): string => code.replace(/.{4}(?=.)/g, '$&-');

/**
 * What was typed of it, as it was handed out: without separators, in capitals, with the letters that stand for digits.
 * Undefined where it is longer than `longest` UTF-16 code units, or has other characters.
 */
export function typedCrockford(typed: string | undefined, longest: number): string | undefined {
  const code = typedCode(typed, longest)?.toUpperCase().replaceAll('O', '0').replace(/[IL]/g, '1');
  return /^[0-9A-HJKMNP-TV-Z]+$/.test(code ?? '') ? code : undefined;
}
