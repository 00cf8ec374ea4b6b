const LONGEST = 64;

/** White space, dashes and invisible characters: people copy and dictate codes in groups. */
const SEPARATORS = /[\s\p{Cf}\p{Pd}\u2212]/gu;
const ARABIC_INDIC = /[\u0660-\u0669\u06F0-\u06F9]/g;

/**
 * The ASCII digits of a code as people type it: with spaces and dashes, in full width, in Arabic-Indic digits.
 * Undefined where anything else stands in it.
 */
export function normaliseCode(typed: string): string | undefined {
  if (typed.length > LONGEST) return undefined;
  const code = typed
    .replace(SEPARATORS, '')
    .normalize('NFKC')
    .replace(ARABIC_INDIC, (digit) => String(digit.charCodeAt(0) & 0xf));
  return /^[0-9]+$/.test(code) ? code : undefined;
}
