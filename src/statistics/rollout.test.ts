import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Account } from '../core/account.ts';
import type { Application } from '../core/application.ts';
import { reaches } from '../core/assurance.ts';
import type { Rule } from '../core/policy.ts';
import { decide } from '../policy/index.ts';
import { createRollout } from './rollout.ts';

const DAY = 86_400_000;
const NOW = 1000 * DAY;

const application = (id: string, internal = false): Application => ({
  id,
  name: id,
  door: 'door',
  consent: 'institution',
  internal,
  settings: {},
});
const applications = [application('library'), application('courses'), application('own', true)];

const day = fc.integer({ min: 990, max: 1010 }).map((at) => at * DAY);
const rule: fc.Arbitrary<Rule> = fc.record(
  {
    name: fc.constantFrom('one', 'two', 'three'),
    level: fc.constantFrom('sfa', 'mfa', 'phr'),
    applications: fc.subarray(['library', 'courses', 'own'], { minLength: 1 }),
    groups: fc.subarray(['staff', 'students'], { minLength: 1 }),
    notGroups: fc.subarray(['staff', 'students'], { minLength: 1 }),
    networks: fc.constant(['campus']),
    from: day,
    grace: fc.integer({ min: 0, max: 20 }).map((days) => days * DAY),
  },
  { requiredKeys: ['name'] },
);
const person = fc.record({ groups: fc.subarray(['staff', 'students']), createdAt: day }).map(
  (given): Account => ({
    ...{
      id: 'a',
      directory: 'd',
      directoryKey: 'k',
      username: 'ada',
      name: 'Ada',
      revokedBefore: 0,
      generation: 0,
      countedTo: 0,
      version: 1,
    },
    ...given,
  }),
);

/** Whether policy asks a second step of somebody without one, for any application of others. */
function asked(rules: readonly Rule[], { id, groups, createdAt }: Account, now: number): boolean {
  return ['library', 'courses'].some((one) => {
    const facts = { now, application: one, account: { id, groups, createdAt, enrolled: false }, networks: [] };
    return reaches(decide(rules, facts).level, 'mfa');
  });
}

it('names the moment at which policy begins to ask, and no other', () => {
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 6 }), person, (rules, account) => {
      const due = createRollout(rules, applications)(account, NOW);
      const now = asked(rules, account, NOW);
      expect(due !== undefined && due.at === undefined).toBe(now);
      if (now) return;
      if (due?.at === undefined) expect(asked(rules, account, NOW + 100 * DAY)).toBe(false);
      else expect([asked(rules, account, due.at - 1), asked(rules, account, due.at)]).toEqual([false, true]);
    }),
  );
});

it('says which rule it is', () => {
  const rules: Rule[] = [
    { name: 'library', applications: ['library'], level: 'sfa' },
    { name: 'courses now', applications: ['courses'], level: 'sfa' },
    { name: 'staff from spring', groups: ['staff'], level: 'mfa', from: NOW + 5 * DAY },
  ];
  const dueOf = createRollout(rules, applications);
  const ada = { id: 'a', directory: 'd', directoryKey: 'k', username: 'ada', name: 'Ada', createdAt: 0 };
  const member = (...groups: string[]): Account => ({
    ...ada,
    groups,
    revokedBefore: 0,
    generation: 0,
    countedTo: 0,
    version: 1,
  });
  expect(dueOf(member('staff'), NOW)).toEqual({ at: NOW + 5 * DAY, rule: 'staff from spring' });
  expect(dueOf(member('staff'), NOW + 5 * DAY)).toEqual({ rule: 'staff from spring' });
  expect(dueOf(member('students'), NOW)).toBeUndefined();
  expect(createRollout([], applications)(member(), NOW)).toEqual({ rule: 'default' });
});
