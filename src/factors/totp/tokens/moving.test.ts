import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeSecret } from '../otp.ts';
import { check, inStep } from './moving.ts';
import { clocked, hotp, pressed, shown } from './testing/tokens.ts';
import type { Token } from './token.ts';

const LIMITS = { window: 2, lookAhead: 10, resync: 100 };
const STEP = 30_000;
const NOW = 60_000_000 * STEP;

function right(token: Token, code: string, now = NOW): Token {
  const checked = check(token, code, now, LIMITS);
  if (checked.outcome !== 'right') throw new Error(checked.outcome);
  return checked.token;
}

describe('tokens with a counter (RFC 4226)', () => {
  it('accept the codes of appendix D one after the other, each once', () => {
    const codes = ['755224', '287082', '359152', '969429', '338314', '254676', '287922', '162583', '399871', '520489'];
    let token = hotp();
    for (const [press, code] of codes.entries()) {
      token = right(token, code);
      expect(token.next).toBe(press + 1);
      expect(check(token, code, NOW, LIMITS)).toEqual({ outcome: 'used' });
    }
  });

  it('look ahead as far as they may and no further', () => {
    const token = hotp('H1', { next: 5 });
    expect(right(token, pressed(token, 15)).next).toBe(16);
    expect(check(token, pressed(token, 16), NOW, LIMITS).outcome).toBe('out-of-step');
    expect(check(token, pressed(token, 105), NOW, LIMITS).outcome).toBe('out-of-step');
    expect(check(token, pressed(token, 106), NOW, LIMITS)).toEqual({ outcome: 'wrong' });
  });

  it('never accept a code at or before one that was accepted, whatever was pressed between', () => {
    fc.assert(
      fc.property(fc.nat({ max: 1000 }), fc.nat({ max: 10 }), fc.nat({ max: 9 }), (next, skipped, back) => {
        const token = right(hotp('H1', { next }), pressed(hotp(), next + skipped));
        expect(token.next).toBe(next + skipped + 1);
        const old = Math.max(0, next + skipped - back);
        // Six digits repeat: an older code that is a newer one as well is that newer one.
        const again = check(token, pressed(token, old), NOW, LIMITS);
        if (again.outcome === 'right') expect(again.token.next).toBeGreaterThan(token.next);
        else expect(again.outcome).toMatch(/used|out-of-step/);
      }),
    );
  });
});

describe('a code that is too far off', () => {
  const away = (token: Token, press: number, now = NOW): Token => {
    const checked = check(token, pressed(token, press), now, LIMITS);
    if (checked.outcome !== 'out-of-step' || !checked.token) throw new Error(checked.outcome);
    return checked.token;
  };

  it('proves nothing, and with the very next one the token is in step', () => {
    const waiting = away(hotp(), 50);
    expect(waiting.next).toBe(0);
    expect(right(waiting, pressed(waiting, 51))).toEqual({ ...hotp(), next: 52 });
  });

  it('isn’t made good by itself, by one further on, or by the next one too late', () => {
    const waiting = away(hotp(), 50);
    expect(check(waiting, pressed(waiting, 50), NOW, LIMITS).outcome).toBe('out-of-step');
    expect(check(waiting, pressed(waiting, 53), NOW, LIMITS).outcome).toBe('out-of-step');
    expect(check(waiting, pressed(waiting, 51), NOW + 5 * 60_000 + 1, LIMITS).outcome).toBe('out-of-step');
  });

  it('is forgotten once the token was used in step beyond it', () => {
    const token = { ...away(hotp(), 50), next: 60 };
    expect(check(token, pressed(token, 51), NOW, LIMITS).outcome).toBe('used');
  });
});

describe('tokens with a clock (RFC 6238)', () => {
  it.each([
    ['SHA1', '12345678901234567890', '94287082'],
    ['SHA256', '12345678901234567890123456789012', '46119246'],
    ['SHA512', '1234567890123456789012345678901234567890123456789012345678901234', '90693936'],
  ] as const)('accept the codes of appendix B, %s', (algorithm, seed, code) => {
    const token = clocked('T1', { secret: encodeSecret(Buffer.from(seed)), algorithm, digits: 8 });
    expect(right(token, code, 59_000)).toMatchObject({ next: 2, drift: 0 });
  });

  it('remember how far their clock is off, and follow it', () => {
    let token = clocked();
    // A step more with each use: after ten it is five minutes ahead, and still followed.
    for (let drift = 1; drift <= 10; drift++) {
      const now = NOW + drift * 10 * STEP;
      token = right(token, shown(token, now, drift * STEP), now);
      expect(token).toMatchObject({ drift });
    }
    const later = NOW + 1000 * STEP;
    expect(check(token, shown(token, later), later, LIMITS).outcome).toBe('out-of-step');
  });

  it('are set right by two codes of a few minutes ago, and by no older ones', () => {
    const token = clocked();
    const old = (steps: number) => check(token, shown(token, NOW, -steps * STEP), NOW, LIMITS);
    const { outcome, token: waiting = token } = old(10) as { outcome: string; token?: Token };
    expect(outcome).toBe('out-of-step');
    expect(right(waiting, shown(token, NOW, -9 * STEP))).toMatchObject({ drift: -9 });
    expect(old(11)).toEqual({ outcome: 'wrong' });
    expect(check(token, shown(token, NOW, 11 * STEP), NOW, LIMITS)).toEqual({ outcome: 'wrong' });
  });

  it('accept a step once, even when the clock goes back', () => {
    const token = right(clocked(), shown(clocked(), NOW));
    expect(check(token, shown(token, NOW), NOW, LIMITS)).toEqual({ outcome: 'used' });
    expect(check(token, shown(token, NOW), NOW - STEP, LIMITS)).toEqual({ outcome: 'used' });
    expect(check(token, shown(token, NOW, -STEP), NOW, LIMITS)).toEqual({ outcome: 'used' });
    expect(check(token, shown(token, NOW, STEP), NOW, LIMITS).outcome).toBe('right');
  });

  it('aren’t valid before their beginning or after their end', () => {
    const token = clocked('T1', { starts: NOW, expires: NOW + STEP });
    const code = shown(token, NOW);
    expect(check(token, code, NOW - 1, LIMITS)).toEqual({ outcome: 'not-valid' });
    expect(check(token, code, NOW, LIMITS).outcome).toBe('right');
    expect(check(token, code, NOW + STEP, LIMITS)).toEqual({ outcome: 'not-valid' });
    expect(inStep(token, shown(token, NOW), shown(token, NOW, STEP), NOW + STEP, LIMITS)).toBeUndefined();
  });
});

describe('two consecutive codes', () => {
  it('bring a token in step wherever it stands within reach, and are used up', () => {
    fc.assert(
      fc.property(fc.nat({ max: 500 }), fc.nat({ max: 100 }), (next, skipped) => {
        const token = hotp('H1', { next });
        const at = next + skipped;
        const moved = inStep(token, pressed(token, at), pressed(token, at + 1), NOW, LIMITS);
        expect(moved?.next).toBe(at + 2);
        expect(moved && inStep(moved, pressed(token, at), pressed(token, at + 1), NOW, LIMITS)).toBeUndefined();
      }),
    );
  });

  it('do so for a clock that is fifty minutes off, either way', () => {
    for (const off of [-100, -7, 0, 100]) {
      const token = clocked();
      const pair = [shown(token, NOW, off * STEP), shown(token, NOW, (off + 1) * STEP)] as const;
      expect(inStep(token, ...pair, NOW, LIMITS)).toMatchObject({ drift: off + 1 });
    }
  });

  it('mean nothing in the wrong order, with one between, twice the same, out of reach or before the last', () => {
    const token = hotp('H1', { next: 20 });
    const pair = (a: number, b: number) => inStep(token, pressed(token, a), pressed(token, b), NOW, LIMITS);
    expect(pair(31, 30)).toBeUndefined();
    expect(pair(30, 32)).toBeUndefined();
    expect(pair(30, 30)).toBeUndefined();
    expect(pair(121, 122)).toBeUndefined();
    expect(pair(19, 20)).toBeUndefined();
    expect(pair(20, 21)?.next).toBe(22);
  });
});
