import { describe, expect, it } from 'vitest';
import { decodeText } from './encoding.ts';

const utf16 = (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le');
const NAMES = 'username,name\nann,Anné Müller\nming,王小明\n';

describe('decodeText', () => {
  it.each([
    ['UTF-8', Buffer.from(NAMES)],
    ['UTF-8 with a mark', Buffer.from(`\uFEFF${NAMES}`)],
    ['UTF-16, the small end first', utf16(NAMES)],
    ['UTF-16, the big end first', utf16(NAMES).swap16()],
  ])('reads %s', (_, bytes) => {
    expect(decodeText(bytes)).toBe(NAMES);
  });

  it.each([
    ['windows-1252', Buffer.from('M\xfcller €'.replace('€', '\x80'), 'latin1'), 'Müller €'],
    ['big5', Buffer.from([0xa4, 0xfd, 0xa4, 0x70, 0xa9, 0xfa]), '王小明'],
    ['gbk', Buffer.from([0xcd, 0xf5, 0xd0, 0xa1, 0xc3, 0xf7]), '王小明'],
    ['utf-16le', Buffer.from('王小明', 'utf16le'), '王小明'],
  ])('reads %s where it is said, and refuses it otherwise', (encoding, bytes, text) => {
    expect(decodeText(bytes, encoding)).toBe(text);
    expect(() => decodeText(bytes)).toThrow(expect.objectContaining({ code: 'ERR_INPUT' }));
  });

  it.each([
    ['windows-1252', Buffer.from('a\r\nb\r\nM\xfcller', 'latin1'), /^line 3 isn't UTF-8: .*“CSV UTF-8.*--encoding/],
    ['UTF-16 without a mark', Buffer.from('a\nb', 'utf16le'), /^line 1 holds zero bytes, as UTF-16 does/],
    ['letters lost before', Buffer.from('a\nM\uFFFDller'), /^line 2 holds letters that were lost/],
    ['half a letter of UTF-16', utf16('\ud800a'), /^the file isn't UTF-16LE/],
  ])('refuses %s, and says where and what to do', (_, bytes, message) => {
    expect(() => decodeText(bytes)).toThrow(message);
  });

  it('refuses what is said and not so, or not known', () => {
    expect(() => decodeText(Buffer.from([0x81, 0x0a]), 'big5')).toThrow(/^line 1 isn't BIG5/);
    expect(() => decodeText(Buffer.from('a\nM\x81', 'latin1'), 'windows-1252')).toThrow(/^line 2 holds control/);
    expect(() => decodeText(Buffer.from('a'), 'ebcdic')).toThrow(/--encoding ebcdic isn't known/);
  });
});
