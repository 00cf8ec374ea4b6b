/** Digits as people type them on a phone, read as the service's own fields read them. */

const SEPARATORS = /[\s\p{Cf}\p{Pd}\u2212\u30fc]/gu;

/** Digits of a script stand together in tens, each beginning with zero. */
function asAscii(digit) {
  const code = digit.codePointAt(0);
  let first = code;
  while (/\p{Nd}/u.test(String.fromCodePoint(first - 1))) first -= 1;
  return String((code - first) % 10);
}

/** Of whatever script, in full width too, without blanks and dashes; undefined where anything else is typed. */
export function digitsOf(typed) {
  const text = typed
    .normalize('NFKC')
    .replaceAll(/(?![0-9])\p{Nd}/gu, asAscii)
    .replaceAll(SEPARATORS, '');
  return /^[0-9]+$/.test(text) ? text : undefined;
}
