import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalPassword, passwordFaults } from './password-rules.ts';

const POLICY = { minimum: 12, names: ['Example University', '示範大學', 'IT'] };
const faultsOf = (password: string, username = 'ada') =>
  passwordFaults(password, username, POLICY).map(({ key }) => key.replace('new-password.', ''));

describe('a new password', () => {
  it.each([
    ['four words of mine', []],
    ['密碼密碼密碼密碼密碼密碼', []],
    ['elevenchars', ['too-short']],
    ['', ['too-short']],
    ['x'.repeat(1024), []],
    ['x'.repeat(1025), ['too-long']],
    ['密'.repeat(342), ['too-long']],
    ['a tab\tin the middle', ['unacceptable']],
    ['half a pair \uD800 of it', ['unacceptable']],
    ['EXAMPLE-university!', ['service']],
    ['ＥｘａｍｐｌｅＵｎｉｖｅｒｓｉｔｙ', ['service']],
    ['我在示範大學讀書很多年', ['too-short', 'service']],
    ['it is not too short a name', []],
  ])('%j: %j', (password, expected) => {
    expect(faultsOf(password)).toEqual(expected);
  });

  it('holds no user name, however it is written; a very short one may be anywhere', () => {
    expect(faultsOf('my name is Ada.Lovelace', 'adaLovelace')).toEqual(['username']);
    expect(faultsOf('a-d-a-l-o-v-e-l-a-c-e', 'ada.lovelace')).toEqual(['username']);
    expect(faultsOf('shada shada shada', 'ada')).toEqual([]);
    expect(faultsOf('這是王小明的密碼一二三四五', '王小明')).toEqual(['username']);
  });

  it('counts characters as they are kept', () => {
    expect(faultsOf('e\u0301'.repeat(11))).toEqual(['too-short']);
    expect(normalPassword('e\u0301')).toBe('\u00e9');
    expect(faultsOf('🙂'.repeat(12))).toEqual([]);
  });

  it('is judged for any text, the same in every form of Unicode', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(faultsOf(text.normalize('NFD'))).toEqual(faultsOf(text.normalize('NFC')));
      }),
    );
  });
});
