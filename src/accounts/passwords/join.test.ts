import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMeetable, join } from './join.ts';
import { createProfiles, type GivenProfile } from './policy.ts';
import { BLOCKLISTS, CHARACTER_CLASSES, type PasswordProfile, RESET_WAYS } from './profile.ts';
import { formFaults } from './rules.ts';

const some = <T extends string>(values: readonly T[]) => fc.subarray([...values]).map((list) => list.sort());
const duration = fc.integer({ min: 0, max: 1_000 });
const mails = fc.uniqueArray(duration, { maxLength: 4 }).map((list) => list.sort((one, other) => other - one));

const profile: fc.Arbitrary<PasswordProfile> = fc.record(
  {
    names: some(['a', 'b', 'c', 'd']),
    length: fc.record({ minimum: fc.integer({ min: 8, max: 24 }), maximum: fc.integer({ min: 8, max: 40 }) }),
    bytes: fc.integer({ min: 8, max: 60 }),
    composition: some(CHARACTER_CLASSES),
    characters: fc.constantFrom('any', 'printable-ascii'),
    blocklists: some(BLOCKLISTS),
    history: fc.integer({ min: 0, max: 5 }),
    expiry: fc.record({ after: duration, remind: duration, mails, enforced: fc.boolean(), disable: fc.boolean() }),
    lockout: fc.record({ failures: fc.integer({ min: 1, max: 20 }), duration }),
    secondFactor: fc.boolean(),
    reset: fc.record({ effectiveAfter: duration, ways: some(RESET_WAYS), legacySecretQuestions: fc.boolean() }),
  },
  {
    requiredKeys: [
      ...(['names', 'length', 'bytes', 'composition', 'characters', 'blocklists', 'history'] as const),
      ...(['secondFactor', 'reset'] as const),
    ],
  },
);

const password = fc
  .array(fc.constantFrom('a', 'Z', '7', '~', ' ', 'é', '密', '🙂'), { maxLength: 45 })
  .map((characters) => characters.join(''));

/** Each part of `it` asks no less than that of `than`. */
function expectNoLooser(it: PasswordProfile, than: PasswordProfile): void {
  expect(it.length.minimum).toBeGreaterThanOrEqual(than.length.minimum);
  expect(it.length.maximum).toBeLessThanOrEqual(than.length.maximum);
  expect(it.bytes).toBeLessThanOrEqual(than.bytes);
  expect(it.composition).toEqual(expect.arrayContaining([...than.composition]));
  expect(it.blocklists).toEqual(expect.arrayContaining([...than.blocklists]));
  if (than.characters === 'printable-ascii') expect(it.characters).toBe('printable-ascii');
  expect(it.history).toBeGreaterThanOrEqual(than.history);
  if (than.expiry) {
    expect(it.expiry?.after).toBeLessThanOrEqual(than.expiry.after);
    expect(it.expiry?.remind).toBeGreaterThanOrEqual(than.expiry.remind);
    expect(it.expiry?.mails).toEqual(expect.arrayContaining([...than.expiry.mails]));
    if (than.expiry.enforced) expect(it.expiry?.enforced).toBe(true);
    if (than.expiry.disable) expect(it.expiry?.disable).toBe(true);
  }
  if (than.lockout) {
    expect(it.lockout?.failures).toBeLessThanOrEqual(than.lockout.failures);
    expect(it.lockout?.duration).toBeGreaterThanOrEqual(than.lockout.duration);
  }
  expect(it.reset.effectiveAfter).toBeGreaterThanOrEqual(than.reset.effectiveAfter);
  expect(than.reset.ways).toEqual(expect.arrayContaining([...it.reset.ways]));
  if (!than.reset.legacySecretQuestions) expect(it.reset.legacySecretQuestions).toBe(false);
}

describe('profiles that join', () => {
  it('are the same in any order, grouping and number', () => {
    fc.assert(
      fc.property(profile, profile, profile, (a, b, c) => {
        expect(join(a, b)).toEqual(join(b, a));
        expect(join(join(a, b), c)).toEqual(join(a, join(b, c)));
        expect(join(a, a)).toEqual(a);
      }),
    );
  });

  it('are never looser than either', () => {
    fc.assert(
      fc.property(profile, profile, (a, b) => {
        expectNoLooser(join(a, b), a);
        expectNoLooser(join(a, b), b);
      }),
    );
  });

  it('take exactly the passwords that both take', () => {
    const takes = (it: PasswordProfile, text: string) => formFaults(text, it).length === 0;
    fc.assert(
      fc.property(profile, profile, password, (a, b, text) => {
        expect(takes(join(a, b), text)).toBe(takes(a, text) && takes(b, text));
      }),
      { numRuns: 500 },
    );
  });

  it('can be met together where pairs can', () => {
    fc.assert(
      fc.property(profile, profile, profile, (a, b, c) => {
        fc.pre([join(a, b), join(b, c), join(a, c)].every(isMeetable));
        expect(isMeetable(join(join(a, b), c))).toBe(true);
      }),
    );
  });
});

describe('whose profile it is', () => {
  const given = fc.record(
    { profile, groups: fc.subarray(['staff', 'students', 'vpn'], { minLength: 1 }) },
    { requiredKeys: ['profile', 'groups'] },
  );
  const policy = (own: readonly GivenProfile[], fallback: PasswordProfile) => {
    const profiles = new Map<string, GivenProfile>([['fallback', { profile: fallback }]]);
    own.forEach((one, at) => void profiles.set(`own-${at}`, one));
    return createProfiles({ profiles, default: 'fallback', names: [], adopt: 'expiry', spread: 0 });
  };

  it('is of all that name a group of theirs, and never looser where nobody knows the groups', () => {
    fc.assert(
      fc.property(
        fc.array(given, { maxLength: 4 }),
        profile,
        fc.subarray(['staff', 'students', 'vpn']),
        (own, it, groups) => {
          fc.pre(own.every((one) => own.every((other) => isMeetable(join(one.profile, other.profile)))));
          fc.pre(isMeetable(it));
          const of = policy(own, it);
          const known = of(groups);
          const unknown = of(undefined);
          const matching = own.filter((one) => one.groups.some((group) => groups.includes(group)));
          for (const one of matching) expectNoLooser(known, one.profile);
          if (matching.length === 0) expect(known).toEqual(it);
          expect(isMeetable(unknown)).toBe(true);
          // Of a default that nobody known is under beside them, only the upper bounds give way.
          expectNoLooser({ ...unknown, length: { ...unknown.length, maximum: 8 }, bytes: 8 }, known);
        },
      ),
    );
  });

  it('is enforced for some groups, and for whoever may be in one of them', () => {
    const expiry = { after: 10, remind: 2, mails: [], enforced: true, disable: true };
    const plain = fc.sample(profile, 1)[0] as PasswordProfile;
    const one: GivenProfile = { profile: { ...plain, expiry }, groups: ['staff'], enforcedGroups: ['finance'] };
    const of = policy([one], { ...plain, names: ['fallback'] });
    expect(of(['staff']).expiry?.enforced).toBe(false);
    expect(of(['staff', 'finance']).expiry?.enforced).toBe(true);
    expect(of(undefined).expiry?.enforced).toBe(true);
  });
});
