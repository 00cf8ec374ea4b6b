import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sharesOf } from './shares.ts';

const LOCKOUT = { failures: 8, duration: 1_800_000, inARow: 100, perAddress: { failures: 100, window: 1 } };

it('all together stays below what the directory locks at, and half of it is the most that strangers get', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 1_000 }), fc.nat(), (failures, window) => {
      const { strangers, known, allKnown = Number.NaN, ttl } = sharesOf(LOCKOUT, { failures, window });
      expect(strangers).toBeGreaterThan(0);
      expect(strangers + allKnown).toBeLessThan(failures);
      expect(strangers).toBeLessThanOrEqual(Math.max(1, (failures - 1) / 2));
      expect(known).toBeLessThanOrEqual(Math.min(allKnown, LOCKOUT.failures));
      expect(ttl).toBeGreaterThanOrEqual(Math.max(window, LOCKOUT.duration));
    }),
  );
});

it('without such a directory each has its own', () => {
  expect(sharesOf(LOCKOUT, undefined)).toEqual({ strangers: 8, known: 8, ttl: LOCKOUT.duration });
});
