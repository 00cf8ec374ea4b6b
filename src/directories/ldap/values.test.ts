import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileTimeOf, guidOctets, guidOf, isCut, octetsOf, sidOf, textOf, textsOf, timeOf } from './values.ts';

describe('attributes', () => {
  it('are found whatever the case of their names, and of octets no text is made', () => {
    const entry = { dn: 'uid=ada', UID: 'ada', mail: ['a@x.example', ''], jpegPhoto: Buffer.from([0xff]) };
    expect(textOf(entry, 'uid')).toBe('ada');
    expect(textsOf(entry, 'Mail')).toEqual(['a@x.example']);
    expect(textsOf(entry, 'jpegphoto')).toEqual([]);
    expect(octetsOf(entry, 'jpegphoto')).toEqual([Buffer.from([0xff])]);
    expect(textsOf(entry, 'dn')).toEqual([]);
  });

  it('are told apart from a part of them', () => {
    const entry = { dn: 'cn=ada', memberof: 'cn=a', 'TokenGroups;Range=0-1499': ['x'] };
    expect(isCut(entry, 'memberOf')).toBe(false);
    expect(isCut(entry, 'tokenGroups')).toBe(true);
  });
});

describe('times', () => {
  it.each([
    ['20260901120000Z', '2026-09-01T12:00:00Z'],
    ['20260901120000.0Z', '2026-09-01T12:00:00Z'],
    ['202609011200Z', '2026-09-01T12:00:00Z'],
    ['2026090112+0800', '2026-09-01T04:00:00Z'],
    ['19700101000000Z', '1970-01-01T00:00:00Z'],
  ])('%s', (text, iso) => {
    expect(timeOf(text)).toBe(Date.parse(iso));
  });

  it.each(['', '2026', '20261301000000Z', '20260901120000', 'tomorrow', undefined])('none is read from %s', (text) => {
    expect(timeOf(text)).toBeUndefined();
  });

  it('of Active Directory are counted from 1601, and never is no time', () => {
    expect(fileTimeOf('133456789012345678')).toBe(Date.parse('2023-11-28T21:01:41.234Z'));
    expect(fileTimeOf('0')).toBeUndefined();
    expect(fileTimeOf('9223372036854775807')).toBeUndefined();
    expect(fileTimeOf('-1')).toBeUndefined();
  });
});

describe('a GUID', () => {
  it('is written with its first three groups turned round', () => {
    const octets = Buffer.from('33221100554477668899aabbccddeeff', 'hex');
    expect(guidOf(octets)).toBe('00112233-4455-6677-8899-aabbccddeeff');
  });

  it('comes back, and nothing else is one', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const text = guidOf(Buffer.from(bytes));
        expect(guidOctets(text ?? '')).toEqual(Buffer.from(bytes));
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(guidOctets(text)).toBeUndefined();
      }),
    );
    expect(guidOf(Buffer.alloc(15))).toBeUndefined();
  });
});

it('a security identifier is written as people know it', () => {
  expect(sidOf(Buffer.from('010500000000000515000000a065cf7e784b9b5fe77c8770091c0100', 'hex'))).toBe(
    'S-1-5-21-2127521184-1604012920-1887927527-72713',
  );
  expect(sidOf(Buffer.from('0105', 'hex'))).toBeUndefined();
});
