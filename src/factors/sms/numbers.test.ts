import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import sms from './index.ts';
import { countryOf, masked, readNumber, written } from './numbers.ts';

const COUNTRIES = ['HK', 'GB', 'US'] as const;

describe('a number', () => {
  it.each([
    ['+85291234567', '+85291234567'],
    ['9123 4567', '+85291234567'],
    ['(852) 9123-4567', '+85291234567'],
    ['+852-9123-4567', '+85291234567'],
    ['＋８５２９１２３４５６７', '+85291234567'],
    ['\u202a+85291234567\u202c', '+85291234567'],
    ['+44 7400 123456', '+447400123456'],
    ['+1 201 555 0123', '+12015550123'],
  ])('%j is %s', (typed, number) => {
    const read = readNumber(typed, COUNTRIES);
    expect('number' in read ? read.number : undefined).toBe(number);
  });

  it.each([
    ['', 'malformed'],
    ['1234', 'malformed'],
    ['+85291234567;ext=5', 'malformed'],
    ['+85291234567#1', 'malformed'],
    ['call +85291234567', 'malformed'],
    ['9'.repeat(100), 'malformed'],
    ['+33 6 12 34 56 78', 'country'],
    ['+1 876 555 0123', 'country'],
    ['+44 7781 123456', 'country'],
    ['+852 2123 4567', 'not-mobile'],
    ['+44 20 7946 0958', 'not-mobile'],
    ['+44 909 879 0000', 'not-mobile'],
    ['+44 7624 800000', 'country'],
    ['+44 70 1234 5678', 'not-mobile'],
  ])('%j is refused: %s', (typed, fault) => {
    expect(readNumber(typed, COUNTRIES)).toEqual({ fault });
  });

  it('is E.164 in a country that is listed, or nothing, for any text', () => {
    const digits = fc.array(fc.constantFrom(...'+0123456789 -()'), { maxLength: 20 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(digits, fc.string({ unit: 'binary' })), (typed) => {
        const read = readNumber(typed, COUNTRIES);
        if ('fault' in read) return;
        expect(read.number).toMatch(/^\+[1-9][0-9]{6,14}$/);
        expect(countryOf(read.number, COUNTRIES)).toBe(read.country);
      }),
    );
  });

  it('is shown by its end alone, or written as people read it', () => {
    expect(masked('+85291234567')).toBe('+852\u00a0•••••\u00a0567');
    expect(masked('+12015550123')).toBe('+1\u00a0•••••••\u00a0123');
    expect(written('+85291234567')).toBe('+852\u00a09123\u00a04567');
  });
});

it.each([
  ['no country', {}],
  ['an empty list', { countries: [] }],
  ['a country that there is not', { countries: ['XX'] }],
  ['a name', { countries: ['Hong Kong'] }],
  ['a countdown that is none', { countries: ['HK'], resend: 0 }],
])('settings with %s are refused', (_case, given) => {
  expect(sms.settings.safeParse(given).success).toBe(false);
});
