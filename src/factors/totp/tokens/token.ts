import { z } from 'zod';
import { asciiDigits } from '../../../core/typed.ts';

/** A serial number as it is printed: compared without case, spaces and invisible characters. */
export function normaliseSerial(typed: string): string | undefined {
  if (typed.length > 256) return undefined;
  // A dash is part of it.
  const serial = asciiDigits(typed)
    .replace(/[\s\p{Cf}]/gu, '')
    .toUpperCase();
  return /^[A-Z0-9](?:[A-Z0-9._/-]{0,62}[A-Z0-9])?$/.test(serial) ? serial : undefined;
}

export const serial = z.string().refine((text) => normaliseSerial(text) === text, 'a serial number');

/** Base32 of 16 bytes (RFC 4226 section 4 R6) to 64. */
const secret = z.string().regex(/^[A-Z2-7]{26,103}$/);

const common = {
  serial,
  secret,
  algorithm: z.enum(['SHA1', 'SHA256', 'SHA512']),
  digits: z.union([z.literal(6), z.literal(8)]),
  /** No counter or step before this one is accepted any more. */
  next: z.int().min(0),
  /** The maker, for the list. */
  maker: z.string().max(64).optional(),
  /** When it may be used, epoch milliseconds (RFC 6030 section 5). */
  starts: z.int().optional(),
  expires: z.int().optional(),
  /** Whose it is: an account's id. */
  holder: z.strictObject({ account: z.string(), username: z.string(), at: z.int() }).optional(),
  /** A code that was too far off to be accepted: the one after it, given soon, brings the token in step. */
  ahead: z.strictObject({ next: z.int(), at: z.int() }).optional(),
};

/**
 * A hardware token, as it is kept: sealed, one record each, changed by compare-and-set. What is used up is kept here
 * and not with the account's credential, so that it stays used when the token goes to somebody else.
 */
export const token = z.discriminatedUnion('type', [
  /** RFC 4226: the counter moves with each press of the button. */
  z.strictObject({ ...common, type: z.literal('hotp') }),
  /** RFC 6238; `drift`: how many steps its clock was ahead when it was used last (section 6). */
  z.strictObject({
    ...common,
    type: z.literal('totp'),
    period: z.union([z.literal(30), z.literal(60)]),
    drift: z.int(),
  }),
]);
export type Token = z.infer<typeof token>;

/** How far off a token's code may be. */
export interface Limits {
  /** Steps before and after the present one, for tokens with a clock. */
  window: number;
  /** Codes after the last one used, for tokens with a counter (RFC 4226 section 7.4). */
  lookAhead: number;
  /** How far two consecutive codes are looked for, in steps or codes. */
  resync: number;
}
