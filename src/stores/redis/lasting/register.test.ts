import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changed, claim, has, NOBODY, numbersOf, type Register, rangesOf, servedBy } from './register.ts';

const REPLACED = /replaced/;
const sole = (history: string) => ({ history, epoch: undefined, slots: [0] });

describe('the register of primaries', () => {
  it('lets a promoted replica take the place of its primary, for good', () => {
    const first = claim(NOBODY, sole('one'));
    expect(claim(first, sole('one'))).toBe(first);
    const second = claim(first, sole('two'));
    expect(servedBy(second, 'one')).toBeUndefined();
    // It may still answer somebody who is cut off from the others.
    expect(() => claim(second, sole('one'))).toThrow(REPLACED);
  });

  it('hands on what is recorded, and asks for it to be carried over', () => {
    const alone = changed(claim(NOBODY, sole('one')), 'one', { alone: 'yes', spells: ['spell'] });
    expect(servedBy(claim(alone, sole('two')), 'two')).toMatchObject({
      alone: 'yes',
      spells: ['spell'],
      restored: false,
    });
    expect(servedBy(claim(claim(NOBODY, sole('one')), sole('two')), 'two')).toMatchObject({
      alone: 'no',
      restored: true,
    });
  });

  it('goes by the epoch in a cluster: a former primary gets nothing back, slots that are moved come and go', () => {
    const before = claim(NOBODY, { history: 'one', epoch: 1, slots: [0, 1, 2] });
    const promoted = claim(before, { history: 'two', epoch: 5, slots: [0, 1, 2] });
    expect(() => claim(promoted, { history: 'one', epoch: 1, slots: [0, 1, 2] })).toThrow(REPLACED);
    const moved = claim(promoted, { history: 'three', epoch: 6, slots: [2] });
    expect(moved.served.map(({ slots }) => slots)).toEqual([[[0, 1]], [[2, 2]]]);
    const back = claim(moved, { history: 'two', epoch: 7, slots: [0, 1, 2] });
    expect(back.served.map(({ history, slots }) => [history, slots])).toEqual([['two', [[0, 2]]]]);
  });

  it('has one primary for each slot at the most, whoever comes', () => {
    const someone = fc.record({
      history: fc.constantFrom('a', 'b', 'c', 'd'),
      epoch: fc.option(fc.nat(6), { nil: undefined }),
      slots: fc.uniqueArray(fc.nat(9)),
    });
    fc.assert(
      fc.property(fc.array(someone), (coming) => {
        let now: Register = NOBODY;
        for (const primary of coming) {
          try {
            now = claim(now, primary);
          } catch (error) {
            expect(String(error)).toMatch(REPLACED);
          }
          for (let slot = 0; slot < 10; slot += 1) {
            expect(now.served.filter((it) => has(it, slot)).length).toBeLessThanOrEqual(1);
          }
        }
      }),
    );
  });
});

it('writes slots as ranges', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(40)), (numbers) => {
      expect([...numbersOf(rangesOf(new Set(numbers)))]).toEqual([...numbers].sort((a, b) => a - b));
    }),
  );
});
