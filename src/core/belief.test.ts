import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KINDS, levelOf, type Proof } from './assurance.ts';
import { type BeliefRow, believed, groundsOf, mostBelieved } from './belief.ts';
import type { Said } from './said.ts';

const values = fc.constantFrom('pwd', 'otp', 'mfa', 'fido', 'hwk', 'unheard-of');
const lists = fc.uniqueArray(values, { maxLength: 4 });
const said = fc.record({ values: fc.record({ acr: lists, amr: lists }) });
const row: fc.Arbitrary<BeliefRow> = fc.record({
  when: fc.oneof(
    fc.record({ amr: fc.uniqueArray(values, { minLength: 1, maxLength: 2 }) }),
    fc.record({ acr: fc.uniqueArray(values, { minLength: 1, maxLength: 1 }) }),
  ),
  kinds: fc.uniqueArray(fc.constantFrom(...KINDS), { minLength: 1 }),
  phishingResistant: fc.boolean(),
  attested: fc.boolean(),
});
const table = fc.array(row, { maxLength: 6 });

const asProof = (rows: readonly BeliefRow[], it: Pick<Said, 'values'>): Proof => ({
  ...believed(rows, it),
  ...{ factor: 'upstream:it', credential: 'upstream:it', at: 0 },
});
const rank = (rows: readonly BeliefRow[], it: Pick<Said, 'values'>) =>
  ['sfa', 'mfa', 'phr', 'phrh'].indexOf(levelOf([asProof(rows, it)]) ?? '');

describe('what is believed of another house', () => {
  it('takes nothing and what no line names for one proof of knowledge', () => {
    const knowledge = { kinds: ['knowledge'], amr: [], phishingResistant: false, attested: false };
    expect(believed([], { values: {} })).toEqual(knowledge);
    expect(believed([], { values: { amr: ['mfa', 'hwk'], acr: ['https://refeds.org/profile/mfa'] } })).toEqual(
      knowledge,
    );
  });

  it('gains nothing by a value that no line names', () => {
    fc.assert(
      fc.property(table, said, (rows, it) => {
        const more = { values: { ...it.values, amr: [...it.values.amr, 'never-named'], other: ['x'] } };
        expect(believed(rows, more)).toEqual(believed(rows, it));
      }),
    );
  });

  it('is the same in whatever order, and however often, something is said or a line stands', () => {
    const sorted = (it: ReturnType<typeof believed>) => ({
      ...it,
      kinds: [...it.kinds].sort(),
      amr: [...it.amr].sort(),
    });
    fc.assert(
      fc.property(table, said, (rows, it) => {
        const twice = (all: readonly string[]) => [...all, ...all].reverse();
        const again = { values: { amr: twice(it.values.amr), acr: twice(it.values.acr) } };
        expect(sorted(believed([...rows, ...rows].reverse(), again))).toEqual(sorted(believed(rows, it)));
      }),
    );
  });

  it('is no more when less is said, and never above what the table could make', () => {
    fc.assert(
      fc.property(table, said, fc.nat(), (rows, it, at) => {
        const { amr } = it.values;
        const less = {
          values: { ...it.values, amr: amr.filter((_, index) => index !== at % Math.max(1, amr.length)) },
        };
        expect(rank(rows, less)).toBeLessThanOrEqual(rank(rows, it));
        expect(rank(rows, it)).toBeLessThanOrEqual(levelIndex(rows));
      }),
    );
  });

  it('hands on as amr what a line names alone, and never mfa', () => {
    fc.assert(
      fc.property(table, said, (rows, it) => {
        const { amr } = believed(rows, it);
        const named = rows.flatMap(({ when }) => when.amr ?? []);
        expect(amr.every((value) => it.values.amr.some((one) => one === value) && named.includes(value))).toBe(true);
        expect(amr).not.toContain('mfa');
      }),
    );
  });

  it('says by which lines, and what none names', () => {
    const rows: BeliefRow[] = [
      { when: { amr: ['otp'] }, kinds: ['possession'] },
      { when: { amr: ['pwd'] }, kinds: ['knowledge'] },
    ];
    expect(groundsOf(rows, { values: { amr: ['pwd', 'face'] } })).toEqual({ lines: [2], unmapped: ['amr=face'] });
  });
});

function levelIndex(rows: readonly BeliefRow[]): number {
  const most: Proof = { ...mostBelieved(rows), ...{ factor: 'upstream:it', credential: 'upstream:it', at: 0 } };
  return ['sfa', 'mfa', 'phr', 'phrh'].indexOf(levelOf([most]) ?? '');
}
