import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { missingFor, opensAccount, type ResetDemand, SHOWN, type Shown, type SingleWay } from './reset.ts';

const SECOND: ResetDemand = { second: true, ways: ['mail', 'text', 'saved', 'issued'], questions: false };
const NONE: ResetDemand = { ...SECOND, second: false };

/** What an account with a second factor is opened by: the table of docs/explanation/forgotten-passwords.md, row by row. */
const TABLE: [shown: Shown[], opens: boolean][] = [
  [[], false],
  [['passkey'], true],
  [['phone'], false],
  [['phone', 'mail'], false],
  [['phone', 'text'], false],
  [['phone', 'mail', 'text'], false],
  [['phone', 'saved'], true],
  [['phone', 'issued'], true],
  [['token'], false],
  [['token', 'phone'], false],
  [['token', 'mail'], true],
  [['token', 'text'], true],
  [['token', 'saved'], true],
  [['token', 'issued'], true],
  [['saved'], false],
  [['issued'], false],
  [['mail'], false],
  [['text'], false],
  [['mail', 'text'], false],
  [['saved', 'issued'], true],
  [['saved', 'mail'], true],
  [['saved', 'text'], true],
  [['issued', 'mail'], true],
  [['issued', 'text'], true],
  [['questions'], false],
  [['questions', 'phone'], false],
  [['questions', 'token'], false],
  [['questions', 'mail', 'text'], false],
  [['questions', 'phone', 'mail', 'text'], false],
];

const sets = fc.subarray([...SHOWN]);
const ways = fc.subarray<SingleWay>(['mail', 'text', 'saved', 'issued']);
const demands: fc.Arbitrary<ResetDemand> = fc.record({ second: fc.boolean(), ways, questions: fc.boolean() });

describe('what opens an account whose password is forgotten', () => {
  it.each(TABLE)('with a second factor: %j: %s', (shown, opens) => {
    expect(opensAccount(SECOND, shown)).toBe(opens);
    expect(opensAccount({ ...SECOND, ways: [], questions: true }, shown)).toBe(opens);
  });

  it.each(['mail', 'text', 'saved', 'issued'] as const)('without one, its profile’s way alone: %s', (way) => {
    expect(opensAccount({ ...NONE, ways: [way] }, [way])).toBe(true);
    const others = SHOWN.filter((one) => one !== way);
    expect(opensAccount({ ...NONE, ways: [way] }, others)).toBe(false);
    expect(opensAccount({ ...NONE, ways: [] }, [...SHOWN])).toBe(false);
  });

  it('has questions asked beside a way, and never in its place', () => {
    const asked = { ...NONE, questions: true };
    expect(opensAccount(asked, ['mail'])).toBe(false);
    expect(opensAccount(asked, ['questions'])).toBe(false);
    expect(opensAccount(asked, ['mail', 'questions'])).toBe(true);
    expect(opensAccount(asked, ['issued'])).toBe(true);
    expect(missingFor(asked, ['mail'])).toContain('questions');
    // A code goes before.
    expect(missingFor(asked, [])).not.toContain('questions');
    fc.assert(
      fc.property(demands, sets, (demand, shown) => {
        if (!opensAccount(demand, shown)) return;
        expect(
          opensAccount(
            { ...demand, questions: false },
            shown.filter((one) => one !== 'questions'),
          ),
        ).toBe(true);
      }),
    );
  });

  it('is opened by more wherever it is opened by less, and says nothing is missing then', () => {
    fc.assert(
      fc.property(demands, sets, sets, (demand, shown, more) => {
        const all = [...new Set([...shown, ...more])];
        if (opensAccount(demand, shown)) expect(opensAccount(demand, all)).toBe(true);
        expect(missingFor(demand, shown).length > 0 && opensAccount(demand, shown)).toBe(false);
      }),
    );
  });

  it('never lets whoever holds an unlocked phone alone end up with both factors', () => {
    const onPhone = fc.subarray<Shown>(['phone', 'mail', 'text', 'questions']);
    fc.assert(fc.property(onPhone, (shown) => void expect(opensAccount(SECOND, shown)).toBe(false)));
  });

  it('is opened by what is said to be missing, one after the other, however one chooses', () => {
    fc.assert(
      fc.property(demands, fc.infiniteStream(fc.nat()), (demand, picks) => {
        const shown: Shown[] = [];
        for (const pick of picks) {
          const missing = missingFor(demand, shown);
          if (missing.length === 0) break;
          shown.push(missing[pick % missing.length] as Shown);
          expect(shown.length).toBeLessThanOrEqual(SHOWN.length);
        }
        expect(opensAccount(demand, shown)).toBe(demand.second || demand.ways.length > 0);
      }),
    );
  });
});
