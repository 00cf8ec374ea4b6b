import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Facts, Rule } from '../core/policy.ts';
import { code, DAY, HOUR, input, key, NOW, old, requirement, secret, wants } from './assess.fixtures.ts';
import { assess } from './assess.ts';
import { decide } from './decide.ts';

const window = fc.oneof(fc.constant('never' as const), fc.integer({ min: 0, max: 60 * DAY }));
const rule: fc.Arbitrary<Rule> = fc.record(
  {
    name: fc.constantFrom('one', 'two'),
    groups: fc.subarray(['staff', 'ward']),
    level: fc.constantFrom('sfa', 'mfa', 'phr'),
    remember: window,
    connection: window,
  },
  { requiredKeys: ['name'] },
);
const facts: Facts = {
  now: NOW,
  application: 'courses',
  account: { id: 'a', groups: ['staff'], createdAt: 0, enrolled: true },
  networks: [],
};
const allowed = (rules: readonly Rule[]) => decide(rules, facts).connection ?? 0;

describe('connections', () => {
  it('count where a rule says so, for no longer than anything is remembered', () => {
    fc.assert(
      fc.property(fc.array(rule), (rules) => {
        const { remember, perRequest, level } = decide(rules, facts);
        const said = rules.filter(({ groups = [] }) => groups.length === 0 || groups.includes('staff'));
        const windows = said.flatMap(({ connection }) => (connection === undefined ? [] : [connection]));
        const shortest = Math.min(...windows.map((it) => (it === 'never' ? 0 : it)));
        const none = windows.length === 0 || perRequest || level === 'phr';
        expect(allowed(rules)).toBe(none ? 0 : Math.min(shortest, remember));
      }),
    );
  });

  it('count for no longer by one more rule, once one speaks of them and of a level', () => {
    fc.assert(
      fc.property(fc.array(rule), rule, rule, (rules, base, added) => {
        const speaking = { ...base, groups: [], level: base.level ?? 'mfa', connection: base.connection ?? HOUR };
        expect(allowed([...rules, speaking, added])).toBeLessThanOrEqual(allowed([...rules, speaking]));
      }),
    );
  });

  it('count by no rule that may not be about this person', () => {
    const rules: Rule[] = [
      { name: 'all', level: 'mfa', remember: DAY },
      { name: 'staff', groups: ['staff'], connection: DAY },
    ];
    const { account } = facts;
    expect(allowed(rules)).toBe(DAY);
    const unknown = { ...facts, account: { ...account, id: 'a', groups: undefined, createdAt: 0, enrolled: true } };
    expect(decide(rules, unknown).connection).toBeUndefined();
  });
});

describe('the second factor of a connection', () => {
  const counting = requirement({ connection: 12 * HOUR });
  const through = (proofs: readonly (typeof code)[], change: Partial<Parameters<typeof assess>[0]> = {}) =>
    assess(input({ requirement: counting, evidence: [secret], connection: { proofs }, ...change }));

  it('makes mfa beside a password, and is claimed nowhere', () => {
    expect(through([old(code, HOUR)])).toMatchObject({
      satisfied: true,
      level: 'mfa',
      connected: true,
      remembered: false,
    });
    expect(through([old(code, HOUR)]).amr).toEqual(['mfa', 'pwd']);
  });

  it('is never more than mfa, whatever was shown there', () => {
    expect(through([old(key, HOUR)])).toMatchObject({ satisfied: true, level: 'mfa' });
    const phr = { ...counting, level: 'phr' as const };
    expect(through([old(key, HOUR)], { requirement: phr })).toMatchObject({ satisfied: false, missing: 'second' });
    const asked = { wants: wants({ acrValues: ['phr'], acrEssential: true }) };
    expect(through([old(key, HOUR)], asked)).toMatchObject({ satisfied: false, missing: 'second' });
  });

  it.each([
    ['older than the rule allows', [old(code, 12 * HOUR + 1)], {}],
    ['where no rule says so', [code], { requirement: requirement() }],
    [
      'where each request is to be proven',
      [code],
      { requirement: requirement({ connection: HOUR, perRequest: true }) },
    ],
    [
      'of a factor that may not provide it',
      [code],
      { requirement: requirement({ connection: HOUR, factors: ['key'] }) },
    ],
    ['of one that a rule would have to name', [code], { onlyIfNamed: new Set(['code']) }],
    ['that was lent', [{ ...code, bootstrap: true }], {}],
    ['that was no more than a password', [secret], {}],
    ['from the future', [{ ...code, at: NOW + HOUR }], {}],
  ] as const)('doesn’t count %s', (_, proofs, change) => {
    expect(through(proofs, change)).toMatchObject({ satisfied: false, missing: 'second', connected: false });
  });

  it('is no first factor', () => {
    expect(through([code], { evidence: [] })).toMatchObject({ satisfied: false, missing: 'first' });
  });
});
