import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { APART, afterSearches, isFarFewer, LEAST, recentAt, type Suspects, WINDOW } from './decide.ts';

const KEYS = ['ada', 'bob', 'eve'];

/** Looks in the order of their times; in each, of some people whether they were there. */
const looks = fc
  .array(
    fc.record({
      wait: fc.integer({ min: 0, max: 2 * APART }),
      searched: fc.array(fc.record({ key: fc.constantFrom(...KEYS), hit: fc.boolean() }), { maxLength: 4 }),
    }),
    { maxLength: 12 },
  )
  .map((all) => {
    let at = 1_000_000;
    return all.map(({ wait, searched }) => {
      at += wait;
      return { at, searched };
    });
  });

describe('who is gone', () => {
  it('was missed by two searches, long enough apart, and by all between', () => {
    fc.assert(
      fc.property(looks, (all) => {
        let suspects: Suspects = {};
        /** The times of the searches without a hit since the last one with one. */
        const missedAt = new Map<string, number[]>();
        for (const { at, searched } of all) {
          const result = afterSearches(suspects, searched, at);
          for (const { key, hit } of searched) missedAt.set(key, hit ? [] : [...(missedAt.get(key) ?? []), at]);
          const expected = KEYS.filter((key) => {
            const times = missedAt.get(key) ?? [];
            const [first = at] = times;
            return times.at(-1) === at && at - first >= APART && searched.some((it) => it.key === key);
          });
          expect([...result.gone].sort()).toEqual(expected);
          expect(Object.keys(result.suspects).sort()).toEqual(
            KEYS.filter((key) => (missedAt.get(key) ?? []).length > 0),
          );
          suspects = result.suspects;
        }
      }),
    );
  });

  it('is nobody without a search', () => {
    expect(afterSearches({ ada: 0 }, [], 10 * APART)).toEqual({ suspects: { ada: 0 }, gone: [] });
  });
});

describe('far fewer people than before', () => {
  const usual = { known: 1_000, leaving: 1, recent: 0, seen: 1_000, before: 1_000, most: 10 };

  it('are more than may leave within a day, all of them, or half of those who were there', () => {
    expect(isFarFewer(usual)).toBe(false);
    expect(isFarFewer({ ...usual, leaving: 100 })).toBe(false);
    expect(isFarFewer({ ...usual, leaving: 101 })).toBe(true);
    expect(isFarFewer({ ...usual, leaving: 51, recent: 50 })).toBe(true);
    expect(isFarFewer({ ...usual, seen: 0 })).toBe(true);
    expect(isFarFewer({ ...usual, seen: 499 })).toBe(true);
    expect(isFarFewer({ ...usual, known: 3, leaving: LEAST, seen: undefined })).toBe(false);
    expect(isFarFewer({ ...usual, leaving: 0, seen: 0 })).toBe(false);
  });

  it('may leave once somebody has said so, and no more than those', () => {
    expect(isFarFewer({ ...usual, leaving: 600, seen: 400, confirmed: 600 })).toBe(false);
    expect(isFarFewer({ ...usual, leaving: 601, seen: 399, confirmed: 600 })).toBe(true);
  });

  it('never leave unasked, however it is spread over looks', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100_000 }),
        fc.array(fc.nat(2_000), { maxLength: 50 }),
        (known, batches) => {
          let left = 0;
          for (const leaving of batches) {
            if (!isFarFewer({ known, leaving, recent: left, most: 10 })) left += leaving;
          }
          expect(left).toBeLessThanOrEqual(Math.max(LEAST, Math.ceil(known / 10)));
        },
      ),
    );
  });

  it('count together for a day, and a clock that was set back begins anew', () => {
    expect(recentAt({ from: 5, count: 3 }, 5 + WINDOW - 1)).toEqual({ from: 5, count: 3 });
    expect(recentAt({ from: 5, count: 3 }, 5 + WINDOW)).toEqual({ from: 5 + WINDOW, count: 0 });
    expect(recentAt({ from: 5, count: 3 }, 4)).toEqual({ from: 4, count: 0 });
  });
});
