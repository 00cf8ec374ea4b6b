import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Evidence, LEVELS, REFEDS_MFA, REFEDS_SFA, reaches } from '../core/assurance.ts';
import { ACR, attested, code, DAY, HOUR, key, MINUTE, NOW, old, passkey, secret } from './assess.fixtures.ts';
import { type AssessInput, assess } from './assess.ts';

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const when = fc.integer({ min: NOW - 40 * DAY, max: NOW + 5 * MINUTE });
const evidence: fc.Arbitrary<Evidence> = fc
  .tuple(
    fc.constantFrom(secret, code, key, passkey, attested),
    when,
    fc.constantFrom('now', 'before'),
    maybe(when),
    fc.boolean(),
  )
  .map(([proof, at, request, expires, bootstrap]) => ({ ...proof, at, request, expires, bootstrap }));
const proofs = fc.array(evidence, { maxLength: 5 });
const inputs: fc.Arbitrary<AssessInput> = fc.record({
  requirement: fc.record({
    deny: fc.constant(false),
    level: fc.constantFrom(...LEVELS),
    freshness: maybe(fc.integer({ min: HOUR, max: 40 * DAY })),
    factors: maybe(fc.subarray(['code', 'key', 'passkey'])),
    remember: fc.integer({ min: 0, max: 30 * DAY }),
    perRequest: fc.boolean(),
    firstEnrolment: fc.boolean(),
    reasons: fc.constant([]),
  }),
  evidence: proofs,
  device: maybe(fc.record({ proofs })),
  wants: fc.record({
    acrValues: fc.subarray([REFEDS_SFA, 'urn:x', 'phrh', REFEDS_MFA, 'phr']),
    acrEssential: fc.boolean(),
    maxAge: maybe(fc.integer({ min: 0, max: 40 * DAY })),
    reauthenticate: fc.boolean(),
  }),
  request: fc.constant('now'),
  now: fc.constant(NOW),
  acr: fc.constant(ACR),
  reachable: maybe(fc.constantFrom(...LEVELS)),
});
const runs = { numRuns: 1000 };

describe('properties', () => {
  it('one more proof never lowers the level, nor undoes a satisfied request', () => {
    fc.assert(
      fc.property(inputs, evidence, (given, added) => {
        const before = assess(given);
        const after = assess({ ...given, evidence: [...given.evidence, added] });
        if (before.level) expect(reaches(after.level, before.level)).toBe(true);
        if (before.satisfied) expect(after.satisfied).toBe(true);
      }),
      runs,
    );
  });

  it('a device yields mfa at most, and never an auth_time or an amr value of its own', () => {
    fc.assert(
      fc.property(inputs, (given) => {
        const alone = assess({ ...given, device: undefined });
        const beside = assess(given);
        expect(beside.authTime).toBe(alone.authTime);
        expect(beside.amr.filter((value) => value !== 'mfa')).toEqual(alone.amr.filter((value) => value !== 'mfa'));
        if (beside.remembered) expect([alone.level, beside.level]).toEqual(['sfa', 'mfa']);
        else expect(beside).toEqual(alone);
      }),
      runs,
    );
  });

  it('with perRequest neither an old second factor nor a device makes mfa', () => {
    fc.assert(
      fc.property(inputs, (given) => {
        const seconds = given.evidence.map((proof) => (proof.kinds.includes('possession') ? old(proof, 1) : proof));
        const strict = { ...given, evidence: seconds, requirement: { ...given.requirement, perRequest: true } };
        expect(reaches(assess(strict).level, 'mfa')).toBe(false);
      }),
      runs,
    );
  });

  it('a satisfied request reaches what is wanted, and an essential class is one of those requested', () => {
    fc.assert(
      fc.property(inputs, (given) => {
        const { satisfied, level, wanted, acr, missing, unreachable } = assess(given);
        if (!satisfied) {
          expect(missing !== undefined || unreachable).toBe(true);
          return;
        }
        expect(reaches(level, wanted) && reaches(wanted, given.requirement.level)).toBe(true);
        expect([missing, unreachable]).toEqual([undefined, false]);
        const { acrEssential, acrValues } = given.wants;
        if (acrEssential && acrValues.length > 0) expect(acrValues).toContain(acr);
      }),
      runs,
    );
  });
});
