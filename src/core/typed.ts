/** Characters of a code that are looked at, unless more are asked for: longer ones are none. */
const LONGEST = 64;

/** White space, what can't be seen, and whatever is taken for a dash, the one of Japanese keyboards included. */
const SEPARATORS = /[\s\p{Cf}\p{Pd}\u2212\u30fc]/gu;
const DIGIT = /\p{Nd}/u;

/** The value of another script's digit: they stand together in tens, each beginning with zero (Unicode section 4.6). */
function asAscii(digit: string): string {
  const code = digit.codePointAt(0) ?? 0;
  let first = code;
  while (DIGIT.test(String.fromCodePoint(first - 1))) first -= 1;
  return String((code - first) % 10);
}

/** The same digits in ASCII, whichever script they are of, in full width too; everything else stays. */
export function asciiDigits(text: string): string {
  return text.normalize('NFKC').replace(/(?![0-9])\p{Nd}/gu, asAscii);
}

/**
 * A code, number or pass as people type, copy and dictate it: without the blanks and dashes between its groups, in
 * ASCII digits. Undefined where it is longer than `longest` UTF-16 code units.
 */
export function typedCode(typed: string | undefined, longest = LONGEST): string | undefined {
  if (typed === undefined || typed.length > longest) return undefined;
  return asciiDigits(typed).replace(SEPARATORS, '');
}

/** The digits of a code of digits alone, `length` of them; undefined where it is anything else. */
export function typedDigits(typed: string | undefined, length?: number): string | undefined {
  const code = typedCode(typed);
  if (code === undefined || !/^[0-9]+$/.test(code)) return undefined;
  return length === undefined || code.length === length ? code : undefined;
}
