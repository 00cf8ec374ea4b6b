/** Bytes of UTF-8 after preparation. */
const LONGEST = 1024;

/** Letters and digits that can't be mistaken for one another; 31 of them, 4.95 bits each. */
const ALPHABET = '23456789abcdefghjkmnpqrstuvwxyz';

/**
 * The password as it is hashed: any space becomes U+0020, then NFC, nothing else (RFC 8265 section 4.2,
 * OpaqueString). Keyboards and systems differ in both; case and outer spaces stay.
 */
export function preparePassword(password: string): string {
  return password.replace(/\p{Zs}/gu, ' ').normalize('NFC');
}

/** Why a new password can't be taken, or undefined. */
export function passwordFault(password: string): string | undefined {
  const prepared = preparePassword(password);
  if (prepared === '') return 'the password is empty';
  if (Buffer.byteLength(prepared) > LONGEST) return `the password is longer than ${LONGEST} bytes`;
  return /[\p{Cc}\p{Cs}]/u.test(prepared) ? 'the password contains control characters' : undefined;
}

/** Whether it is worth hashing at all; the same for everyone, so that it tells nothing. */
export function isBounded(prepared: string): boolean {
  return Buffer.byteLength(prepared) <= LONGEST;
}

/** Characters, and the groups that they are read in: 99 bits. */
const GROUPS = 4;
const GROUP = 5;

/**
 * A password to be handed over once: 20 characters in four groups, or as many as `longest` allows. `mixed`: a capital
 * letter and a symbol are among them.
 */
export function generatePassword(random: (bytes: number) => Uint8Array, longest = 64, mixed = false): string {
  let text = '';
  while (text.length < GROUPS * GROUP) {
    // Five bits each; the value that the alphabet lacks is drawn again, so that all are equally likely.
    for (const byte of random(32)) text += ALPHABET[byte & 31] ?? '';
  }
  const drawn = text.slice(0, GROUPS * GROUP);
  const grouped = drawn.replace(/.{5}(?=.)/g, '$&-');
  const fitting = grouped.length <= longest ? grouped : drawn.slice(0, longest);
  return mixed
    ? `${fitting.slice(0, -2).replace(/[a-z]/, (letter) => letter.toUpperCase())}-${fitting.at(-1)}`
    : fitting;
}
