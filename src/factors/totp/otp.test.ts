import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normaliseCode } from './normalise.ts';
import { type Algorithm, codeOf, encodeSecret, findStep, stepAt } from './otp.ts';

const SEEDS: Record<Algorithm, string> = {
  SHA1: '12345678901234567890',
  SHA256: '12345678901234567890123456789012',
  SHA512: '1234567890123456789012345678901234567890123456789012345678901234',
};

function parameters(algorithm: Algorithm, digits: 6 | 8 = 8) {
  return { secret: encodeSecret(Buffer.from(SEEDS[algorithm])), algorithm, digits, period: 30 };
}

describe('codes', () => {
  it.each<[number, Algorithm, string]>([
    [59, 'SHA1', '94287082'],
    [59, 'SHA256', '46119246'],
    [59, 'SHA512', '90693936'],
    [1111111109, 'SHA1', '07081804'],
    [1111111109, 'SHA256', '68084774'],
    [1111111109, 'SHA512', '25091201'],
    [1111111111, 'SHA1', '14050471'],
    [1111111111, 'SHA256', '67062674'],
    [1111111111, 'SHA512', '99943326'],
    [1234567890, 'SHA1', '89005924'],
    [1234567890, 'SHA256', '91819424'],
    [1234567890, 'SHA512', '93441116'],
    [2000000000, 'SHA1', '69279037'],
    [2000000000, 'SHA256', '90698825'],
    [2000000000, 'SHA512', '38618901'],
    [20000000000, 'SHA1', '65353130'],
    [20000000000, 'SHA256', '77737706'],
    [20000000000, 'SHA512', '47863826'],
  ])('are those of RFC 6238 appendix B at %i, %s', (seconds, algorithm, code) => {
    expect(codeOf(parameters(algorithm), stepAt(30, seconds * 1000))).toBe(code);
    expect(codeOf(parameters(algorithm, 6), stepAt(30, seconds * 1000))).toBe(code.slice(2));
  });

  it('are those of RFC 4226 appendix D', () => {
    const codes = Array.from({ length: 10 }, (_, counter) => codeOf(parameters('SHA1', 6), counter));
    expect(codes).toEqual([
      '755224',
      '287082',
      '359152',
      '969429',
      '338314',
      '254676',
      '287922',
      '162583',
      '399871',
      '520489',
    ]);
  });

  it('change at the boundary of a step and nowhere else', () => {
    expect([0, 29_999, 30_000, 59_999, 60_000].map((now) => stepAt(30, now))).toEqual([0, 0, 1, 1, 2]);
  });

  it('are found within reach and not beyond, also at the epoch', () => {
    const shared = parameters('SHA1');
    const code = codeOf(shared, 100);
    expect([98, 99, 100, 101, 102].map((step) => findStep(shared, code, step, 1))).toEqual([
      undefined,
      100,
      100,
      100,
      undefined,
    ]);
    expect(findStep(shared, codeOf(shared, 0), 0, 1)).toBe(0);
    expect(findStep(shared, code.slice(1), 100, 1)).toBeUndefined();
  });
});

describe('normaliseCode', () => {
  /** Any text, with the code points that matter here often enough; ill-formed UTF-16 as well. */
  const anyText = fc
    .array(fc.oneof(fc.constantFrom(0x30, 0x39, 0x20, 0x2d, 0x661), fc.integer({ min: 0, max: 0x10ffff })), {
      maxLength: 80,
    })
    .map((points) => String.fromCodePoint(...points));
  const digits = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 10 });
  const form = fc.constantFrom(0x30, 0xff10, 0x660, 0x6f0);
  const separator = fc.constantFrom('', ' ', '-', '\u00a0', '\u3000', '–', '－', '\u2212', '\u200b', '\t');

  it('reads digits through separators, full width and other digits', () => {
    fc.assert(
      fc.property(digits, fc.array(form), fc.array(separator), (code, forms, separators) => {
        const typed = code.map(
          (digit, at) => `${separators[at] ?? ''}${String.fromCharCode((forms[at] ?? 0x30) + digit)}`,
        );
        expect(normaliseCode(`${typed.join('')} `)).toBe(code.join(''));
      }),
    );
  });

  it('answers ASCII digits or nothing, for any text', () => {
    fc.assert(
      fc.property(anyText, (typed) => {
        expect(normaliseCode(typed) ?? '0').toMatch(/^[0-9]+$/);
      }),
    );
  });

  it.each(['', ' ', '12345a', '1.5', '+123456', '1e5', '٣a', '1'.repeat(65)])('refuses %j', (typed) => {
    expect(normaliseCode(typed)).toBeUndefined();
  });
});
