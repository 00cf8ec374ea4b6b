import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LEVELS, reaches } from '../core/assurance.ts';
import type { Facts, Requirement, Rule } from '../core/policy.ts';
import { decide } from './decide.ts';
import { longestWithout } from './without-directory.ts';

const NOW = Date.UTC(2026, 10, 20, 9);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const facts = (change: Partial<Facts> = {}): Facts => ({
  now: NOW,
  application: 'courses',
  account: { id: 'a1', groups: ['staff'], createdAt: NOW - 100 * DAY, enrolled: true },
  networks: ['campus'],
  ...change,
});

const unenrolled = { id: 'a2', groups: ['staff'], createdAt: NOW - 100 * DAY, enrolled: false };

/** Whether `a` demands at least what `b` demands, in every component. */
function notLower(a: Requirement, b: Requirement): boolean {
  const { factors: others } = b;
  return [
    a.deny || !b.deny,
    reaches(a.level, b.level),
    (a.freshness ?? Number.POSITIVE_INFINITY) <= (b.freshness ?? Number.POSITIVE_INFINITY),
    others === undefined || (a.factors?.every((factor) => others.includes(factor)) ?? false),
    a.remember <= b.remember,
    a.perRequest || !b.perRequest,
    !a.firstEnrolment || b.firstEnrolment,
  ].every(Boolean);
}

const some = (...values: string[]) => fc.subarray(values);
const conditions = {
  applications: some('courses', 'payroll'),
  groups: some('staff', 'students'),
  notGroups: some('staff', 'guests'),
  networks: some('campus', 'ward'),
  notNetworks: some('campus', 'ward'),
};
const demands = {
  level: fc.constantFrom(...LEVELS),
  freshness: fc.integer({ min: HOUR, max: 40 * DAY }),
  factors: some('code', 'key', 'app'),
  remember: fc.oneof(fc.constant('never' as const), fc.integer({ min: 0, max: 60 * DAY })),
  firstEnrolment: fc.boolean(),
  deny: fc.boolean(),
  dangerouslyWithoutDirectory: fc.oneof(fc.constant('never' as const), fc.integer({ min: HOUR, max: 7 * DAY })),
};
const timing = {
  from: fc.integer({ min: NOW - 30 * DAY, max: NOW + 30 * DAY }),
  grace: fc.integer({ min: 0, max: 60 * DAY }),
};
const name = fc.constantFrom('alpha', 'beta', 'gamma');
const anyRule: fc.Arbitrary<Rule> = fc.record(
  { name, ...conditions, ...demands, ...timing },
  { requiredKeys: ['name'] },
);
const inForceRule: fc.Arbitrary<Rule> = fc.record({ name, ...demands }, { requiredKeys: ['name'] });
const levelRule: fc.Arbitrary<Rule> = fc.record({ name, ...demands }, { requiredKeys: ['name', 'level'] });
const anyFacts: fc.Arbitrary<Facts> = fc.record({
  now: fc.constant(NOW),
  application: fc.constantFrom('courses', 'payroll', 'library'),
  account: fc.option(
    fc.record({
      id: fc.constant('a'),
      groups: some('staff', 'students', 'guests'),
      createdAt: fc.integer({ min: NOW - 60 * DAY, max: NOW }),
      enrolled: fc.boolean(),
    }),
    { nil: undefined },
  ),
  networks: some('campus', 'ward'),
});

describe('properties of the decision', () => {
  it('never demands less for one more rule in force', () => {
    fc.assert(
      fc.property(fc.array(anyRule), levelRule, inForceRule, anyFacts, (rules, base, added, given) => {
        const before = [...rules, base];
        return notLower(decide([...before, added], given), decide(before, given));
      }),
    );
  });

  it('never demands less of somebody whose groups nobody knows', () => {
    fc.assert(
      fc.property(fc.array(anyRule), anyFacts, (rules, given) => {
        const { account } = given;
        if (account === undefined) return;
        const unknown = { ...given, account: { ...account, groups: undefined } };
        return notLower(decide(rules, unknown), decide(rules, given));
      }),
    );
  });

  it('does not depend on the order of rules', () => {
    const shuffled = fc
      .array(anyRule, { maxLength: 6 })
      .chain((rules) =>
        fc.tuple(fc.constant(rules), fc.shuffledSubarray(rules, { minLength: rules.length, maxLength: rules.length })),
      );
    fc.assert(
      fc.property(shuffled, anyFacts, ([rules, other], given) => {
        expect(decide(other, given)).toEqual(decide(rules, given));
      }),
    );
  });

  it('takes nothing from a rule before its start', () => {
    fc.assert(
      fc.property(
        fc.array(anyRule),
        anyRule,
        fc.integer({ min: 1, max: 90 * DAY }),
        anyFacts,
        (rules, rule, ahead, given) => {
          const { reasons: _, ...joined } = decide([...rules, { ...rule, from: NOW + ahead }], given);
          expect(decide(rules, given)).toMatchObject(joined);
        },
      ),
    );
  });

  it('grants grace to the unenrolled alone', () => {
    fc.assert(
      fc.property(fc.array(anyRule), anyRule, anyFacts, (rules, rule, given) => {
        const { grace: _, ...strict } = rule;
        const known = given.account && { ...given, account: { ...given.account, enrolled: true } };
        const enrolled = known ?? given;
        expect(decide([...rules, rule], enrolled)).toEqual(decide([...rules, strict], enrolled));
      }),
    );
  });

  it('never lets a device past the limit, nor to phishing-resistant levels', () => {
    fc.assert(
      fc.property(fc.array(anyRule), anyFacts, fc.integer({ min: 0, max: 30 * DAY }), (rules, given, remember) => {
        const requirement = decide(rules, given, { remember });
        expect(requirement.remember).toBeLessThanOrEqual(reaches(requirement.level, 'phr') ? 0 : remember);
        if (requirement.perRequest) expect(requirement.remember).toBe(0);
      }),
    );
  });

  it('denies exactly where a rule denies or the lists of factors have nothing in common', () => {
    fc.assert(
      fc.property(fc.array(inForceRule), anyFacts, (rules, given) => {
        const lists = rules.flatMap((rule) => (rule.factors ? [rule.factors] : []));
        const none =
          lists.length > 0 && !['code', 'key', 'app'].some((factor) => lists.every((list) => list.includes(factor)));
        expect(decide(rules, given).deny).toBe(none || rules.some((rule) => rule.deny));
      }),
    );
  });
});

describe('doing without a directory', () => {
  const window = ({ dangerouslyWithoutDirectory: said }: Rule) => (typeof said === 'number' ? said : 0);
  const speaking = (rules: readonly Rule[]) =>
    rules.filter(({ dangerouslyWithoutDirectory: said }) => said !== undefined);
  const allowed = (rules: readonly Rule[], given: Facts) => decide(rules, given).withoutDirectory ?? 0;

  it('is for the shortest time that a rule in force says, and never where none does', () => {
    fc.assert(
      fc.property(fc.array(inForceRule), anyFacts, (rules, given) => {
        const said = speaking(rules).map(window);
        expect(allowed(rules, given)).toBe(said.length === 0 ? 0 : Math.min(...said));
      }),
    );
  });

  it('takes a rule that says so and is surely about this person, now', () => {
    fc.assert(
      fc.property(fc.array(anyRule), anyFacts, (rules, given) => {
        const { account } = given;
        const unknown = account && { ...given, account: { ...account, groups: undefined } };
        if (unknown) {
          const blind = rules.filter(({ groups = [], notGroups = [] }) => groups.length + notGroups.length === 0);
          expect(allowed(rules, unknown)).toBeLessThanOrEqual(allowed(blind, unknown));
          expect(allowed(rules, unknown)).toBeLessThanOrEqual(allowed(rules, given) || Number.POSITIVE_INFINITY);
        }
        if (allowed(rules, given) > 0) expect(rules.map(window)).toContain(allowed(rules, given));
      }),
    );
  });

  it('is for no longer by one more rule, once one speaks of it', () => {
    fc.assert(
      fc.property(fc.array(anyRule), inForceRule, inForceRule, anyFacts, (rules, base, added, given) => {
        if (base.dangerouslyWithoutDirectory === undefined) return;
        const before = allowed([...rules, base], given);
        expect(allowed([...rules, base, added], given)).toBeLessThanOrEqual(before);
      }),
    );
  });

  it('is asked of what can’t be seen as if any one rule about it held, and never for longer than all others allow', () => {
    const unseen = ['networks', 'notNetworks'] as const;
    fc.assert(
      fc.property(fc.array(anyRule), anyFacts, some('campus', 'ward'), (rules, given, networks) => {
        const most = longestWithout(rules, { ...given, networks: [] }, unseen);
        const seen = rules.filter((rule) => rule.networks === undefined && rule.notNetworks === undefined);
        const others = speaking(seen).length > 0 ? allowed(seen, given) : Number.POSITIVE_INFINITY;
        if (others > 0) expect(most).toBeLessThanOrEqual(others);
        expect(most).toBeGreaterThanOrEqual(allowed(rules, { ...given, networks }));
      }),
    );
  });
});

describe('which rules match', () => {
  const anonymous = facts({ account: undefined });
  const rows: [string, Omit<Rule, 'name'>, Facts, boolean][] = [
    ['no condition', {}, facts(), true],
    [
      'empty conditions',
      { applications: [], groups: [], notGroups: [], networks: [], notNetworks: [] },
      anonymous,
      true,
    ],
    ['application among them', { applications: ['payroll', 'courses'] }, facts(), true],
    ['another application', { applications: ['payroll'] }, facts(), false],
    ['one of the groups', { groups: ['students', 'staff'] }, facts(), true],
    ['none of the groups', { groups: ['students'] }, facts(), false],
    ['groups, person unknown', { groups: ['staff'] }, anonymous, false],
    ['outside the excluded groups', { notGroups: ['students'] }, facts(), true],
    ['in an excluded group', { notGroups: ['students', 'staff'] }, facts(), false],
    ['excluded groups, person unknown', { notGroups: ['students'] }, anonymous, false],
    ['on one of the networks', { networks: ['ward', 'campus'] }, facts(), true],
    ['on none of the networks', { networks: ['campus'] }, facts({ networks: [] }), false],
    ['outside the excluded networks', { notNetworks: ['campus'] }, facts({ networks: [] }), true],
    ['on an excluded network', { notNetworks: ['campus'] }, facts({ networks: ['ward', 'campus'] }), false],
    ['all conditions but one', { applications: ['courses'], groups: ['staff'], networks: ['ward'] }, facts(), false],
  ];
  it.each(rows)('%s', (_, rule, given, matched) => {
    const requirement = decide([{ name: 'r', level: 'phr', ...rule }], given);
    expect(requirement.level === 'phr').toBe(matched);
    expect(requirement.reasons.some((reason) => reason.rule === 'r')).toBe(matched);
  });
});

describe('joins', () => {
  const base: Rule = { name: 'base', level: 'sfa' };
  const rows: [string, Rule[], Partial<Requirement>][] = [
    ['nothing said is mfa, never remembered', [], { level: 'mfa', remember: 0, perRequest: true, deny: false }],
    ['no level named leaves the default', [{ name: 'r', remember: 30 * DAY }], { level: 'mfa', perRequest: true }],
    ['sfa bounds no device', [base], { level: 'sfa', remember: 30 * DAY, perRequest: false, firstEnrolment: true }],
    ['mfa that says nothing of devices', [base, { name: 'r', level: 'mfa' }], { remember: 0, perRequest: true }],
    ['its own window', [{ name: 'r', level: 'mfa', remember: 12 * HOUR }], { remember: 12 * HOUR, perRequest: false }],
    ['the limit', [{ name: 'r', level: 'mfa', remember: 90 * DAY }], { remember: 30 * DAY }],
    [
      'the shortest window',
      [
        { name: 'r', level: 'mfa', remember: DAY },
        { name: 's', remember: HOUR },
      ],
      { remember: HOUR },
    ],
    [
      'never beats a window',
      [
        { name: 'r', level: 'mfa', remember: DAY },
        { name: 's', remember: 'never' },
      ],
      { remember: 0, perRequest: true },
    ],
    [
      'zero is no device, not a factor each time',
      [{ name: 'r', level: 'mfa', remember: 0 }],
      { remember: 0, perRequest: false },
    ],
    [
      'phr keeps no device',
      [{ name: 'r', level: 'phr', remember: DAY }],
      { level: 'phr', remember: 0, perRequest: false },
    ],
    ['highest level', [base, { name: 'r', level: 'phr' }, { name: 's', level: 'mfa' }], { level: 'phr' }],
    ['shortest freshness', [base, { name: 'r', freshness: DAY }, { name: 's', freshness: HOUR }], { freshness: HOUR }],
    [
      'common factors',
      [base, { name: 'r', factors: ['key', 'code'] }, { name: 's', factors: ['app', 'key'] }],
      { factors: ['key'], deny: false },
    ],
    [
      'no common factor',
      [base, { name: 'r', factors: ['code'] }, { name: 's', factors: ['app'] }],
      { factors: [], deny: true },
    ],
    ['an empty list', [base, { name: 'r', factors: [] }], { deny: true }],
    [
      'one refusal of enrolment',
      [base, { name: 'r', firstEnrolment: true }, { name: 's', firstEnrolment: false }],
      { firstEnrolment: false },
    ],
    ['one deny', [base, { name: 'r', deny: true }, { name: 's', deny: false }], { deny: true }],
  ];
  it.each(rows)('%s', (_, rules, expected) => {
    expect(decide(rules, facts())).toMatchObject(expected);
  });

  it('leaves freshness and factors out where no rule bounds them', () => {
    expect(Object.keys(decide([base], facts()))).not.toEqual(expect.arrayContaining(['freshness']));
    expect(decide([base], facts()).factors).toBeUndefined();
  });
});

describe('rules not in force yet', () => {
  const base: Rule = { name: 'base', level: 'sfa' };
  const phased: Rule = { name: 'phased', level: 'mfa', remember: DAY, from: NOW, grace: 14 * DAY };

  it('begins at its very start date', () => {
    expect(decide([base, phased], facts()).level).toBe('mfa');
    expect(decide([base, phased], facts({ now: NOW - 1 })).level).toBe('sfa');
  });

  it('waits for the unenrolled until grace has passed since its start', () => {
    const at = (now: number) => decide([base, phased], facts({ now, account: unenrolled })).level;
    expect(at(NOW)).toBe('sfa');
    expect(at(NOW + 14 * DAY - 1)).toBe('sfa');
    expect(at(NOW + 14 * DAY)).toBe('mfa');
  });

  it('counts grace from the account where that is younger, or where there is no start date', () => {
    const created = NOW + 10 * DAY;
    const account = { ...unenrolled, createdAt: created };
    for (const rule of [phased, { ...phased, from: undefined }]) {
      const at = (now: number) => decide([base, rule], facts({ now, account })).level;
      expect(at(created + 14 * DAY - 1)).toBe('sfa');
      expect(at(created + 14 * DAY)).toBe('mfa');
    }
  });

  it('is in force before the person is known', () => {
    expect(decide([base, phased], facts({ account: undefined })).level).toBe('mfa');
  });

  it('falls back to the default, not to nothing, where no other rule names a level', () => {
    expect(decide([phased], facts({ account: unenrolled }))).toMatchObject({ level: 'mfa', perRequest: true });
  });
});

describe('reasons', () => {
  it('says what applied, what waits and until when, by name, the default last', () => {
    const rules: Rule[] = [
      { name: 'z-later', level: 'phr', from: NOW + DAY },
      { name: 'window', freshness: 90 * 60_000, factors: ['key', 'code'], firstEnrolment: false, networks: ['campus'] },
      { name: 'elsewhere', level: 'sfa', applications: ['payroll'] },
      { name: 'grace', level: 'mfa', remember: 12 * HOUR, deny: true, grace: 200 * DAY },
    ];
    expect(decide(rules, facts({ account: unenrolled })).reasons).toEqual([
      {
        rule: 'grace',
        effect: 'grace',
        demands: ['deny: true', 'level: mfa', 'remember: 12h'],
        until: NOW + 100 * DAY,
      },
      {
        rule: 'window',
        effect: 'applied',
        demands: ['freshness: 90m', 'factors: [code, key]', 'firstEnrolment: false'],
      },
      { rule: 'z-later', effect: 'not-yet', demands: ['level: phr', 'remember: never'], until: NOW + DAY },
      { rule: 'default', effect: 'default', demands: ['level: mfa', 'remember: never'] },
    ]);
  });

  it('names no default where a rule in force names a level', () => {
    const { reasons } = decide([{ name: 'base', level: 'sfa' }], facts());
    expect(reasons).toEqual([{ rule: 'base', effect: 'applied', demands: ['level: sfa'] }]);
  });
});
