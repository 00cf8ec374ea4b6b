import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { believed } from '../../core/belief.ts';
import { saidIn } from './claims.ts';
import { PRESETS } from './presets.ts';

const NAMES = ['acr', 'amr', 'acrs'] as const;

describe.each(Object.entries(PRESETS))('what %s says', (_name, { assurance: table }) => {
  const named = new Set(table.flatMap(({ when }) => Object.values(when).flat()));
  const unnamed = fc
    .oneof(
      fc.string(),
      fc.constantFrom('mfa', 'MFA', 'fido', 'hwk', 'c1', 'phr', '2', 'https://refeds.org/profile/mfa'),
    )
    .filter((value) => !named.has(value));
  const some = fc.array(unnamed, { maxLength: 5 });

  it('adds no kind where no line names it, whatever it is, in a list or alone', () => {
    fc.assert(
      fc.property(fc.record({ acr: fc.oneof(some, unnamed), amr: fc.oneof(some, unnamed), acrs: some }), (claims) => {
        expect(believed(table, saidIn(claims)).kinds).toEqual(['knowledge']);
      }),
    );
  });

  it('counts only under the name that a line names: not as acr what is an amr, nor as amr what is an acrs', () => {
    for (const { when } of table) {
      for (const [name, values] of Object.entries(when)) {
        const elsewhere = NAMES.filter((other) => other !== name).filter(
          (other) => !table.some((row) => row.when[other]?.some((value) => values.includes(value))),
        );
        const claims = Object.fromEntries(elsewhere.map((other) => [other, values]));
        expect(believed(table, saidIn(claims)).kinds).toEqual(['knowledge']);
      }
    }
  });
});

it('Entra’s contexts add nothing, whatever else it says but mfa', () => {
  const other = fc.constantFrom('pwd', 'otp', 'tel', 'x509', 'fido', 'rsa', 'wia');
  const contexts = fc.array(fc.integer({ min: 1, max: 99 }).map((context) => `c${context}`));
  fc.assert(
    fc.property(fc.array(other), contexts, (amr, acrs) => {
      expect(believed(PRESETS.entra.assurance, saidIn({ amr, acrs })).kinds).toEqual(['knowledge']);
    }),
  );
});
