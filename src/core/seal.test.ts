import { describe, expect, it } from 'vitest';
import { createSealer, mapSealed, sealedIn, sealingKeyId } from './seal.ts';

const [KEY, NEXT, OTHER] = [7, 8, 9].map((byte) => new Uint8Array(32).fill(byte)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
const CONTEXT = 'credential:c1:a1:key';
const PLAIN = '{"secret":"JBSWY3DPEHPK3PXP"}';
/** Sealed with KEY by the version that had one key for all values. */
const EARLIER = '1.4_pt28tWtwX3-inw.U_JD7d9-rTQnlDOKOmDFgyhlwAAs4-sOX39pgz_krwq5anZN0A2mckNq90B1';

describe('a sealed value', () => {
  const sealer = createSealer(KEY);

  it('names its key, has a salt of its own, and opens in its place alone', () => {
    const values = Array.from({ length: 100 }, () => sealer.seal(PLAIN, CONTEXT));
    const parts = values.map((value) => value.split('.'));
    expect(new Set(parts.map(([version, id]) => `${version}.${id}`))).toEqual(new Set([`2.${sealingKeyId(KEY)}`]));
    expect(new Set(parts.map(([, , salt]) => salt)).size).toBe(100);
    // Under one key and nonce two equal texts would have equal ciphertexts.
    expect(new Set(parts.map(([, , , body]) => body?.slice(0, 30))).size).toBe(100);
    for (const value of values) expect(sealer.open(value, CONTEXT)).toBe(PLAIN);
    expect(() => sealer.open(values[0] ?? '', 'credential:c1:a2:key')).toThrow(/altered, or belongs elsewhere/);
  });

  it('opens under no other salt, and not once a letter of it is changed', () => {
    const [one = '', two = ''] = [sealer.seal(PLAIN, CONTEXT), sealer.seal(PLAIN, CONTEXT)];
    const [, , salt = ''] = two.split('.');
    const moved = one.split('.').map((part, at) => (at === 2 ? salt : part));
    expect(() => sealer.open(moved.join('.'), CONTEXT)).toThrow(/altered/);
    for (const broken of [one.slice(0, -4), `${one}AAAA`, '', '1', '2..', '3.a.b.c', one.slice(2)]) {
      expect(() => sealer.open(broken, CONTEXT)).toThrow(expect.objectContaining({ code: 'ERR_SEAL' }));
    }
  });

  it('of the earlier format opens, also as a previous key’s', () => {
    expect(sealer.open(EARLIER, CONTEXT)).toBe(PLAIN);
    expect(createSealer(NEXT, [OTHER, KEY]).open(EARLIER, CONTEXT)).toBe(PLAIN);
    expect(sealer.isCurrent(EARLIER)).toBe(false);
    expect(() => sealer.open(EARLIER, 'elsewhere')).toThrow(/altered/);
  });
});

describe('sealing keys', () => {
  it('that are previous open and seal nothing', () => {
    const before = createSealer(KEY).seal(PLAIN, CONTEXT);
    const sealer = createSealer(NEXT, [KEY]);
    expect(sealer.open(before, CONTEXT)).toBe(PLAIN);
    expect(sealer.isCurrent(before)).toBe(false);
    const after = sealer.seal(PLAIN, CONTEXT);
    expect(sealer.isCurrent(after)).toBe(true);
    expect(() => createSealer(KEY).open(after, CONTEXT)).toThrow();
  });

  it('that are wrong are named, the one that would be needed and those that there are', () => {
    const sealed = createSealer(KEY).seal(PLAIN, CONTEXT);
    const message = `can't open the sealed value of ${CONTEXT}: it was sealed with the key ${sealingKeyId(KEY)}, and the sealing key is ${sealingKeyId(NEXT)}, or before it ${sealingKeyId(OTHER)}`;
    expect(() => createSealer(NEXT, [OTHER]).open(sealed, CONTEXT)).toThrow(message);
    expect(() => createSealer(NEXT).open(EARLIER, CONTEXT)).toThrow(sealingKeyId(NEXT));
  });

  it('have 32 bytes', () => {
    expect(() => createSealer(new Uint8Array(31))).toThrow(/32 bytes/);
    expect(() => createSealer(KEY, [new Uint8Array(16)])).toThrow(/32 bytes/);
  });
});

it('is found in other text, alone and within it', () => {
  const sealed = createSealer(KEY).seal('', '');
  for (const text of [sealed, EARLIER]) {
    expect(sealedIn(text)).toEqual([text]);
    expect(sealedIn(`{"a":"${text}","b":"${sealed}"}`)).toEqual([text, sealed]);
    expect(mapSealed(`{"a":"${text}"}`, () => '$&')).toBe('{"a":"$&"}');
  }
  for (const text of [
    '',
    '{"a":1.5}',
    '1.2.3',
    'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ',
    '1.0',
  ]) {
    expect(sealedIn(text)).toEqual([]);
  }
});
