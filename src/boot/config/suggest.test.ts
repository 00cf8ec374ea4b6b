import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { suggestion } from './suggest.ts';

const known = ['host', 'port', 'trustedProxies', 'sessions'];

describe('did you mean', () => {
  it.each([
    ['prot', 'port'],
    ['hosts', 'host'],
    ['trustedproxies', 'trustedProxies'],
    ['trusted_proxies', 'trustedProxies'],
    ['sesions', 'sessions'],
  ])('%s: %s', (wrong, meant) => {
    expect(suggestion(wrong, known)).toBe(`, did you mean ${meant}?`);
  });

  it('is not asked about what is too far away', () => {
    for (const wrong of ['x', 'certificate', 'lease', '']) expect(suggestion(wrong, known)).toBe('');
  });

  it('finds whatever two exchanged letters hide', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{4,12}$/), fc.nat(2), (word, at) => {
        const wrong = word.slice(0, at) + word.charAt(at + 1) + word.charAt(at) + word.slice(at + 2);
        expect(suggestion(wrong, [word])).toBe(`, did you mean ${word}?`);
      }),
    );
  });

  it('survives words of any length and letters', () => {
    fc.assert(fc.property(fc.string(), fc.string(), (a, b) => typeof suggestion(a, [b]) === 'string'));
  });
});
