import { timingSafeEqual } from 'node:crypto';
import { generateSync, ScureBase32Plugin } from 'otplib';

/** What a code is computed with (RFC 4226 section 5): `secret` is base32 without padding. */
export interface Key {
  secret: string;
  algorithm: Algorithm;
  digits: 6 | 8;
}

/** The parameters that both sides share (RFC 6238 section 4): `period` in seconds. */
export interface Parameters extends Key {
  period: number;
}

export type Algorithm = 'SHA1' | 'SHA256' | 'SHA512';

/** Bytes of a new secret: the length of the hash (RFC 4226 section 4 R6, RFC 6238 section 5.1). */
export const SECRET_BYTES: Readonly<Record<Algorithm, number>> = { SHA1: 20, SHA256: 32, SHA512: 64 };

const HASHES = { SHA1: 'sha1', SHA256: 'sha256', SHA512: 'sha512' } as const;

const base32 = new ScureBase32Plugin();

export function encodeSecret(bytes: Uint8Array): string {
  return base32.encode(bytes);
}

/** The number of whole periods since the epoch at `now`, milliseconds (RFC 6238 section 4.2). */
export function stepAt(period: number, now: number): number {
  return Math.floor(now / 1000 / period);
}

/** The code of one counter, or of one step: TOTP is HOTP with the step as its counter (RFC 6238 section 4.2). */
export function codeOf(key: Key, counter: number): string {
  return codesOf(key, counter, 1).join('');
}

/** The codes of `count` counters in a row. */
export function codesOf({ secret, algorithm, digits }: Key, from: number, count: number): string[] {
  const key = { strategy: 'hotp', secret: base32.decode(secret), algorithm: HASHES[algorithm], digits } as const;
  return Array.from({ length: count }, (_, at) => generateSync({ ...key, counter: from + at }));
}

/**
 * The latest step within `reach` of `step` whose code this is. All of them are computed and compared
 * in constant time, whichever matches.
 */
export function findStep(parameters: Parameters, code: string, step: number, reach: number): number | undefined {
  let found: number | undefined;
  for (let at = Math.max(0, step - reach); at <= step + reach; at++) {
    if (isCodeOf(parameters, at, code)) found = at;
  }
  return found;
}

export function isCodeOf(key: Key, counter: number, code: string): boolean {
  return isSame(codeOf(key, counter), code);
}

/** In constant time for codes of one length. */
export function isSame(one: string, other: string): boolean {
  const [given, expected] = [Buffer.from(one), Buffer.from(other)];
  return given.length === expected.length && timingSafeEqual(given, expected);
}
