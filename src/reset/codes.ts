import { timingSafeEqual } from 'node:crypto';
import { crockford, typedCrockford } from '../core/crockford.ts';

/**
 * Characters of a code that is sent: 40 random bits. With fewer, guesses would have to be counted against the account,
 * and whoever guesses could keep its owner out.
 */
const LENGTH = 8;
const LONGEST = 64;

export const newCode = (random: (bytes: number) => Uint8Array): string => crockford(random(LENGTH));

/** Whether what was typed is the code that was sent. */
export function isCode(typed: string | undefined, code: string): boolean {
  const given = Buffer.from(typedCrockford(typed, LONGEST) ?? '');
  const expected = Buffer.from(code);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

export const CODE_LENGTH = LENGTH;
