import { describe, expect, it } from 'vitest';
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
