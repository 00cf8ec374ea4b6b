/** RFC 5321 section 4.5.3.1. */
const LONGEST = 254;
const LONGEST_LOCAL = 64;

/**
 * Whether a text is one mailbox and nothing else. Quoted local parts and whatever means something in a header or a
 * command (brackets, commas, blanks, line ends) are refused: who can choose an address mustn't add recipients by it.
 */
export function isAddress(text: string): boolean {
  if (text.length > LONGEST || !text.isWellFormed()) return false;
  const match = /^([^\s\p{C}<>()[\]\\,;:"@]+)@([^\s\p{C}<>()[\]\\,;:"@/]+)$/u.exec(text);
  if (match === null) return false;
  const [, local = '', domain = ''] = match;
  const dotted = (part: string) => !part.startsWith('.') && !part.endsWith('.') && !part.includes('..');
  return local.length <= LONGEST_LOCAL && dotted(local) && dotted(domain);
}

/** Characters of a header that a person reads. */
const LONGEST_LINE = 200;

/** On one line: a line end would begin another header. */
export function oneLine(text: string): string {
  const line = text
    .slice(0, 4 * LONGEST_LINE)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
  return [...line.trim()].slice(0, LONGEST_LINE).join('');
}
