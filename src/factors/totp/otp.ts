import { timingSafeEqual } from 'node:crypto';
import { generateSync, ScureBase32Plugin } from 'otplib';

/** The parameters that both sides share (RFC 6238 section 4): `secret` is base32 without padding, `period` seconds. */
export interface Parameters {
  secret: string;
  algorithm: Algorithm;
  digits: 6 | 8;
  period: number;
}

export type Algorithm = 'SHA1' | 'SHA256';

/** Bytes of a new secret: the length of the hash (RFC 4226 section 4 R6, RFC 6238 section 5.1). */
export const SECRET_BYTES: Readonly<Record<Algorithm, number>> = { SHA1: 20, SHA256: 32 };

const base32 = new ScureBase32Plugin();

export function encodeSecret(bytes: Uint8Array): string {
  return base32.encode(bytes);
}

/** The number of whole periods since the epoch at `now`, milliseconds (RFC 6238 section 4.2). */
export function stepAt(period: number, now: number): number {
  return Math.floor(now / 1000 / period);
}

/** The code of one step: TOTP is HOTP with the step as its counter (RFC 6238 section 4.2). */
export function codeOf({ secret, algorithm, digits }: Parameters, step: number): string {
  const hash = algorithm === 'SHA256' ? 'sha256' : 'sha1';
  return generateSync({ strategy: 'hotp', secret: base32.decode(secret), counter: step, algorithm: hash, digits });
}

/**
 * The latest step within `reach` of `step` whose code this is. All of them are computed and compared
 * in constant time, whichever matches.
 */
export function findStep(parameters: Parameters, code: string, step: number, reach: number): number | undefined {
  const given = Buffer.from(code);
  let found: number | undefined;
  for (let at = Math.max(0, step - reach); at <= step + reach; at++) {
    const expected = Buffer.from(codeOf(parameters, at));
    if (given.length === expected.length && timingSafeEqual(given, expected)) found = at;
  }
  return found;
}
