import { codesOf, isCodeOf, isSame, stepAt } from '../otp.ts';
import type { Limits, Token } from './token.ts';

/** How long a code that was too far off waits for the one after it, milliseconds. */
const WAITS = 5 * 60_000;
/**
 * Steps within which two codes bring a clock in step at a sign-in. Codes that somebody else has seen stay good for so
 * long, five or ten minutes: a clock that is further off is set right where methods are managed.
 */
const NEAR = 10;
/** Codes before the next one that are recognised as used, for tokens with a counter. */
const BEHIND = 10;

export type Checked =
  | { outcome: 'right'; token: Token }
  | {
      outcome: 'used' | 'out-of-step' | 'wrong' | 'not-valid';
      /** What it became all the same. */
      token?: Token;
    };

interface Range {
  from: number;
  to: number;
}

/** The first counter or step of a range whose code this is; all are computed, whichever matches. */
function find(token: Token, code: string, { from, to }: Range): number | undefined {
  let found: number | undefined;
  for (let at = Math.max(0, from); at <= to; at++) if (isCodeOf(token, at, code)) found ??= at;
  return found;
}

/** Where the token stands by its own clock or counter. */
function standing(token: Token, now: number): number {
  return token.type === 'hotp' ? token.next : stepAt(token.period, now) + token.drift;
}

function accepted(token: Token, at: number, now: number): Token {
  const { ahead: _, ...rest } = token;
  if (rest.type === 'hotp') return { ...rest, next: at + 1 };
  return { ...rest, next: at + 1, drift: at - stepAt(rest.period, now) };
}

/** What is accepted at once: never anything before `next`. */
function window(token: Token, now: number, limits: Limits): Range {
  const here = standing(token, now);
  if (token.type === 'hotp') return { from: here, to: here + limits.lookAhead };
  return { from: Math.max(token.next, here - limits.window), to: here + limits.window };
}

function wide(token: Token, now: number, { resync }: Limits): Range {
  const here = standing(token, now);
  return { from: Math.max(token.next, here - resync), to: here + resync };
}

function used(token: Token, now: number, limits: Limits): Range {
  const from = token.type === 'hotp' ? token.next - BEHIND : standing(token, now) - limits.window;
  return { from, to: token.next - 1 };
}

export function isValid({ starts = 0, expires = Infinity }: Token, now: number): boolean {
  return starts <= now && now < expires;
}

/**
 * Checks one code. `right` counts once its token has been stored by compare-and-set: of parallel answers one wins.
 * A code that is off by more than the window proves nothing by itself; with the next one after it the token is in
 * step again (RFC 4226 section 7.4), so that nobody has to be called for a button pressed too often.
 */
export function check(token: Token, code: string, now: number, limits: Limits): Checked {
  if (!isValid(token, now)) return { outcome: 'not-valid' };
  const at = find(token, code, window(token, now, limits));
  if (at !== undefined) return { outcome: 'right', token: accepted(token, at, now) };
  const { ahead } = token;
  if (ahead && now - ahead.at <= WAITS && ahead.next >= token.next && isCodeOf(token, ahead.next, code)) {
    return { outcome: 'right', token: accepted(token, ahead.next, now) };
  }
  if (find(token, code, used(token, now, limits)) !== undefined) return { outcome: 'used' };
  const resync = token.type === 'hotp' ? limits.resync : Math.min(limits.resync, NEAR);
  const far = find(token, code, wide(token, now, { ...limits, resync }));
  if (far === undefined) return { outcome: 'wrong' };
  return { outcome: 'out-of-step', token: { ...token, ahead: { next: far + 1, at: now } } };
}

/** Codes are computed with each, whichever is the token's: what it takes doesn't tell one token from another. */
const ALGORITHMS = ['SHA1', 'SHA256', 'SHA512'] as const;

/**
 * Two consecutive codes, wherever the token stands: what it became, or nothing. Both are used up. As many codes are
 * computed for every token, whether or not it may be used: strangers to it ask as well.
 */
export function inStep(token: Token, first: string, second: string, now: number, limits: Limits): Token | undefined {
  const { from, to } = wide(token, now, limits);
  const start = Math.max(0, from);
  const count = 2 * limits.resync + 2;
  const all = new Map(ALGORITHMS.map((algorithm) => [algorithm, codesOf({ ...token, algorithm }, start, count)]));
  const shown = all.get(token.algorithm) ?? [];
  let found: number | undefined;
  for (const [at, code] of shown.entries()) {
    const both = [isSame(code, first), isSame(shown[at + 1] ?? '', second)];
    if (both.every(Boolean) && start + at <= to) found ??= start + at;
  }
  return found === undefined || !isValid(token, now) ? undefined : accepted(token, found + 1, now);
}
