import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FactorPeriod, Facts, Rule } from '../core/policy.ts';
import { datesOf, gapsOf, outlook } from './calendar.ts';
import { decide } from './decide.ts';
import { factorsAt, factorsEver } from './periods.ts';

const NOW = Date.UTC(2027, 5, 1);
const DAY = 86_400_000;

const factsAt = (now: number, groups: readonly string[] = ['staff']): Facts => ({
  now,
  application: 'courses',
  account: { id: 'a1', groups, createdAt: 0, enrolled: true },
  networks: [],
});

/** Few moments, so that borders meet. */
const moment = fc.integer({ min: -4, max: 8 }).map((days) => NOW + days * DAY);
const use = fc.subarray(['call', 'phone', 'code', 'key'], { minLength: 1 });
const period: fc.Arbitrary<FactorPeriod> = fc.record({ from: moment, until: moment, use }, { requiredKeys: ['use'] });
const calendar = fc.array(period, { minLength: 1, maxLength: 4 });
const rule: fc.Arbitrary<Rule> = fc.record(
  {
    name: fc.constantFrom('alpha', 'beta'),
    level: fc.constant('mfa' as const),
    groups: fc.subarray(['staff', 'students']),
    calendar,
    from: moment,
  },
  { requiredKeys: ['name', 'level', 'calendar'] },
);

/** By the words of the configuration: any of the periods that hold. */
function lets(periods: readonly FactorPeriod[], factor: string, at: number): boolean {
  return periods.some(({ from, until, use }) => {
    if (from !== undefined && at < from) return false;
    if (until !== undefined && at >= until) return false;
    return use.includes(factor);
  });
}

const sorted = (list: readonly string[] | undefined) => list && [...list].sort();

describe('a calendar of factors', () => {
  it('lets in at each moment whom any of its periods lets in, and nobody else', () => {
    fc.assert(
      fc.property(calendar, moment, fc.constantFrom(-1, 0, 1), (periods, near, by) => {
        const at = near + by;
        const expected = ['call', 'code', 'key', 'phone'].filter((factor) => lets(periods, factor, at));
        const decided = decide([{ name: 'one', level: 'mfa', calendar: periods }], factsAt(at));
        expect(decided.factors).toEqual(expected);
        expect(decided.deny).toBe(expected.length === 0);
      }),
    );
  });

  it('is at each moment the same as the list of that moment, beside any other rules', () => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 4 }), moment, (rules, at) => {
        const now = rules.map(({ calendar: _, ...rest }, index) => {
          const list = factorsAt(rules[index] as Rule, at);
          return { ...rest, ...(list ? { factors: list } : {}) };
        });
        const { reasons: _, ...byCalendar } = decide(rules, factsAt(at));
        const { reasons: __, ...byList } = decide(now, factsAt(at));
        expect(byCalendar).toEqual(byList);
      }),
    );
  });

  it('loses nobody to one more period, and nothing to another order', () => {
    fc.assert(
      fc.property(calendar, period, moment, (periods, more, at) => {
        const base: Rule = { name: 'one', level: 'mfa', calendar: periods };
        const before = factorsAt(base, at) ?? [];
        const after = factorsAt({ ...base, calendar: [more, ...periods] }, at) ?? [];
        expect(after).toEqual(expect.arrayContaining([...before]));
        expect(sorted(factorsAt({ ...base, calendar: periods.toReversed() }, at))).toEqual(sorted(before));
        expect(factorsEver(base)).toEqual(expect.arrayContaining([...before]));
      }),
    );
  });

  it('finds each gap since the rule is in force, and nothing else', () => {
    fc.assert(
      fc.property(rule, moment, fc.constantFrom(-1, 0, 1), (one, near, by) => {
        const at = near + by;
        if (one.from !== undefined && at < one.from) return;
        const within = gapsOf(one).filter(({ from, until = Number.POSITIVE_INFINITY }) => from <= at && at < until);
        expect(within).toHaveLength(factorsAt(one, at)?.length === 0 ? 1 : 0);
      }),
    );
  });

  it('tells gaps that follow each other as one', () => {
    const periods = [
      { until: NOW, use: ['call'] },
      { from: NOW + DAY, until: NOW + DAY, use: ['phone'] },
    ];
    const late = { from: NOW + 2 * DAY, use: ['code'] };
    expect(gapsOf({ name: 'one', calendar: [...periods, late] })).toEqual([{ from: NOW, until: NOW + 2 * DAY }]);
    expect(gapsOf({ name: 'one', calendar: periods })).toEqual([{ from: NOW }]);
    expect(gapsOf({ name: 'one', calendar: [late], from: NOW + 2 * DAY })).toEqual([]);
    expect(gapsOf({ name: 'one', factors: ['call'] })).toEqual([]);
  });

  it('foresees what will be decided', () => {
    fc.assert(
      fc.property(fc.array(rule, { minLength: 1, maxLength: 4 }), moment, moment, (rules, now, then) => {
        if (then < now || !rules.some((one) => (one.groups?.length ?? 0) === 0 || one.groups?.includes('staff')))
          return;
        const facts = factsAt(now);
        const foreseen = [{ at: now, requirement: decide(rules, facts) }, ...outlook(rules, facts)];
        const last = foreseen.filter(({ at }) => at <= then).at(-1);
        const decided = decide(rules, factsAt(then));
        expect(last?.requirement.factors).toEqual(decided.factors);
        expect(last?.requirement.deny).toBe(decided.deny);
      }),
    );
  });

  it('foresees only what changes, in order, and nothing where no calendar speaks', () => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 4 }), moment, (rules, now) => {
        const dates = outlook(rules, factsAt(now)).map(({ at }) => at);
        expect(dates).toEqual([...new Set(dates)].sort((a, b) => a - b));
        expect(datesOf(rules, now)).toEqual(expect.arrayContaining(dates));
        expect(
          outlook(
            rules.map(({ calendar: _, ...rest }) => rest),
            factsAt(now),
          ),
        ).toEqual([]);
      }),
    );
  });

  it('says in the words of the configuration what it asks, and joins with other rules to what they share', () => {
    const moving: Rule = {
      name: 'moving',
      level: 'mfa',
      calendar: [
        { until: NOW + 2 * DAY, use: ['call'] },
        { from: NOW, use: ['code', 'phone'] },
      ],
    };
    const { reasons } = decide([moving], factsAt(NOW));
    expect(reasons[0]?.demands).toContain(
      'factors: [call] until 2027-06-03T00:00:00.000Z or [code, phone] from 2027-06-01T00:00:00.000Z',
    );
    const other: Rule = { name: 'other', factors: ['call'] };
    expect(decide([moving, other], factsAt(NOW))).toMatchObject({ factors: ['call'], deny: false });
    expect(outlook([moving, other], factsAt(NOW))).toMatchObject([{ at: NOW + 2 * DAY, requirement: { deny: true } }]);
  });
});
