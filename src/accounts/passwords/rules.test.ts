import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUILT_IN } from './built-in.ts';
import type { PasswordProfile } from './profile.ts';
import { formFaults, normalPassword, rulesOf } from './rules.ts';
import { isLittleMoreThan } from './words.ts';

const NIST: PasswordProfile = { names: ['nist'], ...BUILT_IN.nist };
const CLASSIC: PasswordProfile = { names: ['classic'], ...BUILT_IN.classic };
const VPN: PasswordProfile = { ...NIST, characters: 'printable-ascii', bytes: 112 };
const faultsOf = (password: string, profile = NIST) =>
  formFaults(password, profile).map(({ key }) => key.replace('new-password.', ''));

describe('the form of a new password', () => {
  it.each([
    ['four words of mine', NIST, []],
    ['密碼密碼密碼密碼密碼密碼密碼密', NIST, []],
    ['fourteenchars!', NIST, ['too-short']],
    ['', NIST, ['too-short']],
    ['x'.repeat(128), NIST, []],
    ['x'.repeat(129), NIST, ['too-long']],
    ['a tab\tin the middle', NIST, ['unacceptable']],
    ['half a pair \uD800 of it', NIST, ['unacceptable']],
    ['abcdefghi1', CLASSIC, []],
    ['密碼密碼密碼密碼密1', CLASSIC, []],
    ['abcdefghij', CLASSIC, ['lacks.digit']],
    ['1234567890', CLASSIC, ['lacks.letter']],
    ['abcdefgh1', CLASSIC, ['too-short']],
    ['abcdefghi1abcdefghi', CLASSIC, ['too-long']],
    ['four words of mine ~', VPN, []],
    ['four words of mine é', VPN, ['not-ascii']],
    ['四個互不相干的詞和一些別的東西', VPN, ['not-ascii']],
    ['x'.repeat(112), VPN, []],
    ['x'.repeat(113), VPN, ['too-many-bytes']],
    ['密'.repeat(38), { ...NIST, bytes: 112 }, ['too-many-bytes']],
    ['密'.repeat(37), { ...NIST, bytes: 112 }, []],
    ['abcdefgh12', { ...CLASSIC, composition: ['lower', 'symbol', 'upper'] as const }, ['lacks.symbol', 'lacks.upper']],
  ])('%j', (password, profile, expected) => {
    expect(faultsOf(password, profile)).toEqual(expected);
  });

  it('counts characters as they are kept', () => {
    expect(faultsOf('e\u0301'.repeat(14))).toEqual(['too-short']);
    expect(normalPassword('e\u0301')).toBe('\u00e9');
    expect(faultsOf('🙂'.repeat(15))).toEqual([]);
  });

  it('is judged for any text, the same in every form of Unicode', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(faultsOf(text.normalize('NFD'))).toEqual(faultsOf(text.normalize('NFC')));
      }),
    );
  });

  it('is told before it is typed', () => {
    const told = (profile: PasswordProfile) =>
      rulesOf(profile).map(({ key, values }) => [
        key.replace('new-password.rules.', ''),
        ...Object.values(values ?? {}),
      ]);
    expect(told(NIST)).toEqual([['least', 15], ['institution'], ['personal'], ['used'], ['same']]);
    expect(told({ ...CLASSIC, blocklists: [] })).toEqual([
      ['between', 10, 18],
      ['has.digit'],
      ['has.letter'],
      ['history', 3],
    ]);
    expect(told({ ...VPN, blocklists: [] })).toEqual([['least', 15], ['printable-ascii', 112], ['same']]);
    expect(told({ ...NIST, blocklists: [], bytes: 112 })).toEqual([['least', 15], ['bytes', 112], ['same']]);
  });
});

describe('a password that is little more than a name', () => {
  it.each([
    ['EXAMPLE-university!', true],
    ['ＥｘａｍｐｌｅＵｎｉｖｅｒｓｉｔｙ', true],
    ['example university 2026', true],
    ['示範大學示範大學示範大學', true],
    ['我在示範大學讀書很多年', false],
    ['the example university has no lifts', false],
    ['it is not too short a name', false],
  ])('%j: %j', (password, expected) => {
    expect(isLittleMoreThan(password, ['Example University', '示範大學', 'IT'])).toBe(expected);
  });

  it('is found however it is written; a very short one may be anywhere', () => {
    expect(isLittleMoreThan('I am Ada.Lovelace', ['adaLovelace'])).toBe(true);
    expect(isLittleMoreThan('a-d-a-l-o-v-e-l-a-c-e', ['ada.lovelace'])).toBe(true);
    expect(isLittleMoreThan('shada shada shada', ['ada'])).toBe(false);
    expect(isLittleMoreThan('這是王小明的', ['王小明'])).toBe(true);
  });
});
