import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asciiDigits, typedCode, typedDigits } from './typed.ts';

/** Zero of each script, as `node --unicode` has them: each is followed by the other nine. */
const ZEROS = Array.from({ length: 0x20000 }, (_, code) => code).filter(
  (code) => /\p{Nd}/u.test(String.fromCodePoint(code)) && !/\p{Nd}/u.test(String.fromCodePoint(code - 1)),
);
const BETWEEN = [
  '',
  ' ',
  '\u00a0',
  '\u3000',
  '-',
  '–',
  '—',
  '－',
  '−',
  'ー',
  'ｰ',
  '\u200b',
  '\u00ad',
  '\ufeff',
  '\t',
  '\n',
];

const digit = fc.nat(9);
const zero = fc.constantFrom(...ZEROS);
const between = fc.constantFrom(...BETWEEN);

describe('digits that people type', () => {
  it('are the same in every script, with whatever stands between them', () => {
    expect(ZEROS.length).toBeGreaterThan(50);
    fc.assert(
      fc.property(fc.array(fc.tuple(digit, zero, between), { minLength: 1, maxLength: 20 }), (typed) => {
        const text = typed.map(([value, first, gap]) => `${String.fromCodePoint(first + value)}${gap}`).join('');
        expect(typedDigits(text)).toBe(typed.map(([value]) => value).join(''));
      }),
    );
  });

  it('are nothing but ASCII digits, whatever was typed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
        expect(typedDigits(text) ?? '0').toMatch(/^[0-9]+$/);
      }),
    );
  });

  it.each(['١٢٣٤٥٦', '۱۲۳۴۵۶', '१२३४५६', '１２３ ４５６', '𝟙𝟚𝟛-𝟜𝟝𝟞', '123–456', ' 1 2 3 4 5 6 '])(
    'reads %s',
    (typed) => {
      expect(typedDigits(typed)).toBe('123456');
    },
  );

  it.each(['', ' ', '-', '12a', '一二三', '½', '1.2', '1'.repeat(65), undefined])('reads nothing from %s', (typed) => {
    expect(typedDigits(typed)).toBeUndefined();
  });
});

it('codes of letters keep those', () => {
  expect(typedCode(' 7kqm–２xpa ')).toBe('7kqm2xpa');
  expect(typedCode('x'.repeat(100), 99)).toBeUndefined();
  expect(asciiDigits('+٨٥٢ (9123)')).toBe('+852 (9123)');
});
