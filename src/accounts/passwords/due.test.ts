import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUILT_IN } from './built-in.ts';
import { expiresAt, reachesAt } from './due.ts';

const DAY = 86_400_000;
const NOW = 1_800_000_000_000;
const CLASSIC = { names: ['classic'], ...BUILT_IN.classic };

describe('when a password has expired', () => {
  it('is its age, and never where nothing expires', () => {
    const facts = { account: 'ada', since: NOW, changedAt: NOW + DAY };
    expect(expiresAt(facts, CLASSIC, 14 * DAY)).toBe(NOW + 181 * DAY);
    expect(expiresAt(facts, { names: ['nist'], ...BUILT_IN.nist }, 14 * DAY)).toBeUndefined();
  });

  it('is no sooner than a reminder after its profile came, for whatever is from before', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.integer({ min: 0, max: 1_000 }), fc.nat(60), (account, days, spread) => {
        const facts = { account, since: NOW, changedAt: NOW - days * DAY };
        const expires = expiresAt(facts, CLASSIC, spread * DAY) ?? 0;
        expect(expires).toBeGreaterThanOrEqual(facts.changedAt + 180 * DAY);
        expect(expires).toBeGreaterThanOrEqual(NOW + 14 * DAY);
        expect(expires).toBeLessThanOrEqual(Math.max(facts.changedAt + 180 * DAY, NOW + (14 + spread) * DAY));
      }),
    );
  });

  it('counts from when the profile came where nobody knows its age', () => {
    expect(expiresAt({ account: 'ada', since: NOW }, CLASSIC, 14 * DAY)).toBe(NOW + 180 * DAY);
  });

  it('spreads evenly', () => {
    const days = Array.from(
      { length: 1_400 },
      (_, at) => reachesAt({ account: `account-${at}`, since: 0 }, 14 * DAY) / DAY,
    );
    const perDay = Array.from({ length: 14 }, (_, day) => days.filter((at) => Math.floor(at) === day).length);
    expect(perDay.every((count) => count > 50 && count < 150)).toBe(true);
  });
});
